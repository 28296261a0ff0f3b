"""Asking for more in a budget, and answering: an amount, until when, and a few words."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.models import Budget, BudgetPeriod, BudgetQuerySet, Team
from generations.portal.forms.fields import Chosen, Credits, TeamTime, Words

_SMALLEST = Decimal("0.001")
_FARTHEST = timedelta(days=2 * 366)
USUAL_DAYS = 3  # how long one asks for where the budget's window has no end


class _Extra(forms.Form):
    """More credits until a time. Empty `until`: to the end of the budget's window."""

    amount = Credits()
    until = TeamTime(required=False)

    def __init__(self, *args: Any, team: Team, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].time_zone = team.time_zone  # type: ignore[attr-defined]
        self._now = now

    def clean_until(self) -> datetime | None:
        until: datetime | None = self.cleaned_data["until"]
        if until is not None and until <= self._now:
            raise ValidationError(_("This time is over. Choose a later one, or leave it empty."))
        if until is not None and until > self._now + _FARTHEST:
            raise ValidationError(_("This is more than two years ahead. Choose an earlier time, or leave it empty."))
        return until


class AskForm(_Extra):
    """ "300 more for shot 14 until Friday", and why."""

    budget = Chosen(
        to_field_name="public_id",
        empty_label=None,
        error_messages={
            "required": gettext_lazy("Choose the budget."),
            "invalid_choice": gettext_lazy("This budget is not there any more. Choose another one."),
        },
    )
    note = Words()
    field_order = ("budget", "amount", "until", "note")

    def __init__(self, *args: Any, budgets: BudgetQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["budget"].queryset = budgets  # type: ignore[attr-defined]


class AnswerForm(_Extra):
    """An answer to a request: what was asked for, or another amount and time, and a few words."""

    answer = Words()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].required = False


class NoteForm(forms.Form):
    """A note to whoever ordered the take that is approved or declined."""

    note = Words()


def wished(budget: Budget, period: BudgetPeriod | None, missing: Decimal, now: datetime) -> dict[str, Any]:
    """What a form that asks for more begins with: whole credits, to the window's end or for three days."""
    ends_at = period.ends_at if period else None
    return {
        "budget": budget.public_id,
        "amount": max(missing, _SMALLEST).to_integral_value(ROUND_CEILING),
        "until": ends_at or now + timedelta(days=USUAL_DAYS),
    }
