"""A budget: what it limits, how much per window, and raising it for a while."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations import access, ledger
from generations.choices import Tier, Window
from generations.models import Budget
from generations.portal.books import people_of
from generations.portal.forms.fields import Chosen, Credits, TeamTime, Words

_MARKS = re.compile(r"[0-9]{1,6}")


class ChangeBudgetForm(forms.Form):
    """What can be changed about a budget: its limit, marks, rollover and owner."""

    limit = Credits()
    soft_marks = forms.CharField(required=False, max_length=80)
    rollover = Credits(required=False, may_be_zero=True)
    owner = Chosen(required=False, empty_label=gettext_lazy("Nobody in particular"))

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

    project = Chosen(required=False, to_field_name="public_id", empty_label=gettext_lazy("Every project"))
    shot = Chosen(required=False, to_field_name="public_id", empty_label=gettext_lazy("Every shot"))
    person = Chosen(required=False, empty_label=gettext_lazy("Everybody"))
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
    until = TeamTime(required=False)
    reason = Words()

    def __init__(self, *args: Any, time_zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].time_zone = time_zone  # type: ignore[attr-defined]


def values_of(budget: Budget) -> dict[str, Any]:
    """What the form that changes a budget begins with."""
    return {
        "limit": ledger.typed(budget.limit_credits),
        "soft_marks": ", ".join(map(str, budget.soft_marks)),
        "rollover": ledger.typed(budget.rollover_credits),
        "owner": budget.owner_id,
    }


def _in_its_project(shot: Any) -> str:
    return _("%(shot)s in %(project)s") % {"shot": shot.code, "project": shot.project.name}
