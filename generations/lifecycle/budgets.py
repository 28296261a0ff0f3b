"""Budgets by hand: made, changed, raised and ended by who may, with a trace. The ledger keeps the sums right.

`MANAGE_BUDGETS` makes, changes and ends budgets; who owns a budget may raise it and take raises back too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from generations import access, ledger
from generations.choices import Window
from generations.errors import NotAllowed
from generations.lifecycle.record import record
from generations.models import Budget, BudgetRaise, Project, Shot, User


def set_budget(
    *,
    member: access.Member,
    window: Window,
    limit: Decimal,
    now: datetime,
    project: Project | None = None,
    shot: Shot | None = None,
    person: User | None = None,
    tier: str = "",
    soft_marks: Sequence[int] = (80,),
    rollover: Decimal = Decimal(0),
    owner: User | None = None,
) -> Budget:
    """Make a budget in the member's team (see `ledger.set_budget`). Raises NotAllowed, BadAmount, BadBudget."""
    member.check(access.May.MANAGE_BUDGETS)
    with transaction.atomic():
        budget = ledger.set_budget(
            team=member.team,
            window=window,
            limit=limit,
            now=now,
            project=project,
            shot=shot,
            member=person,
            tier=tier,
            soft_marks=soft_marks,
            rollover=rollover,
            owner=owner,
        )
        _note("set_budget", budget, member, now, name=str(budget), **_figures(budget))
    return budget


def change_budget(
    *,
    member: access.Member,
    budget: Budget,
    now: datetime,
    limit: Decimal,
    soft_marks: Sequence[int],
    rollover: Decimal,
    owner: User | None,
) -> None:
    """Change a budget from now on. Raises NotAllowed, BadAmount, BadBudget, BudgetTooLow."""
    member.check(access.May.MANAGE_BUDGETS)
    with transaction.atomic():
        before = _figures(budget)
        ledger.change_budget(budget, now=now, limit=limit, soft_marks=soft_marks, rollover=rollover, owner=owner)
        _note("change_budget", budget, member, now, name=str(budget), before=before, after=_figures(budget))


def archive_budget(*, member: access.Member, budget: Budget, now: datetime) -> None:
    """End a budget: it limits nothing any more. Raises NotAllowed. Ending it once more changes nothing."""
    member.check(access.May.MANAGE_BUDGETS)
    with transaction.atomic():
        ledger.archive_budget(budget, now=now)
        if budget.archived_at == now:
            _note("archive_budget", budget, member, now, name=str(budget))


def raise_budget(
    *,
    member: access.Member,
    budget: Budget,
    amount: Decimal,
    now: datetime,
    until: datetime | None = None,
    reason: str = "",
) -> BudgetRaise:
    """Lift a budget's limit for a while. Raises NotAllowed for who does not own it, BadAmount, BadBudget."""
    _check_owner(member, budget)
    with transaction.atomic():
        made = ledger.raise_budget(budget, amount=amount, now=now, made_by=member.user, until=until, reason=reason)
        ends = made.ends_at.isoformat() if made.ends_at else None
        _note("raise_budget", budget, member, now, amount=str(amount), until=ends, reason=reason)
    return made


def end_raise(*, member: access.Member, made: BudgetRaise, now: datetime, reason: str = "") -> BudgetRaise:
    """Take a raise back from now on. Raises NotAllowed for who does not own the budget, BadBudget where it is over."""
    _check_owner(member, made.budget)
    with transaction.atomic():
        taken = ledger.end_raise(made, now=now, made_by=member.user, reason=reason)
        _note("end_raise", made.budget, member, now, amount=str(made.amount), reason=reason)
    return taken


def _check_owner(member: access.Member, budget: Budget) -> None:
    if not access.owns_budget(member, budget):
        sentence = _("You cannot raise the budget “%(budget)s”. %(who)s can.")
        raise NotAllowed(sentence % {"budget": str(budget), "who": ledger.who_can_raise(budget)})


def _figures(budget: Budget) -> dict[str, object]:
    return {
        "limit": f"{budget.limit_credits:.3f}",
        "soft_marks": list(budget.soft_marks),
        "rollover": f"{budget.rollover_credits:.3f}",
        "owner": budget.owner_id,
    }


def _note(verb: str, budget: Budget, member: access.Member, now: datetime, **facts: object) -> None:
    record(verb, budget, now=now, actor_id=member.user.pk, team_id=budget.team_id, **facts)
