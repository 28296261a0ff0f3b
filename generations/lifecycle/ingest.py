"""Bringing a result home: download, look at it, store it, and settle, so that a crash anywhere repeats harmlessly.

It is tried until the provider deletes the file (`lifeboat`); only what is certainly no use ends the take before.
"""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from generations import media, providers
from generations.errors import PortalError, Retry
from generations.lifecycle import checkpoints
from generations.lifecycle.bring_home import Arrival, blob_for, bring_home
from generations.lifecycle.fresh_links import renew_links
from generations.lifecycle.lease_keeper import LeaseKeeper
from generations.lifecycle.lifeboat import expiry_of, pause_seconds, warn_if_at_risk
from generations.lifecycle.outcomes import failed
from generations.lifecycle.settle import charge_for_success, finish
from generations.models import Asset, Generation, Status

_TRIES_FOR_A_BAD_FILE = 3
FOLDER_PREFIX = "kling-ingest-"


def ingest(generation_id: int) -> bool:
    """Bring one take's outputs home and settle it; say whether this call did, or another holds the lease."""
    generation = _claim(generation_id)
    if generation is None:
        return False
    token = generation.lease_token
    with LeaseKeeper(generation.pk, token), tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX) as folder:
        try:
            arrivals = _arrivals(generation, token, Path(folder))
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


def _arrivals(generation: Generation, token: int, folder: Path) -> list[Arrival]:
    try:
        return _bring_all(generation, folder)
    except media.DownloadGone:
        # The link is dead, which need not mean that the file is.
        if not renew_links(generation, token):
            raise
    return _bring_all(generation, folder)


def _bring_all(generation: Generation, folder: Path) -> list[Arrival]:
    return [bring_home(generation, index, folder) for index in range(len(generation.outputs_json))]


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
    Asset.objects.create(
        team=generation.team,
        project=generation.project,
        name=generation.name,
        blob=blob_for(generation.team_id, arrival.original),
        poster=blob_for(generation.team_id, arrival.poster),
        preview=blob_for(generation.team_id, arrival.preview) if arrival.preview else None,
        generation=generation,
        output_index=arrival.index,
        provider_output_id=arrival.output.provider_id[:120],
        created_by_id=generation.created_by_id,
        **arrival.facts.columns(),
    )


def _not_this_time(generation: Generation, token: int, error: PortalError) -> None:
    tries, now = generation.tries + 1, timezone.now()
    expires_at = expiry_of(generation)
    if _is_final(error, tries):
        _lost(generation, token, error)
        return
    if now >= expires_at:
        _lost(generation, token, error, expired_at=expires_at)
        return
    mine = Generation.objects.filter(pk=generation.pk, lease_token=token, status=Status.INGESTING)
    waits = mine.update(
        tries=tries,
        lease_until=None,
        due_at=Now() + timedelta(seconds=pause_seconds(tries, expires_at - now)),
        results_expire_at=expires_at,
        waiting_for=error.public[:300],
        changed_at=Now(),
    )
    if waits:
        generation.log("ingest_failed", error.public, **error.data)
        generation.refresh_from_db()
        warn_if_at_risk(generation, now)


def _is_final(error: PortalError, tries: int) -> bool:
    """A link that must not be followed, or a file that came whole and is no use however often it comes."""
    if isinstance(error, media.UnsafeURL):
        return True
    return error.retry == Retry.NEVER and tries >= _TRIES_FOR_A_BAD_FILE


def _lost(generation: Generation, token: int, error: PortalError, expired_at: datetime | None = None) -> None:
    """The result cannot be had. The team is not charged; what the provider reported stays on the row for review."""
    if expired_at is None:
        sentence = _(
            "The provider made this take, but its file could not be brought home: %(why)s Nothing was charged."
        )
    else:
        sentence = _(
            "The provider made this take and kept its file until %(until)s, but it could not be brought home in "
            "%(tries)s tries: %(why)s Nothing was charged."
        )
    until = f"{expired_at:%Y-%m-%d %H:%M} UTC" if expired_at else ""
    words = sentence % {"why": error.public, "until": until, "tries": generation.tries + 1}
    reported = generation.provider_cost_json
    if failed(generation, f"result_{error.code}", words, "", None, holding=token):
        Generation.objects.filter(pk=generation.pk).update(provider_cost_json=reported)
