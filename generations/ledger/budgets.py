"""Budgets: made, changed, raised, ended. Each act locks the purse first, as a hold does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from generations.choices import Window
from generations.errors import Refused
from generations.ledger.errors import plain
from generations.ledger.movements import check_amount
from generations.ledger.periods import current_periods, lock_purse, refresh_period
from generations.models import (
    Budget,
    BudgetPeriod,
    BudgetRaise,
    BudgetRequest,
    Project,
    Shot,
    Team,
    User,
    scope_key,
)

MOST_MARKS = 10


class BudgetTooLow(Refused):
    """The new limit is below what is held and spent already."""

    code = "budget_too_low"


class BadBudget(Refused):
    """What was asked for is not a budget: a second one for the same thing, bad marks, an end before the beginning."""

    code = "bad_budget"


def set_budget(
    *,
    team: Team,
    window: Window,
    limit: Decimal,
    now: datetime,
    project: Project | None = None,
    shot: Shot | None = None,
    member: User | None = None,
    tier: str = "",
    soft_marks: Sequence[int] = (80,),
    rollover: Decimal = Decimal(0),
    owner: User | None = None,
) -> Budget:
    """Make a budget and open its first period: it counts what is held from now on.

    It limits every hold that fits all of project (or shot), member and tier; none of them: the whole team. `limit` and
    `rollover` are credits, `soft_marks` percent of the limit. Raises BadAmount, BadBudget.
    """
    _check(limit, soft_marks, rollover)
    place = shot.project if shot else project
    if place is not None and place.team_id != team.pk:
        raise BadBudget(_("%(project)s is not a project of %(team)s.") % {"project": place.name, "team": team.name})
    key = scope_key(project=project.pk if project else None, member=member.pk if member else None, tier=tier)
    if shot is not None:
        key = scope_key(shot=shot.pk, member=member.pk if member else None, tier=tier)
    try:
        with transaction.atomic():
            lock_purse(team)
            budget = Budget.objects.create(
                team=team,
                project=place,
                shot=shot,
                member=member,
                tier=tier,
                scope_key=key,
                window=window,
                limit_credits=limit,
                soft_marks=sorted(set(soft_marks)),
                rollover_credits=rollover,
                owner=owner,
            )
            refresh_period(budget, now=now)
    except IntegrityError as error:
        if "budget_once_per_scope_and_window" not in str(error):
            raise
        sentence = _("There is a budget for this and the same window already. Change that one instead.")
        raise BadBudget(sentence) from error
    return budget


def change_budget(
    budget: Budget,
    *,
    now: datetime,
    limit: Decimal,
    soft_marks: Sequence[int],
    rollover: Decimal,
    owner: User | None,
) -> None:
    """Change a budget from now on. Raises BadAmount, BadBudget, BudgetTooLow below what is held and spent in it."""
    _check(limit, soft_marks, rollover)
    with transaction.atomic():
        lock_purse(budget.team)
        budget.refresh_from_db()
        _check_not_ended(budget)
        period = refresh_period(budget, now=now)
        lowest = period.used - period.rolled_credits - period.raised_credits
        if limit < lowest and limit < budget.limit_credits:
            sentence = _(
                "%(used)s credits are held or spent in this budget already, so its limit cannot be below %(lowest)s. "
                "Nothing was changed."
            )
            raise BudgetTooLow(sentence % {"used": plain(period.used), "lowest": plain(lowest)})
        Budget.objects.filter(pk=budget.pk).update(
            limit_credits=limit, soft_marks=sorted(set(soft_marks)), rollover_credits=rollover, owner=owner
        )
        budget.refresh_from_db()
        refresh_period(budget, now=now)


def archive_budget(budget: Budget, *, now: datetime) -> None:
    """End a budget: it limits nothing any more. What was counted in it stays."""
    with transaction.atomic():
        lock_purse(budget.team)
        Budget.objects.filter(pk=budget.pk, archived_at=None).update(archived_at=now)
        BudgetPeriod.objects.filter(budget=budget, is_current=True).update(is_current=False, changes_at=None)
    budget.refresh_from_db()


def raise_budget(
    budget: Budget,
    *,
    amount: Decimal,
    now: datetime,
    made_by: User,
    until: datetime | None = None,
    reason: str = "",
    request: BudgetRequest | None = None,
) -> BudgetRaise:
    """Lift a budget's limit by so many credits until a time, at the latest until its window is over.

    It moves no credits and ends by itself. Raises BadAmount, and BadBudget where the end is over or the budget is.
    """
    check_amount(amount)
    with transaction.atomic():
        lock_purse(budget.team)
        budget.refresh_from_db()
        _check_not_ended(budget)
        period = refresh_period(budget, now=now)
        if until is not None and until <= now:
            raise BadBudget(_("A raise ends in the future. Choose a later time."))
        ends = [time for time in (until, period.ends_at) if time is not None]
        made = BudgetRaise.objects.create(
            budget=budget,
            request=request,
            amount=amount,
            starts_at=now,
            ends_at=min(ends, default=None),
            made_by=made_by,
            reason=reason[:500],
        )
        refresh_period(budget, now=now)
    return made


def end_raise(made: BudgetRaise, *, now: datetime, made_by: User, reason: str = "") -> BudgetRaise:
    """Take a raise back from now on, with another row. Raises BadBudget where it is over."""
    with transaction.atomic():
        lock_purse(made.budget.team)
        made.budget.refresh_from_db()
        _check_not_ended(made.budget)
        if made.amount < 0:
            raise BadBudget(_("This row takes a raise back; it is not a raise itself."))
        if (made.ends_at and made.ends_at <= now) or BudgetRaise.objects.filter(takes_back=made).exists():
            raise BadBudget(_("This raise is over already."))
        taken = BudgetRaise.objects.create(
            budget=made.budget,
            takes_back=made,
            amount=-made.amount,
            starts_at=max(now, made.starts_at),  # not before it, where this host's clock is behind
            ends_at=made.ends_at,
            made_by=made_by,
            reason=reason[:500],
        )
        refresh_period(made.budget, now=now)
    return taken


def current_period(budget: Budget) -> BudgetPeriod | None:
    """The period that a hold would count in now, as last written; None for a budget that has ended."""
    return budget.periods.filter(is_current=True).first()


def applying_budgets(team: Team, scopes: Sequence[str], *, now: datetime | None = None) -> list[BudgetPeriod]:
    """The current periods of every budget that a take with these scopes counts in, the tightest first.

    As last written; brought up to `now` where that is given.
    """
    fits = Q(scope_key__in=scopes)
    if now is not None:
        rows: Iterable[BudgetPeriod] = current_periods(team, now=now, only=fits)
    else:
        rows = BudgetPeriod.objects.current().filter(fits, team=team).with_names()
    return sorted(rows, key=lambda period: (period.left, period.pk))


def _check_not_ended(budget: Budget) -> None:
    """An ended budget has no current period, and must not get one: it would limit again."""
    if budget.archived_at:
        raise BadBudget(_("This budget has ended, so nothing in it changes any more."))


def _check(limit: Decimal, soft_marks: Sequence[int], rollover: Decimal) -> None:
    check_amount(limit)
    if rollover:
        check_amount(rollover)
    if len(soft_marks) > MOST_MARKS or any(not 1 <= mark <= 1000 for mark in soft_marks):
        raise BadBudget(_("Soft marks are at most ten whole numbers from 1 to 1,000 percent."))
