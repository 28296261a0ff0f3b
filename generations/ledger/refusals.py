"""What a budget says when it refuses: which one, what was needed, what is left, when it resets, and whom to ask."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _

from generations.choices import Role
from generations.errors import either
from generations.ledger.errors import BudgetExceeded, plain
from generations.models import Budget, BudgetPeriod, Membership, User


def exceeded(detail: str) -> BudgetExceeded:
    """The refusal behind what `ledger_hold` said: the amount needed, then period and credits left, tightest first."""
    needed, *rest = detail.split(" ")
    period = BudgetPeriod.objects.with_names().get(pk=int(rest[0]))
    return _exceeded(period, Decimal(needed), Decimal(rest[1]))


def _exceeded(period: BudgetPeriod, needed: Decimal, left: Decimal) -> BudgetExceeded:
    budget = period.budget
    facts = {
        "budget": str(budget),
        "needed": plain(needed),
        "left": plain(max(left, Decimal(0))),
        "resets": resets(period),
        "who": who_can_raise(budget),
    }
    sentence = _(
        "The budget “%(budget)s” has %(left)s credits left and this take needs %(needed)s. %(resets)s "
        "%(who)s can raise it."
    )
    data = {"budget": str(budget.public_id), "budget_name": str(budget)}
    if period.ends_at:
        data["resets_at"] = period.ends_at.isoformat()
    return BudgetExceeded(sentence % facts, budget_id=budget.pk, needed=needed, left=left, data=data)


def resets(period: BudgetPeriod) -> str:
    """When a budget begins anew, in a sentence, in the team's time."""
    if period.ends_at is None:
        return _("It does not reset.")
    return _("It resets on %(time)s.") % {"time": local_time(period.ends_at, period.budget.team.time_zone)}


def local_time(moment: datetime, time_zone: str) -> str:
    """A moment as the team reads it: Monday 1 December, 00:00."""
    return formats.date_format(moment.astimezone(ZoneInfo(time_zone)), "l j F, H:i")


def raisers(budget: Budget) -> list[User]:
    """Who may raise a budget: its owner, then budget admins and owners of the team; only active members of it."""
    rows = Membership.objects.filter(team=budget.team, user__is_active=True).select_related("user").order_by("pk")
    found = [row.user for row in rows if row.user_id == budget.owner_id]
    for role in (Role.BUDGET_ADMIN, Role.OWNER):
        found += [row.user for row in rows if role in row.roles and row.user not in found]
    return found


def who_can_raise(budget: Budget) -> str:
    """The names of those who may raise a budget, three at most: a, b or c."""
    return either(raisers(budget)[:3]) or _("The administrator of this site")
