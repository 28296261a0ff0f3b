"""The copies of videos and sounds that providers get: without place, device, title or date. Originals stay."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from generations.choices import MediaKind
from generations.media import child, sentences
from generations.media.errors import FileRefused
from generations.media.formats import MP3, MP4
from generations.media.images import megabytes
from generations.media.inspect import FORMS, read_type
from generations.media.kinds import RESULT_TYPES, extension_of
from generations.media.prepare import Prepared

_SPARE_BYTES = 64_000_000  # a copy may be somewhat larger than the limit before that is known


def prepare_video(
    original: Path, folder: Path, *, max_bytes: int, max_seconds: float, max_memory_bytes: int
) -> Prepared:
    """Write the MP4 that is sent of a video: its picture and sound tracks alone, copied bit for bit.

    It is rendered again as H.264 only where its codec is another than H.264 or HEVC, or its size is above `max_bytes`;
    then `note` says so. Equal input gives equal bytes and key. Raises FileRefused where it cannot be read or brought
    below `max_bytes` within the limits of time and memory.
    """
    size = max(original.stat().st_size, max_bytes) + _SPARE_BYTES
    limits = child.ChildLimits(max_seconds, max_memory_bytes, size)
    out = folder.resolve() / f"{uuid.uuid4().hex}.mp4"
    facts = _written(MediaKind.VIDEO, "send_film", original, out, limits, max_bytes=max_bytes)
    words = {
        "": _("Sent without the data beside picture and sound (place, device, dates)."),
        "codec": _("Sent as a new H.264 video, because its codec is not taken everywhere."),
        "bytes": _("Sent as a new H.264 video of less than %(limit)s MB.") % {"limit": megabytes(max_bytes)},
    }
    return _named(out, MP4, f"{words.get(facts['rendered'], '')} {_('The original is unchanged.')}")


def prepare_audio(
    original: Path,
    folder: Path,
    *,
    max_bytes: int,
    max_seconds: float,
    max_memory_bytes: int,
    accepts: frozenset[str] = RESULT_TYPES[MediaKind.AUDIO],
) -> Prepared:
    """Write the copy that is sent of a sound: its sound track alone, copied bit for bit.

    It becomes a new MP3 only where its type is not among `accepts` or its size is above `max_bytes`; then `note` says
    so. Equal input gives equal bytes and key. Raises FileRefused where it cannot be read or brought below `max_bytes`.
    """
    try:
        media_type = read_type(original, MediaKind.AUDIO)
    except child.ChildRefused as error:
        raise _refused(MediaKind.AUDIO, error, max_bytes) from error
    limits = child.ChildLimits(max_seconds, max_memory_bytes, original.stat().st_size + _SPARE_BYTES)
    out = folder.resolve() / uuid.uuid4().hex
    facts = _written(
        MediaKind.AUDIO,
        "send_sound",
        original,
        out,
        limits,
        max_bytes=max_bytes,
        form=FORMS[media_type],
        copy=media_type in accepts,
    )
    if not facts["bits"]:
        note = _("Sent without the data beside the sound (title, picture, place).")
    else:
        note = _("Sent as a new MP3 of %(rate)s kbit/s.") % {"rate": facts["bits"] // 1000}
    return _named(out, MP3 if facts["bits"] else media_type, f"{note} {_('The original is unchanged.')}")


def _written(
    kind: MediaKind, do: str, original: Path, out: Path, limits: child.ChildLimits, **request: Any
) -> dict[str, Any]:
    try:
        return child.run(do, limits, path=str(original.resolve()), out=str(out), **request)
    except child.ChildRefused as error:
        out.unlink(missing_ok=True)
        raise _refused(kind, error, request["max_bytes"]) from error


def _refused(kind: MediaKind, error: child.ChildRefused, max_bytes: int) -> FileRefused:
    data = {"reason": error.reason, "detail": error.detail}
    if error.reason == "bytes":
        sentence = _("The file cannot be brought below %(limit)s MB for sending. Shorten it and upload it again.")
        return FileRefused(sentence % {"limit": megabytes(max_bytes)}, data=data | {"max_bytes": max_bytes})
    return FileRefused(sentences.of_upload(kind, error.reason), data=data)


def _named(out: Path, media_type: str, note: str) -> Prepared:
    """The written file under the name of its content."""
    with out.open("rb") as file:
        key = hashlib.file_digest(file, "sha256").hexdigest()
    path = out.with_name(f"{key}.{extension_of(media_type)}")
    out.replace(path)
    return Prepared(path, media_type, path.stat().st_size, key, note)
