"""A member's own picture, video or sound: judged, stored unaltered, and in the library."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations import access, media
from generations.choices import MediaKind
from generations.errors import LimitReached
from generations.lifecycle.bring_home import Stored, blob_for
from generations.models import Asset, Project

_HOUR = 3600
_ALL = frozenset(MediaKind)
_IMAGE = frozenset({MediaKind.IMAGE})
_NAMELESS = {
    MediaKind.IMAGE: gettext_noop("Picture"),
    MediaKind.VIDEO: gettext_noop("Video"),
    MediaKind.AUDIO: gettext_noop("Sound"),
}
MAX_BYTES = {
    MediaKind.IMAGE: "image_upload_bytes",
    MediaKind.VIDEO: "video_upload_bytes",
    MediaKind.AUDIO: "audio_upload_bytes",
}
"""The name of each kind's limit in settings.LIMITS."""


@dataclass(frozen=True, slots=True)
class _Received:
    """An upload on disk, cut off one chunk beyond its limit. Without a kind it is nothing that is taken."""

    path: Path
    sha256: str
    head: bytes
    kind: MediaKind | None


@dataclass(frozen=True, slots=True)
class _Judged:
    """A file that is taken: what its asset's row says, and the small files drawn of it."""

    media_type: str
    columns: dict[str, Any]
    poster: Path
    preview: Path | None = None


def upload_file(
    *,
    member: access.Member,
    project: Project | None,
    name: str,
    chunks: Iterable[bytes],
    now: datetime,
    kinds: frozenset[MediaKind] = _ALL,
) -> Asset:
    """Check a picture, video or sound, store it as it came, and add it to the library. Equal files are one asset.

    `chunks` are its bytes, which alone decide what it is; of the name only its end is compared. `kinds` are those that
    are taken. Raises NotAllowed, LimitReached, and media.FileRefused (of pictures media.ImageRefused) with a sentence
    that says what to do; then nothing is kept. A long video takes some seconds to read.
    """
    member.check(access.May.GENERATE)
    _check_pace(member, now)
    with tempfile.TemporaryDirectory(prefix="kling-upload-") as folder:
        received = _receive(chunks, Path(folder), kinds)
        judged, kind = _judge(received, Path(folder), kinds, name)
        known = Asset.objects.filter(
            team=member.team, project=project, kind=kind, generation=None, blob__sha256=received.sha256
        ).first()
        if known is not None:
            return known
        original = _put(member, received.path, received.sha256, judged.media_type)
        drawn = {
            column: _put_drawn(member, path, media_type)
            for column, path, media_type in (
                ("poster", judged.poster, "image/jpeg"),
                ("preview", judged.preview, "video/mp4"),
            )
            if path
        }
    with transaction.atomic():
        return Asset.objects.create(
            team=member.team,
            project=project,
            name=PurePath(name.replace("\\", "/")).name[-160:] or _(_NAMELESS[kind]),
            blob=blob_for(member.team.pk, original),
            created_by=member.user,
            **{column: blob_for(member.team.pk, stored) for column, stored in drawn.items()},
            **judged.columns,
        )


def upload_image(
    *, member: access.Member, project: Project | None, name: str, chunks: Iterable[bytes], now: datetime
) -> Asset:
    """`upload_file` where only pictures are taken. Raises media.ImageRefused."""
    return upload_file(member=member, project=project, name=name, chunks=chunks, now=now, kinds=_IMAGE)


def _check_pace(member: access.Member, now: datetime) -> None:
    most = settings.LIMITS["uploads_per_member_per_hour"]
    begin = datetime.fromtimestamp(now.timestamp() - _HOUR, tz=now.tzinfo)
    recent = Asset.objects.filter(created_by=member.user, generation=None, created_at__gt=begin).count()
    if recent >= most:
        sentence = _("You have added %(count)s files in the last hour, which is the most. Try again in a few minutes.")
        raise LimitReached(sentence % {"count": recent})


def _receive(chunks: Iterable[bytes], folder: Path, kinds: frozenset[MediaKind]) -> _Received:
    """Write the bytes down, never more than one chunk beyond the limit of what they turn out to be."""
    path, digest, size, head = folder / "upload", hashlib.sha256(), 0, b""
    with path.open("wb") as file:
        for chunk in chunks:
            head = (head + chunk)[: media.SNIFF_BYTES] if len(head) < media.SNIFF_BYTES else head
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
            if len(head) == media.SNIFF_BYTES and size > _most(head, kinds):
                break
    return _Received(path, digest.hexdigest(), head, media.find_upload_kind(head))


def _most(head: bytes, kinds: frozenset[MediaKind]) -> int:
    kind = media.find_upload_kind(head)
    most: int = settings.LIMITS[MAX_BYTES[kind if kind in kinds else MediaKind.IMAGE]]
    return most


def _judge(received: _Received, folder: Path, kinds: frozenset[MediaKind], name: str) -> tuple[_Judged, MediaKind]:
    """What the file is, or media.FileRefused."""
    kind = received.kind
    if kind == MediaKind.IMAGE and kind in kinds or kinds == _IMAGE:
        return _judge_image(received.path, folder, name), MediaKind.IMAGE
    if kind == MediaKind.VIDEO and MediaKind.VIDEO in kinds:
        try:
            return _judge_played(received.path, folder, MediaKind.VIDEO)
        except media.FileRefused as error:
            if error.data["reason"] != "no_video":
                raise
    # An MP4 without pictures is a sound, and so is one where only sounds are taken.
    if kind in (MediaKind.VIDEO, MediaKind.AUDIO) and MediaKind.AUDIO in kinds:
        return _judge_played(received.path, folder, MediaKind.AUDIO)
    raise media.wrong_kind(received.head, kinds)


def _judge_played(path: Path, folder: Path, kind: MediaKind) -> tuple[_Judged, MediaKind]:
    facts = media.check_upload(
        path,
        kind,
        max_bytes=settings.LIMITS[MAX_BYTES[kind]],
        out_dir=folder,
        max_seconds=settings.LIMITS["inspect_seconds"],
        max_memory_bytes=settings.LIMITS["inspect_memory_bytes"],
    )
    return _Judged(facts.media_type, facts.columns(), facts.poster, facts.preview), kind


def _judge_image(path: Path, folder: Path, name: str) -> _Judged:
    pixels = settings.LIMITS["image_pixels"]
    facts = media.check_image(path, max_bytes=settings.LIMITS["image_upload_bytes"], max_pixels=pixels, name=name)
    columns = {"kind": MediaKind.IMAGE, "width": facts.width, "height": facts.height}
    return _Judged(facts.media_type, columns, media.image_poster(path, folder, max_pixels=pixels))


def _put_drawn(member: access.Member, path: Path, media_type: str) -> Stored:
    with path.open("rb") as file:
        return _put(member, path, hashlib.file_digest(file, "sha256").hexdigest(), media_type)


def _put(member: access.Member, path: Path, sha256: str, media_type: str) -> Stored:
    extension = media.extension_of(media_type)
    key = media.store.put(path, team_key=member.team.public_id.hex, sha256=sha256, extension=extension)
    return Stored(key, sha256, path.stat().st_size, media_type)
