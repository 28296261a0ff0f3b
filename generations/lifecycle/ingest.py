"""Bringing a result home: download, look at it, store it, and settle, so that a crash anywhere repeats harmlessly."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from generations import media, providers
from generations.choices import MediaKind
from generations.errors import PortalError, Retry
from generations.lifecycle import checkpoints
from generations.lifecycle.outcomes import failed
from generations.lifecycle.settle import charge_for_success, finish
from generations.lifecycle.timing import retry_seconds
from generations.models import Asset, Blob, Generation, Status

_TRIES_FOR_A_BAD_FILE = 3


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in our storage that no row speaks of yet."""

    storage_key: str
    sha256: str
    size_bytes: int
    media_type: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """One output, stored with its poster and preview, and what it turned out to be."""

    index: int
    output: providers.Output
    original: Stored
    poster: Stored
    preview: Stored
    facts: media.VideoFacts


def ingest(generation_id: int) -> bool:
    """Bring one take's outputs home and settle it; say whether this call did, or another holds the lease."""
    generation = _claim(generation_id)
    if generation is None:
        return False
    token = generation.lease_token
    with LeaseKeeper(generation.pk, token), tempfile.TemporaryDirectory(prefix="kling-ingest-") as folder:
        try:
            arrivals = [_bring_home(generation, index, Path(folder)) for index in range(len(generation.outputs_json))]
        except PortalError as error:
            _not_this_time(generation, token, error)
            return False
        checkpoints.reach("before settle", [generation])
        return _store_rows(generation, token, arrivals)


def _claim(generation_id: int) -> Generation | None:
    lease_until = Now() + timedelta(seconds=settings.LIFECYCLE["ingest_lease_seconds"])
    rows = Generation.objects.due().filter(pk=generation_id, status=Status.INGESTING)
    if not rows.update(lease_token=F("lease_token") + 1, lease_until=lease_until):
        return None
    return Generation.objects.select_related("account", "team", "project", "created_by").get(pk=generation_id)


class LeaseKeeper:
    """Renews the lease of a take while its file is on the way, over a connection of its own."""

    def __init__(self, generation_id: int, token: int) -> None:
        self._generation_id, self._token = generation_id, token
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def __enter__(self) -> LeaseKeeper:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _renew(self) -> None:
        seconds = settings.LIFECYCLE["ingest_lease_seconds"]
        try:
            while not self._over.wait(seconds / 3):
                # Only a lease that is still there: one that was given back on purpose must not come to life again.
                rows = Generation.objects.filter(
                    pk=self._generation_id, lease_token=self._token, lease_until__isnull=False
                )
                if not rows.update(lease_until=Now() + timedelta(seconds=seconds)):
                    return
        finally:
            connection.close()


def _bring_home(generation: Generation, index: int, folder: Path) -> Arrival:
    output = providers.Output.from_json(generation.outputs_json[index])
    fetched = media.fetch(
        output.url,
        into=folder,
        limits=media.FetchLimits(
            max_bytes=settings.LIMITS["result_bytes"],
            max_seconds=settings.LIMITS["result_download_seconds"],
            allowed_types=frozenset({"video/mp4", "video/quicktime"}),
        ),
        exempt_origin=settings.SANDBOX_ORIGIN if generation.account.is_sandbox else "",
    )
    checkpoints.reach("file downloaded", [generation])
    facts = media.inspect_video(
        fetched.path,
        out_dir=folder,
        max_seconds=settings.LIMITS["inspect_seconds"],
        max_memory_bytes=settings.LIMITS["inspect_memory_bytes"],
    )
    original = Stored(
        storage_key=_put(generation, fetched.path, fetched.sha256, "mp4"),
        sha256=fetched.sha256,
        size_bytes=fetched.size_bytes,
        media_type=fetched.media_type,
    )
    poster, preview = _keep(generation, facts.poster, "jpg"), _keep(generation, facts.preview, "mp4")
    checkpoints.reach("file stored", [generation])
    return Arrival(index, output, original, poster, preview, facts)


def _keep(generation: Generation, path: Path, extension: str) -> Stored:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    media_type = {"jpg": "image/jpeg", "mp4": "video/mp4"}[extension]
    return Stored(_put(generation, path, sha256, extension), sha256, path.stat().st_size, media_type)


def _put(generation: Generation, path: Path, sha256: str, extension: str) -> str:
    return media.store.put(path, team_key=generation.team.public_id.hex, sha256=sha256, extension=extension)


def _store_rows(generation: Generation, token: int, arrivals: list[Arrival]) -> bool:
    """The one transaction: blobs, assets, `done`, and the movement that resolves the hold. All or nothing."""
    cost = providers.Cost.from_json(generation.provider_cost_json) if generation.provider_cost_json else None
    with transaction.atomic():
        won = finish(
            generation,
            to=Status.DONE,
            charged=charge_for_success(generation, cost),
            cost=cost,
            now=timezone.now(),
            reason=_("%(take)s is stored") % {"take": generation.name},
            holding=token,
        )
        if won:
            for arrival in arrivals:
                _make_asset(generation, arrival)
    return won


def _make_asset(generation: Generation, arrival: Arrival) -> None:
    facts = arrival.facts
    Asset.objects.create(
        team=generation.team,
        project=generation.project,
        kind=MediaKind.VIDEO,
        name=generation.name,
        blob=blob_for(generation.team_id, arrival.original),
        poster=blob_for(generation.team_id, arrival.poster),
        preview=blob_for(generation.team_id, arrival.preview),
        generation=generation,
        output_index=arrival.index,
        provider_output_id=arrival.output.provider_id[:120],
        width=facts.width,
        height=facts.height,
        frame_count=facts.frame_count,
        fps_numerator=facts.fps.numerator,
        fps_denominator=facts.fps.denominator,
        duration_seconds=facts.duration_seconds,
        has_audio=facts.has_audio,
        created_by_id=generation.created_by_id,
    )


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


def _not_this_time(generation: Generation, token: int, error: PortalError) -> None:
    tries = generation.tries + 1
    most = settings.LIFECYCLE["ingest_tries"] if error.retry == Retry.LATER else _TRIES_FOR_A_BAD_FILE
    if isinstance(error, media.UnsafeURL):
        most = 1
    if tries >= most:
        _lost(generation, token, error)
        return
    mine = Generation.objects.filter(pk=generation.pk, lease_token=token, status=Status.INGESTING)
    waits = mine.update(
        tries=tries,
        lease_until=None,
        due_at=Now() + timedelta(seconds=retry_seconds(tries)),
        waiting_for=error.public[:300],
        changed_at=Now(),
    )
    if waits:
        generation.log("ingest_failed", error.public, **error.data)


def _lost(generation: Generation, token: int, error: PortalError) -> None:
    """The result cannot be had. The team is not charged; what the provider reported stays on the row for review."""
    sentence = _("The provider made this take, but its file could not be brought home: %(why)s Nothing was charged.")
    reported = generation.provider_cost_json
    if failed(generation, f"result_{error.code}", sentence % {"why": error.public}, "", None, holding=token):
        Generation.objects.filter(pk=generation.pk).update(provider_cost_json=reported)
