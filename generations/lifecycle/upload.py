"""A member's own picture: judged, stored unaltered, and in the library."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path, PurePath

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from generations import access, media
from generations.choices import MediaKind
from generations.errors import LimitReached
from generations.lifecycle.ingest import Stored, blob_for
from generations.models import Asset, Project

_HOUR = 3600


def upload_image(
    *, member: access.Member, project: Project | None, name: str, chunks: Iterable[bytes], now: datetime
) -> Asset:
    """Check a picture, store it as it came, and add it to the library. The same picture twice is one asset.

    `chunks` are its bytes. Raises NotAllowed, LimitReached, and media.ImageRefused with a sentence that says what to
    do; then nothing is kept.
    """
    member.check(access.May.GENERATE)
    _check_pace(member, now)
    with tempfile.TemporaryDirectory(prefix="kling-upload-") as folder:
        path, sha256 = _receive(chunks, Path(folder))
        facts = media.check_image(
            path,
            max_bytes=settings.LIMITS["image_upload_bytes"],
            max_pixels=settings.LIMITS["image_pixels"],
            name=name,
        )
        known = Asset.objects.filter(
            team=member.team, project=project, kind=MediaKind.IMAGE, generation=None, blob__sha256=sha256
        ).first()
        if known is not None:
            return known
        original = _put(member, path, sha256, facts.media_type)
        small = media.image_poster(path, Path(folder), max_pixels=settings.LIMITS["image_pixels"])
        with small.open("rb") as file:
            poster = _put(member, small, hashlib.file_digest(file, "sha256").hexdigest(), "image/jpeg")
    with transaction.atomic():
        return Asset.objects.create(
            team=member.team,
            project=project,
            kind=MediaKind.IMAGE,
            name=PurePath(name.replace("\\", "/")).name[-160:] or _("Picture"),
            blob=blob_for(member.team.pk, original),
            poster=blob_for(member.team.pk, poster),
            width=facts.width,
            height=facts.height,
            created_by=member.user,
        )


def _check_pace(member: access.Member, now: datetime) -> None:
    most = settings.LIMITS["uploads_per_member_per_hour"]
    begin = datetime.fromtimestamp(now.timestamp() - _HOUR, tz=now.tzinfo)
    recent = Asset.objects.filter(created_by=member.user, generation=None, created_at__gt=begin).count()
    if recent >= most:
        sentence = _("You have added %(count)s files in the last hour, which is the most. Try again in a few minutes.")
        raise LimitReached(sentence % {"count": recent})


def _receive(chunks: Iterable[bytes], folder: Path) -> tuple[Path, str]:
    """Write the bytes down, never more than one beyond the limit: `check_image` then says that it is too large."""
    path, digest, size = folder / "upload", hashlib.sha256(), 0
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
            if size > settings.LIMITS["image_upload_bytes"]:
                break
    return path, digest.hexdigest()


def _put(member: access.Member, path: Path, sha256: str, media_type: str) -> Stored:
    extension = {"image/jpeg": "jpg", "image/png": "png"}[media_type]
    key = media.store.put(path, team_key=member.team.public_id.hex, sha256=sha256, extension=extension)
    return Stored(key, sha256, path.stat().st_size, media_type)
