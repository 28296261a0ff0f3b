"""Keeping the lease of a take while something long is done for it."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import TracebackType

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from generations.models import Generation


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
