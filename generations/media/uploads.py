"""Whether an uploaded video or sound can be an input. Content decides, and every refusal says what to do."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.choices import MediaKind
from generations.media import child, sentences
from generations.media.errors import FileRefused, NotAnImage
from generations.media.facts import Facts
from generations.media.formats import describe, sniff
from generations.media.images import megabytes
from generations.media.inspect import read
from generations.media.kinds import find_kind

_TOO_LARGE = {
    MediaKind.VIDEO: gettext_noop(
        "The video has more than %(limit)s MB, which is the most this site takes. "
        "Shorten it, or export it with a lower bit rate, and upload it again."
    ),
    MediaKind.AUDIO: gettext_noop(
        "The sound has more than %(limit)s MB, which is the most Kling takes. "
        "Shorten it, or export it as MP3, and upload it again."
    ),
}


def find_upload_kind(head: bytes) -> MediaKind | None:
    """What an upload that begins with these bytes would be; None for what is never taken. An MP4 counts as a video."""
    return find_kind(sniff(head))


def check_upload(
    path: Path, kind: MediaKind, *, max_bytes: int, out_dir: Path, max_seconds: float, max_memory_bytes: int
) -> Facts:
    """The facts of an uploaded video or sound, with its poster (and preview) in `out_dir`.

    Raises FileRefused, with a sentence that says what to do; then nothing is left in `out_dir`.
    """
    if path.stat().st_size > max_bytes:
        raise too_large(kind, max_bytes)
    limits = child.ChildLimits(max_seconds, max_memory_bytes)
    try:
        return read(path, kind, out_dir, limits)
    except child.ChildRefused as error:
        data = {"reason": error.reason, "detail": error.detail}
        raise FileRefused(sentences.of_upload(kind, error.reason), data=data) from error


def too_large(kind: MediaKind, max_bytes: int) -> FileRefused:
    """The refusal of a video or sound above the limit."""
    limit = {"limit": megabytes(max_bytes)}
    return FileRefused(_(_TOO_LARGE[kind]) % limit, data={"reason": "bytes", "max_bytes": max_bytes})


def wrong_kind(head: bytes, kinds: frozenset[MediaKind]) -> FileRefused:
    """The refusal of a file that begins with these bytes where only some kinds are taken."""
    media_type = sniff(head)
    facts = {"what": describe(media_type), "takes": _list_of(kinds)}
    data = {"reason": "format" if head else "empty", "media_type": media_type}
    if not head:
        return FileRefused(_("The file is empty. Choose it again."), data=data)
    if kinds == {MediaKind.IMAGE}:
        return NotAnImage(_("The file is not an image but %(what)s. Upload %(takes)s.") % facts, data=data)
    return FileRefused(_("The file is %(what)s. Upload %(takes)s.") % facts, data=data)


def _list_of(kinds: frozenset[MediaKind]) -> str:
    words = {
        MediaKind.IMAGE: _("a JPG or PNG image"),
        MediaKind.VIDEO: _("an MP4 or MOV video"),
        MediaKind.AUDIO: _("an MP3, WAV, M4A or AAC sound"),
    }
    return _(", or ").join(words[kind] for kind in MediaKind if kind in kinds)
