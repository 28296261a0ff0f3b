"""One output of a take: downloaded, read to its end, and put into our storage with its poster and preview."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from generations import media, providers
from generations.lifecycle import checkpoints
from generations.models import Blob, Generation

_DRAWN_TYPES = {"jpg": "image/jpeg", "mp4": "video/mp4"}


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in our storage that no row speaks of yet."""

    storage_key: str
    sha256: str
    size_bytes: int
    media_type: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """One output, stored with its poster and, of a video, its preview, and what it turned out to be."""

    index: int
    output: providers.Output
    original: Stored
    poster: Stored
    preview: Stored | None
    facts: media.Facts


def bring_home(generation: Generation, index: int, folder: Path) -> Arrival:
    """Fetch and store one output, of the kind that the provider says it is. Raises media.MediaError.

    `folder` is for what is temporary. Doing it again stores the same file in the same place.
    """
    output = providers.Output.from_json(generation.outputs_json[index])
    fetched = media.fetch(
        output.url,
        into=folder,
        limits=media.FetchLimits(
            max_bytes=settings.LIMITS["result_bytes"],
            max_seconds=settings.LIMITS["result_download_seconds"],
            allowed_types=media.RESULT_TYPES[output.kind],
        ),
        exempt_origin=settings.SANDBOX_ORIGIN if generation.account.is_sandbox else "",
    )
    checkpoints.reach("file downloaded", [generation])
    facts = media.inspect_result(
        fetched.path,
        output.kind,
        out_dir=folder,
        max_seconds=settings.LIMITS["inspect_seconds"],
        max_memory_bytes=settings.LIMITS["inspect_memory_bytes"],
    )
    original = Stored(
        storage_key=_put(generation, fetched.path, fetched.sha256, facts.extension),
        sha256=fetched.sha256,
        size_bytes=fetched.size_bytes,
        media_type=facts.media_type,
    )
    poster = _keep(generation, facts.poster, "jpg")
    preview = _keep(generation, facts.preview, "mp4") if facts.preview else None
    checkpoints.reach("file stored", [generation])
    return Arrival(index, output, original, poster, preview, facts)


def _keep(generation: Generation, path: Path, extension: str) -> Stored:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    key = _put(generation, path, sha256, extension)
    return Stored(key, sha256, path.stat().st_size, _DRAWN_TYPES[extension])


def _put(generation: Generation, path: Path, sha256: str, extension: str) -> str:
    return media.store.put(path, team_key=generation.team.public_id.hex, sha256=sha256, extension=extension)


def blob_for(team_id: int, stored: Stored) -> Blob:
    """The team's blob of these bytes, made once."""
    blob, _made = Blob.objects.get_or_create(
        team_id=team_id,
        sha256=stored.sha256,
        defaults={
            "size_bytes": stored.size_bytes,
            "media_type": stored.media_type,
            "storage_key": stored.storage_key,
        },
    )
    return blob
