"""Tidying up: files that no row speaks of go after a day."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from generations import media
from generations.models import Blob


def sweep() -> int:
    """Remove stored files without a row that are older than a day; the number of files.

    They come from a process that died between storing a file and writing its rows.
    """
    removed = media.store.sweep(
        known=_named, older_than_seconds=settings.LIFECYCLE["orphan_seconds"], now=timezone.now()
    )
    return len(removed)


def _named(keys: list[str]) -> set[str]:
    return set(Blob.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))
