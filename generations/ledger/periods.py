"""The periods of a team's budgets: opened when a window begins, and looked at again when a raise begins or ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from itertools import product

from django.db import transaction
from django.db.models import Q

from generations.ledger.windows import window_at
from generations.models import Budget, BudgetPeriod, BudgetRaise, Purse, Team, scope_key

ZERO = Decimal(0)


def scopes_of(*, project: int | None, shot: int | None, member: int | None, tier: str) -> list[str]:
    """The keys of every budget that a take can count in, by what it is part of (all ids)."""
    places: list[dict[str, int]] = [{}]
    if project:
        places.append({"project": project})
    if shot:
        places.append({"shot": shot})
    members: list[int | None] = [None, member] if member else [None]
    tiers = ["", tier] if tier else [""]
    return [scope_key(**place, member=who, tier=rung) for place, who, rung in product(places, members, tiers)]


def lock_purse(team: Team) -> Purse:
    """The team's purse, locked until COMMIT, before anything else of the books is changed. Opens missing books."""
    found = Purse.objects.select_for_update().filter(team=team).first()
    if found is None:
        Purse.objects.bulk_create([Purse(team=team)], ignore_conflicts=True)
        found = Purse.objects.select_for_update().get(team=team)
    return found


def refresh_periods(team: Team, *, now: datetime) -> None:
    """Open the periods that have begun, close those that are over, and count the raises that are in force.

    Changes nothing that is as it should be. A period that begins takes over what the one before left, up to the
    budget's rollover.
    """
    with transaction.atomic():
        lock_purse(team)
        stale = Q(periods__is_current=True, periods__changes_at__lte=now)
        for budget in Budget.objects.active().filter(stale, team=team).order_by("pk"):
            refresh_period(budget, now=now)


def current_periods(team: Team, *, now: datetime, only: Q | None = None) -> list[BudgetPeriod]:
    """The current periods of a team's budgets by age, with their budgets, brought up to now; `only` narrows them."""
    rows = BudgetPeriod.objects.current().with_names().filter(only or Q(), team=team).order_by("pk")
    found = list(rows)
    if any(period.changes_at and period.changes_at <= now for period in found):
        refresh_periods(team, now=now)
        found = list(rows.all())
    return found


def refresh_period(budget: Budget, *, now: datetime) -> BudgetPeriod:
    """The same for one budget, whose team's purse the caller has locked; its current period."""
    period = budget.periods.filter(is_current=True).first()
    if period is None or (period.ends_at is not None and period.ends_at <= now):
        period = _open(budget, after=period, now=now)
    period.base_credits = budget.limit_credits
    # A host whose clock is behind may look at a period that another one has opened: what ended before it is over.
    raises = list(budget.raises.filter(Q(ends_at=None) | Q(ends_at__gt=max(now, period.starts_at))))
    period.raised_credits = sum((item.amount for item in raises if item.starts_at <= now), ZERO)
    period.changes_at = _next_change(period, raises, now)
    period.save(update_fields=["base_credits", "raised_credits", "changes_at"])
    return period


def _open(budget: Budget, *, after: BudgetPeriod | None, now: datetime) -> BudgetPeriod:
    starts_at, ends_at = _window_after(budget, after, now)
    rolled = ZERO
    if after is not None:
        BudgetPeriod.objects.filter(pk=after.pk).update(is_current=False, changes_at=None)
        if after.ends_at == starts_at:  # not over a gap in which nobody held anything
            unused = after.base_credits + after.rolled_credits - after.used
            rolled = min(max(unused, ZERO), budget.rollover_credits)
    return BudgetPeriod.objects.create(
        budget=budget,
        team_id=budget.team_id,
        scope_key=budget.scope_key,
        starts_at=starts_at,
        ends_at=ends_at,
        base_credits=budget.limit_credits,
        rolled_credits=rolled,
        changes_at=ends_at,
    )


def _window_after(budget: Budget, after: BudgetPeriod | None, now: datetime) -> tuple[datetime, datetime | None]:
    """The window that a time falls into. Where the team has moved to another time zone, the last one reaches into it.

    It begins where that one ended, then, and what is but a rest of it goes together with the next: a rest brings no
    limit of its own.
    """
    zone = budget.team.time_zone
    starts_at, ends_at = window_at(budget.window, now, zone)
    if after is None or after.ends_at is None or after.ends_at <= starts_at:
        return starts_at, ends_at
    if ends_at is not None and ends_at - after.ends_at < after.ends_at - starts_at:
        ends_at = window_at(budget.window, ends_at, zone)[1]
    return after.ends_at, ends_at


def _next_change(period: BudgetPeriod, raises: Iterable[BudgetRaise], now: datetime) -> datetime | None:
    times = [period.ends_at, *(time for item in raises for time in (item.starts_at, item.ends_at))]
    return min((time for time in times if time is not None and time > now), default=None)
