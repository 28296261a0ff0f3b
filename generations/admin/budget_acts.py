"""What an operator can do to budgets: the verbs of the portal, each with its line in the audit."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations import access, ledger, lifecycle
from generations.admin.acts import Act, Confirm
from generations.admin.budget_forms import AddForm, ChangeForm, RaiseForm, ReasonForm
from generations.admin.shown import credits
from generations.choices import Role, Window
from generations.models import Budget, BudgetRaise, Membership, Team, User

_CHANGE = "generations.change_budget"


def _as_owner(request: HttpRequest, team: Team) -> access.Member:
    """The operator in a team's verbs. They act with an owner's rights and under their own name; no row is made."""
    user: User = request.user  # type: ignore[assignment]
    roles = [Role.OWNER]
    return access.Member(user, team, Membership(team=team, user=user, roles=roles), access.rights_of(roles))


def _add(request: HttpRequest, team: Team, facts: dict[str, Any]) -> str:
    budget = lifecycle.set_budget(
        member=_as_owner(request, team),
        window=Window(facts["window"]),
        limit=facts["limit"],
        now=timezone.now(),
        project=facts["project"],
        shot=facts["shot"],
        person=facts["person"],
        tier=facts["tier"],
        soft_marks=facts["marks"],
        rollover=facts["rollover"],
        owner=facts["owner"],
    )
    said = {"budget": str(budget), "limit": credits(budget.limit_credits)}
    return _("The budget “%(budget)s” limits takes to %(limit)s credits from now on.") % said


def _change(request: HttpRequest, budget: Budget, facts: dict[str, Any]) -> str:
    lifecycle.change_budget(
        member=_as_owner(request, budget.team),
        budget=budget,
        now=timezone.now(),
        limit=facts["limit"],
        soft_marks=facts["marks"],
        rollover=facts["rollover"],
        owner=facts["owner"],
    )
    return _("The budget has a limit of %(limit)s credits from now on.") % {"limit": credits(facts["limit"])}


def _raise(request: HttpRequest, budget: Budget, facts: dict[str, Any]) -> str:
    member = _as_owner(request, budget.team)
    made = lifecycle.raise_budget(member=member, budget=budget, now=timezone.now(), **facts)
    if made.ends_at is None:
        return _("The limit is %(amount)s credits higher until this is taken back.") % {"amount": credits(made.amount)}
    said = {"amount": credits(made.amount), "time": ledger.local_time(made.ends_at, budget.team.time_zone)}
    return _("The limit is %(amount)s credits higher until %(time)s.") % said


def _end(request: HttpRequest, budget: Budget, facts: dict[str, Any]) -> str:
    lifecycle.archive_budget(member=_as_owner(request, budget.team), budget=budget, now=timezone.now())
    return _("The budget has ended: it limits nothing any more.")


def _end_raise(request: HttpRequest, made: BudgetRaise, facts: dict[str, Any]) -> str:
    member = _as_owner(request, made.budget.team)
    lifecycle.end_raise(member=member, made=made, now=timezone.now(), reason=facts["reason"])
    return _("The raise of %(amount)s credits is over from now on.") % {"amount": credits(made.amount)}


def _stands(budget: Budget) -> str:
    """What the budget has now."""
    period = ledger.current_period(budget)
    if period is None:
        return _("This budget has ended.")
    said = {
        "limit": credits(period.limit),
        "held": credits(period.held),
        "spent": credits(period.spent),
        "left": credits(period.left),
    }
    return _("Its limit is %(limit)s credits now: %(spent)s are spent, %(held)s held, %(left)s left.") % said


def _is_open(budget: Budget) -> bool:
    return budget.archived_at is None


def _figures(budget: Budget) -> dict[str, Any]:
    return {
        "team": budget.team,
        "limit": ledger.typed(budget.limit_credits),
        "marks": ", ".join(str(mark) for mark in budget.soft_marks),
        "rollover": ledger.typed(budget.rollover_credits),
        "owner": budget.owner_id,
    }


ADD_BUDGET = Act(
    name="add-budget",
    label=gettext_lazy("Add a budget"),
    permission="generations.add_budget",
    run=_add,
    form=AddForm,
    initial=lambda team: {"team": team},
    explains=gettext_lazy(
        "A budget limits every take that fits all that it names, from now on: what is held or spent already does not "
        "count in it. Several can limit the same take."
    ),
)

BUDGET_ACTS = (
    Act(
        name="change",
        label=gettext_lazy("Change"),
        permission=_CHANGE,
        run=_change,
        fits=_is_open,
        form=ChangeForm,
        initial=_figures,
        tells=_stands,
        explains=gettext_lazy("The new figures count from now on, in the window that runs already too."),
    ),
    Act(
        name="raise",
        label=gettext_lazy("Raise for a time"),
        permission=_CHANGE,
        run=_raise,
        fits=_is_open,
        form=RaiseForm,
        initial=lambda budget: {"team": budget.team},
        tells=_stands,
        explains=gettext_lazy("A raise lifts the limit and moves no credits. It ends by itself, with the window."),
    ),
    Act(
        name="end",
        label=gettext_lazy("End"),
        permission=_CHANGE,
        run=_end,
        fits=_is_open,
        form=Confirm,
        is_danger=True,
        tells=_stands,
        explains=gettext_lazy("The budget limits nothing any more. What was counted in it stays. It does not return."),
    ),
)

END_RAISE = Act(
    name="end",
    label=gettext_lazy("Take the raise back"),
    permission=_CHANGE,
    run=_end_raise,
    fits=lambda made: (
        made.amount > 0 and _is_open(made.budget) and (made.ends_at is None or made.ends_at > timezone.now())
    ),
    form=ReasonForm,
    is_danger=True,
    tells=lambda made: _stands(made.budget),
    explains=gettext_lazy("The limit falls by the raise at once. What is held or spent already stays so."),
)
