"""When to look next: from what this route usually takes, and from how long this take has been out."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from time import monotonic
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from generations import catalog
from generations.choices import Capability
from generations.models import Generation

_SANDBOX_SECONDS = 20.0
_HISTORY_SECONDS = 15  # how long a figure from the history is used before it is asked for again
_EARLY_LOOK_SECONDS = 15.0
_HEARING_SECONDS = 30.0
_HEARD_SHARE = 0.8
_STRETCH_MAX = 4.5
_HISTORY = """
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM provider_done_at - submitted_at)),
           avg((woken_at IS NOT NULL AND woken_at > provider_done_at - interval '5 seconds')::int)
    FROM (SELECT provider_done_at, submitted_at, woken_at FROM generations_generation
          WHERE account_id = %s AND model = %s AND tier = %s AND capability = %s AND status IN ('done', 'ingesting')
                AND provider_done_at > submitted_at
          ORDER BY id DESC LIMIT 40) recent
"""


class History(NamedTuple):
    """What came of an account's last takes of a kind: their median time, and how many a webhook told of."""

    seconds: float | None
    heard_share: float


def typical_seconds(generation: Generation) -> float:
    """How long this kind of take usually renders on this account: its recent median, or the catalog's figure."""
    found = _history_of(generation).seconds
    if found is not None:
        return max(found, 1.0)
    if generation.account.is_sandbox:
        return _SANDBOX_SECONDS
    model = catalog.load().find_model(generation.model)
    return float(model.render_seconds.get(Capability(generation.capability), 180)) if model else 180.0


def is_heard_of(generation: Generation) -> bool:
    """Whether webhooks tell of this kind of take: so it was with its predecessors, and our address is still public."""
    return bool(settings.PUBLIC_URL) and _history_of(generation).heard_share >= _HEARD_SHARE


def _history_of(generation: Generation) -> History:
    kind = (generation.account_id, generation.model, generation.tier, generation.capability)
    return _history(*kind, int(monotonic() / _HISTORY_SECONDS))


@lru_cache(maxsize=256)
def _history(account_id: int, model: str, tier: str, capability: str, period: int) -> History:
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, [account_id, model, tier, capability])
        seconds, heard = cursor.fetchone()
    return History(None if seconds is None else float(seconds), float(heard or 0))


def first_look_seconds(typical: float) -> float:
    """When to ask for the first time: not before half of the usual time, nor later than 15 s."""
    return min(max(typical * 0.5, settings.LIFECYCLE["poll_min_seconds"]), _EARLY_LOOK_SECONDS)


def next_look_seconds(*, age: timedelta, typical: float, in_flight: int, is_heard: bool = False) -> float:
    """How long to wait before asking again.

    Around the usual time every two seconds or so; long before it less often; long after it ever less. With more than a
    thousand takes in flight everybody waits longer, so that the requests per second stay the same, up to four and a
    half times as long. Where webhooks tell of the end, a look is only the net below them: every 30 s.
    """
    stretch = min(max(in_flight / 1_000, 1.0), _STRETCH_MAX)
    least = settings.LIFECYCLE["poll_min_seconds"] * stretch
    if is_heard:
        least = max(least, _HEARING_SECONDS)
    seconds = age.total_seconds()
    if seconds < 0.5 * typical:
        return min(max(0.5 * typical - seconds, least), max(_EARLY_LOOK_SECONDS * stretch, least))
    if seconds <= 3 * typical:
        return least
    return min(max(least, seconds / 20), settings.LIFECYCLE["poll_max_seconds"])


def retry_seconds(tries: int, asked_for: float | None = None) -> float:
    """How long to wait after the n-th try that did not work: 1, 2, 4 … 60 s, or what the provider asked for."""
    if asked_for is not None:
        return min(max(asked_for, 1.0), 300.0)
    return float(min(2 ** max(tries - 1, 0), 60))
