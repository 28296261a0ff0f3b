"""Asking for more in a budget, and answering: an amount, until when, and a few words."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.models import Budget, BudgetPeriod, BudgetQuerySet, Team
from generations.portal import text

_TOO_LONG = gettext_lazy("It has %(show_value)s characters; %(limit_value)s is the most. Shorten it.")
_SMALLEST = Decimal("0.001")
_FARTHEST = timedelta(days=2 * 366)
USUAL_DAYS = 3  # how long one asks for where the budget's window has no end
WORDS_MAX = 500


class TeamTime(forms.DateTimeField):
    """A time where the team is, as `<input type="datetime-local">` sends it. `time_zone` is set by the form."""

    time_zone = "UTC"

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(ZoneInfo(self.time_zone)).strftime("%Y-%m-%dT%H:%M")
        return value

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(ZoneInfo(self.time_zone)):
            return super().to_python(value)


class Words(forms.CharField):
    """A few words on one or more lines, as they can be stored."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=WORDS_MAX, required=False, error_messages={"max_length": _TOO_LONG}, **kwargs)

    def to_python(self, value: Any) -> str:
        return text.lines(super().to_python(value) or "")


class _BudgetField(forms.ModelChoiceField):
    """A budget by its public id; what cannot be one is refused like one that is not there."""

    def to_python(self, value: Any) -> Any:
        if value and text.find_uuid(str(value)) is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().to_python(value)


class _Extra(forms.Form):
    """More credits until a time. Empty `until`: to the end of the budget's window."""

    amount = forms.DecimalField(
        max_digits=12,
        decimal_places=3,
        min_value=_SMALLEST,
        error_messages={
            "required": gettext_lazy("Say how many credits."),
            "invalid": gettext_lazy("Write the credits as a number, such as 300 or 12.5."),
            "min_value": gettext_lazy("It must be more than 0 credits."),
            "max_digits": gettext_lazy("This is too much; %(max)s digits are the most."),
            "max_decimal_places": gettext_lazy("Credits have at most %(max)s places."),
            "max_whole_digits": gettext_lazy("This is too much: 999,999,999 credits are the most."),
        },
    )
    until = TeamTime(
        required=False,
        error_messages={"invalid": gettext_lazy("Write a day and a time, such as 2026-11-28 18:00.")},
    )

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

    budget = _BudgetField(
        queryset=None,
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
