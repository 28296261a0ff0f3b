"""The daily look at prices: what providers reported, and ask for, against what was quoted. It warns; it may close.

First what ended is counted, in one transaction; then list prices are read, with none open; then it is judged. A crash
between two of these is made up for by the next hour's call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from generations import pricing
from generations.lifecycle.drift_alarm import judge
from generations.lifecycle.list_prices import percent_of, read_list_prices
from generations.models import Attempt, DriftCheck, DriftReading, Generation, Status, Team

# A take's end carries the time at which its transaction began: by then all of these have been committed.
_SETTLED = timedelta(minutes=10)
_FIRST_LOOK = timedelta(days=1)
_NAMED_TAKES = 500  # of those whose charge nobody knows, in one reading


def check_drift(now: datetime) -> int:
    """Compare prices once a day (UTC); how many routes are past the threshold. Later calls of the day do nothing more.

    Takes that ended since the last check are counted by account and route: the credits they were quoted, and the
    credits by the cost that the provider reported. Where the provider tells its price, it is read and compared with the
    rule in force. Past `drift_percent`, with `drift_takes` takes or a list price that differs, administrators are told
    once for a route and day, and the route is closed where the account says so.
    """
    _begin(now)
    count = 0
    for check in DriftCheck.objects.filter(prices_read_at=None).order_by("day"):
        read_list_prices(check, now)
        count += sum(judge(reading, now) for reading in check.readings.select_related("account").order_by("pk"))
        DriftCheck.objects.filter(pk=check.pk).update(prices_read_at=now)
    return count


def _begin(now: datetime) -> None:
    """Count what has ended, unless somebody has today."""
    until = now - _SETTLED
    with transaction.atomic():
        last = DriftCheck.objects.order_by("-until").first()
        since = last.until if last else until - _FIRST_LOOK
        if last is not None and (last.day >= now.date() or until <= since):
            return
        # Of two at once, one waits here for the other's commit, and then finds its row.
        check, is_new = DriftCheck.objects.get_or_create(day=now.date(), defaults={"since": since, "until": until})
        if is_new:
            DriftReading.objects.bulk_create(_readings(check))


@dataclass(slots=True)
class _Sums:
    sample: int = 0
    takes: int = 0
    silent: int = 0
    quoted: Decimal = Decimal(0)
    reported: Decimal = Decimal(0)
    unknown: list[int] = field(default_factory=list)


def _readings(check: DriftCheck) -> Iterator[DriftReading]:
    sums: dict[tuple[int, str], _Sums] = {}
    for team_id in Team.objects.order_by("pk").values_list("pk", flat=True):
        for take in _ended(team_id, check).iterator():
            key = take["account_id"], take["quote_json"].get("route", "")
            _count(sums.setdefault(key, _Sums()), take)
    for (account_id, route_key), found in sorted(sums.items()):
        yield DriftReading(
            check_of_day=check,
            account_id=account_id,
            route_key=route_key[:160],
            day=check.day,
            sample_id=found.sample,
            takes=found.takes,
            silent_takes=found.silent,
            unknown_takes=found.unknown[:_NAMED_TAKES],
            quoted_credits=found.quoted,
            reported_credits=found.reported,
            percent=percent_of(found.reported, found.quoted),
        )


def _ended(team_id: int, check: DriftCheck) -> Any:
    """Takes that ended in the check's time and that a provider had, or may have had."""
    given_up = Attempt.objects.filter(generation=OuterRef("pk"), outcome=Attempt.Outcome.GIVEN_UP)
    rows = Generation.objects.filter(team_id=team_id, finished_at__gt=check.since, finished_at__lte=check.until)
    rows = rows.filter(Q(provider_task_id__isnull=False) | Exists(given_up))
    names = ("pk", "number", "account_id", "status", "quote_json", "provider_cost_json", "hold_credits")
    return rows.order_by("pk").values(*names)


def _count(sums: _Sums, take: dict[str, Any]) -> None:
    sums.sample = take["pk"]
    cost, is_done = take["provider_cost_json"], take["status"] == Status.DONE
    if cost is None:
        if is_done:
            sums.silent += 1
        else:
            sums.unknown.append(take["number"])
        return
    reported = pricing.charged_credits(take["quote_json"], Decimal(cost["amount"]), cost["currency"])
    if not is_done:  # what a failure cost says nothing about the price
        return
    if reported is None:
        sums.silent += 1
        return
    sums.takes += 1
    sums.quoted += take["hold_credits"]
    sums.reported += reported
