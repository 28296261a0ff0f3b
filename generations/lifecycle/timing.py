"""When to look next: from what this route usually takes, and from how long this take has been out."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from time import monotonic

from django.conf import settings
from django.db import connection

from generations import catalog
from generations.choices import Capability
from generations.models import Generation

_SANDBOX_SECONDS = 20.0
_HISTORY_SECONDS = 15  # how long a figure from the history is used before it is asked for again
_MEDIAN = """
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM provider_done_at - submitted_at))
    FROM (SELECT provider_done_at, submitted_at FROM generations_generation
          WHERE account_id = %s AND model = %s AND tier = %s AND capability = %s AND status IN ('done', 'ingesting')
                AND provider_done_at > submitted_at
          ORDER BY id DESC LIMIT 40) recent
"""


def typical_seconds(generation: Generation) -> float:
    """How long this kind of take usually renders on this account: its recent median, or the catalog's figure."""
    found = _history(
        generation.account_id,
        generation.model,
        generation.tier,
        generation.capability,
        int(monotonic() / _HISTORY_SECONDS),
    )
    if found is not None:
        return max(found, 1.0)
    if generation.account.is_sandbox:
        return _SANDBOX_SECONDS
    model = catalog.load().find_model(generation.model)
    return float(model.render_seconds.get(Capability(generation.capability), 180)) if model else 180.0


@lru_cache(maxsize=256)
def _history(account_id: int, model: str, tier: str, capability: str, minute: int) -> float | None:
    with connection.cursor() as cursor:
        cursor.execute(_MEDIAN, [account_id, model, tier, capability])
        value = cursor.fetchone()[0]
    return None if value is None else float(value)


def first_look_seconds(typical: float) -> float:
    """When to ask for the first time: not before half of the usual time, nor later than 15 s."""
    return min(max(typical * 0.5, settings.LIFECYCLE["poll_min_seconds"]), 15.0)


def next_look_seconds(*, age: timedelta, typical: float, in_flight: int) -> float:
    """How long to wait before asking again.

    Around the usual time every two seconds or so; long before it less often; long after it ever less. With more than a
    thousand takes in flight everybody waits longer, so that the requests per second stay the same.
    """
    least = settings.LIFECYCLE["poll_min_seconds"] * max(1.0, in_flight / 1_000)
    seconds = age.total_seconds()
    if seconds < 0.5 * typical:
        return min(max(0.5 * typical - seconds, least), 15.0)
    if seconds <= 3 * typical:
        return least
    return min(max(least, seconds / 20), settings.LIFECYCLE["poll_max_seconds"])


def retry_seconds(tries: int, asked_for: float | None = None) -> float:
    """How long to wait after the n-th try that did not work: 1, 2, 4 … 60 s, or what the provider asked for."""
    if asked_for is not None:
        return min(max(asked_for, 1.0), 300.0)
    return float(min(2 ** max(tries - 1, 0), 60))
