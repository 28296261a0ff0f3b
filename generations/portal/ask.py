"""Asking for more right beneath a budget's refusal, without leaving what one is composing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from generations import access, ledger, lifecycle
from generations.errors import NotAllowed, Refused
from generations.models import Budget, BudgetRequest
from generations.portal.forms.requests import AskForm, wished
from generations.portal.requests import budgets_to_ask, current_period

_PREFIX = "ask"


@dataclass(frozen=True, slots=True)
class Ask:
    """The form beneath a refusal. `open` is a request of the member that waits already; `may_raise`: no need to ask."""

    budget: Budget
    missing: Decimal
    may_raise: bool
    open: BudgetRequest | None
    form: AskForm


def ask_for(member: access.Member, error: ledger.BudgetExceeded, now: datetime) -> Ask | None:
    """What to ask for after a refusal, in whole credits. None for a budget that is not the member's to see."""
    budget = access.budgets_for(member).filter(pk=error.budget_id).first()
    if budget is None:
        return None
    missing = error.needed - error.left
    initial = wished(budget, current_period(budget, now), missing, now)
    return _ask(member, budget, missing, ask_form(member, now, initial=initial))


def ask_form(member: access.Member, now: datetime, data: Mapping[str, str] | None = None, **facts: Any) -> AskForm:
    """The form that the studio carries."""
    budgets = budgets_to_ask(member)
    return AskForm(data, prefix=_PREFIX, budgets=budgets, team=member.team, now=now, **facts)


def ask_again(member: access.Member, form: AskForm) -> Ask | None:
    """The form as it was sent, with its errors."""
    budget = form.cleaned_data.get("budget")
    return _ask(member, budget, Decimal(0), form) if budget else None


def send(member: access.Member, form: AskForm, now: datetime) -> bool:
    """Send a request with a valid form; False with the refusal on the form. Raises NotAllowed."""
    try:
        lifecycle.ask_for_budget(member=member, now=now, **form.cleaned_data)
    except NotAllowed:
        raise
    except Refused as error:
        form.add_error(None, error.public)
        return False
    return True


def sent_words(form: AskForm) -> str:
    """What has become of a request that was just sent."""
    facts = {
        "n": ledger.plain(form.cleaned_data["amount"]),
        "budget": str(form.cleaned_data["budget"]),
        "who": ledger.who_can_raise(form.cleaned_data["budget"]),
    }
    return _("You asked for %(n)s credits more in “%(budget)s”. %(who)s can answer, and you are told by mail.") % facts


def _ask(member: access.Member, budget: Budget, missing: Decimal, form: AskForm) -> Ask:
    rows = access.budget_requests_for(member).filter(
        budget=budget, asked_by=member.user, status=BudgetRequest.Status.OPEN
    )
    return Ask(budget, missing, access.owns_budget(member, budget), rows.first(), form)
