"""The hourly round: files that no row speaks of go, folders of killed processes go, results at risk are told of."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from generations import media
from generations.lifecycle.lifeboat import warn_of_results_at_risk
from generations.lifecycle.sweep_folders import sweep_folders
from generations.models import Blob


def sweep() -> int:
    """Remove stored files without a row that are older than a day, and copies for providers; the number of files.

    The former come from a process that died between storing a file and writing its rows. The latter never have a row:
    they go a day after the last address to them has run out.
    """
    warn_of_results_at_risk()
    sweep_folders()
    day, now = settings.LIFECYCLE["orphan_seconds"], timezone.now()
    removed = media.store.sweep(known=_named, older_than_seconds=day, now=now)
    life = settings.LIMITS["public_input_seconds"] + day
    removed += media.store.sweep(known=_none, older_than_seconds=life, now=now, root=media.store.SENT)
    return len(removed)


def _named(keys: list[str]) -> set[str]:
    return set(Blob.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))


def _none(_keys: list[str]) -> set[str]:
    return set()
