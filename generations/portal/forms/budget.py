"""A budget: what it limits, how much per window, and raising it for a while."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations import access, ledger
from generations.choices import Tier, Window
from generations.models import Budget
from generations.portal import text
from generations.portal.books import people_of

_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
_MARKS = re.compile(r"[0-9]{1,6}")
_NOT_THERE = gettext_lazy("This is not in your team any more. Choose again.")


class Credits(forms.DecimalField):
    """An amount of credits, as the ledger takes it; 1,800 is understood."""

    default_error_messages = {
        "required": gettext_lazy("Say how many credits."),
        "invalid": gettext_lazy("Write the credits as a number, such as 300 or 12.5."),
    }

    def __init__(self, *, may_be_zero: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._may_be_zero = may_be_zero

    def to_python(self, value: Any) -> Any:
        typed = str(value or "").strip()
        return super().to_python(typed.replace(",", "") if _GROUPED.fullmatch(typed) else typed)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is None or (self._may_be_zero and value == 0):
            return
        try:
            ledger.check_amount(value)
        except ledger.BadAmount as error:
            raise ValidationError(error.public) from error


class _Chosen(forms.ModelChoiceField):
    """One of the team's own things; what cannot be one is refused like one that is not there."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=None, required=False, error_messages={"invalid_choice": _NOT_THERE}, **kwargs)

    def to_python(self, value: Any) -> Any:
        if value and self.to_field_name and text.find_uuid(str(value)) is None:
            raise ValidationError(_NOT_THERE, code="invalid_choice")
        return super().to_python(value)


class ChangeBudgetForm(forms.Form):
    """What can be changed about a budget: its limit, marks, rollover and owner."""

    limit = Credits()
    soft_marks = forms.CharField(required=False, max_length=80)
    rollover = Credits(required=False, may_be_zero=True)
    owner = _Chosen(empty_label=gettext_lazy("Nobody in particular"))

    def __init__(self, *args: Any, member: access.Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        self.fields["owner"].queryset = people_of(member.team)  # type: ignore[attr-defined]

    def clean_soft_marks(self) -> list[int]:
        words = self.cleaned_data["soft_marks"].replace("%", " ").replace(",", " ").replace(";", " ").split()
        if not all(_MARKS.fullmatch(word) for word in words):
            raise ValidationError(_("Write the marks in whole percent, such as 50, 80, 95."))
        return [int(word) for word in words]

    def clean_rollover(self) -> Decimal:
        return self.cleaned_data["rollover"] or Decimal(0)


class BudgetForm(ChangeBudgetForm):
    """A new budget. Nothing chosen: it limits the whole team; several things: only what fits all of them."""

    project = _Chosen(to_field_name="public_id", empty_label=gettext_lazy("Every project"))
    shot = _Chosen(to_field_name="public_id", empty_label=gettext_lazy("Every shot"))
    person = _Chosen(empty_label=gettext_lazy("Everybody"))
    tier = forms.ChoiceField(required=False, choices=[("", gettext_lazy("Every tier")), *Tier.choices])
    window = forms.ChoiceField(choices=Window.choices, initial=Window.MONTH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["project"].queryset = access.projects_for(self.member).active()
        fields["shot"].queryset = access.shots_for(self.member).filter(archived_at=None)
        fields["shot"].label_from_instance = _in_its_project
        fields["person"].queryset = people_of(self.member.team)

    def clean(self) -> dict[str, Any]:
        project, shot = self.cleaned_data.get("project"), self.cleaned_data.get("shot")
        if project and shot and shot.project_id != project.pk:
            sentence = _("%(shot)s is a shot of %(its)s, not of %(other)s. Choose one of the two.")
            facts = {"shot": shot.code, "its": shot.project.name, "other": project.name}
            self.add_error("shot", sentence % facts)
        return self.cleaned_data


class RaiseForm(forms.Form):
    """So many credits more until a time. Empty: to the end of the window."""

    amount = Credits()
    until = forms.DateTimeField(
        required=False,
        error_messages={"invalid": gettext_lazy("Write a day and a time, such as 2026-11-28 18:00.")},
    )
    reason = forms.CharField(required=False, max_length=500)

    def __init__(self, *args: Any, time_zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._zone = ZoneInfo(time_zone)

    def clean(self) -> dict[str, Any]:
        until: datetime | None = self.cleaned_data.get("until")
        if until is not None:  # as typed: a clock time where the team is
            self.cleaned_data["until"] = timezone.make_naive(until).replace(tzinfo=self._zone)
        return self.cleaned_data

    def clean_reason(self) -> str:
        return text.lines(self.cleaned_data["reason"])


def values_of(budget: Budget) -> dict[str, Any]:
    """What the form that changes a budget begins with."""
    return {
        "limit": _plain(budget.limit_credits),
        "soft_marks": ", ".join(map(str, budget.soft_marks)),
        "rollover": _plain(budget.rollover_credits),
        "owner": budget.owner_id,
    }


def _plain(amount: Decimal) -> str:
    return ledger.plain(amount).replace(",", "")


def _in_its_project(shot: Any) -> str:
    return _("%(shot)s in %(project)s") % {"shot": shot.code, "project": shot.project.name}
