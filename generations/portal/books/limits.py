"""Budgets with their meters: what is left of them, how near their marks they are, and what says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from generations import access, ledger
from generations.choices import Window
from generations.models import Budget, BudgetPeriod, BudgetRaise, scope_key

KINDS = ("", "projects", "people")
_RAISES_NAMED = 2  # of more, a meter says the sum; the budget's own page lists them


@dataclass(frozen=True, slots=True)
class Mark:
    """A soft mark: at how many percent of the limit, and how many credits that is."""

    percent: int
    credits: Decimal


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """A budget in its current period, for a meter. `state` is "", "soft" (over a mark) or "hard" (nothing left)."""

    budget: Budget
    period: BudgetPeriod
    notes: list[str]

    @property
    def left(self) -> Decimal:
        return max(self.period.left, Decimal(0))

    @property
    def spent(self) -> Decimal:
        return self.period.spent + self.period.overrun

    @property
    def held(self) -> Decimal:
        return self.period.held

    @property
    def limit(self) -> Decimal:
        return max(self.period.limit, Decimal(0))

    @property
    def marks(self) -> list[Mark]:
        return [Mark(percent, self.limit * percent / 100) for percent in self.budget.soft_marks]

    @property
    def state(self) -> str:
        if self.period.left <= 0:
            return "hard"
        return "soft" if any(self.period.used >= mark.credits for mark in self.marks) else ""


def budget_rows(member: access.Member, now: datetime) -> list[BudgetRow]:
    """The budgets that a member may see: the team's first, then projects, shots, people and tiers by name."""
    periods = ledger.current_periods(member.team, now=now, only=Q(budget__in=access.budgets_for(member).active()))
    return _with_notes(sorted(periods, key=_place), now)


def of_kind(rows: Sequence[BudgetRow], kind: str) -> list[BudgetRow]:
    """Those about `projects` (and their shots) or `people`; all of them for anything else."""
    if kind == "projects":
        return [row for row in rows if row.budget.project_id]
    if kind == "people":
        return [row for row in rows if row.budget.member_id]
    return list(rows)


def row_of(budget: Budget, now: datetime) -> BudgetRow | None:
    """One budget, or None where it has ended."""
    rows = _with_notes(ledger.current_periods(budget.team, now=now, only=Q(budget=budget)), now)
    return rows[0] if rows else None


def tightest_of(member: access.Member) -> BudgetPeriod | None:
    """The member's own budget of which the smallest share is left; None where they have none."""
    periods = ledger.current_periods(member.team, now=timezone.now(), only=Q(budget__member=member.user))
    return min(periods, key=lambda period: (period.left / period.limit if period.limit else 0, period.pk), default=None)


def own_name(budget: Budget) -> str:
    """A person's own budget in the side bar: "My month"; what it is besides theirs where it names more."""
    if budget.scope_key != scope_key(member=budget.member_id):
        return budget.name
    return {
        Window.DAY: _("My day"),
        Window.WEEK: _("My week"),
        Window.MONTH: _("My month"),
        Window.QUARTER: _("My quarter"),
        Window.LIFETIME: _("My budget"),
    }[Window(budget.window)]


def resets_on(period: BudgetPeriod) -> str:
    """When a budget begins anew, in few words."""
    if period.ends_at is None:
        return _("Does not reset")
    return _("Resets %(time)s") % {"time": _when(period.ends_at, period)}


def _when(moment: datetime, period: BudgetPeriod) -> str:
    """A moment ahead where the team is: the day of the week where that is enough, else the date."""
    is_near = moment - timezone.now() < timedelta(days=6)
    local = moment.astimezone(ZoneInfo(period.budget.team.time_zone))
    return formats.date_format(local, "l, H:i" if is_near else "j F, H:i")


def _with_notes(periods: Sequence[BudgetPeriod], now: datetime) -> list[BudgetRow]:
    raises = ledger.raises_in_force([period.budget for period in periods], now=now)
    return [BudgetRow(row.budget, row, [resets_on(row), *_extras(row, raises[row.budget_id])]) for row in periods]


def _extras(period: BudgetPeriod, raises: Sequence[BudgetRaise]) -> list[str]:
    notes = []
    if period.budget.rollover_credits:
        notes.append(_("up to %(n)s unused roll over") % {"n": ledger.plain(period.budget.rollover_credits)})
    if period.rolled_credits:
        notes.append(_("includes %(n)s that rolled over") % {"n": ledger.plain(period.rolled_credits)})
    if len(raises) > _RAISES_NAMED:
        facts = {"n": ledger.plain(sum((item.amount for item in raises), Decimal(0))), "count": len(raises)}
        return [*notes, _("includes +%(n)s from %(count)s raises") % facts]
    return [*notes, *(_raised(item, period) for item in raises)]


def _raised(made: BudgetRaise, period: BudgetPeriod) -> str:
    facts = {"n": ledger.plain(made.amount), "who": made.made_by}
    if made.ends_at is None:
        return _("includes +%(n)s from %(who)s") % facts
    return _("includes +%(n)s from %(who)s until %(until)s") % {**facts, "until": _when(made.ends_at, period)}


def _place(period: BudgetPeriod) -> tuple[int, str, int]:
    budget = period.budget
    kinds = (not budget.scope_key, budget.project and not budget.shot, budget.shot, budget.member, budget.tier)
    return next((number for number, fits in enumerate(kinds) if fits), len(kinds)), budget.name.lower(), period.pk
