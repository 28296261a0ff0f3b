"""A project's name and brief, whether its takes may move to another route, and which of them wait for approval."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations import access, lifecycle
from generations.access import May
from generations.choices import Tier
from generations.models import Project
from generations.portal.forms.fields import TOO_LONG

GATES = ("approval_above_credits", "approval_tiers", "approved_draft_is_enough", "approval_hours")


class ProjectForm(forms.ModelForm):
    """Creates or edits a project of the member's team.

    What it is called is for who manages projects, its approval gates are for who manages budgets: a field that is not
    the member's to change keeps its value, whatever is sent.
    """

    approval_tiers = forms.MultipleChoiceField(choices=Tier.choices, required=False)

    class Meta:
        model = Project
        fields = ("name", "brief", "may_move_routes", *GATES)
        error_messages = {
            "name": {"required": gettext_lazy("A project needs a name."), "max_length": TOO_LONG},
            "brief": {"max_length": TOO_LONG},
            "approval_above_credits": {
                "invalid": gettext_lazy("Write the credits as a number, such as 300, or leave it empty."),
                "min_value": gettext_lazy("A price is 0 or more. Leave it empty if no price waits."),
                "max_decimal_places": gettext_lazy("Credits have at most %(max)s places."),
                "max_digits": gettext_lazy("This is too much; %(max)s digits are the most."),
                "max_whole_digits": gettext_lazy("This is too much: 999,999,999 credits are the most."),
            },
            "approval_hours": {
                "invalid": gettext_lazy("Write whole hours, such as 72."),
                "min_value": gettext_lazy("At least one hour."),
                "max_value": gettext_lazy("At most 720 hours, which are 30 days."),
            },
        }

    def __init__(self, *args: Any, member: access.Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.team = member.team
        self._member = member
        self._before = {name: getattr(self.instance, name) for name in GATES}
        for name, field in self.fields.items():
            field.disabled = not member.may(May.MANAGE_BUDGETS if name in GATES else May.MANAGE_PROJECTS)

        self.fields["approval_hours"].required = False
        if (above := self.instance.approval_above_credits) is not None:
            self.initial["approval_above_credits"] = Decimal(f"{above.normalize():f}")

    def clean_approval_hours(self) -> int:
        """As they were where none are given."""
        hours: int | None = self.cleaned_data["approval_hours"]
        return self.instance.approval_hours if hours is None else hours

    def clean_approval_above_credits(self) -> Decimal | None:
        above: Decimal | None = self.cleaned_data["approval_above_credits"]
        if above is not None and above < 0:
            raise ValidationError(self.fields["approval_above_credits"].error_messages["min_value"])
        return above

    def save_once(self, now: datetime) -> Project | None:
        """The saved project, or None with an error on the form where the team has another one of this name.

        Who changed which approval gate to what is noted in the audit.
        """
        try:
            with transaction.atomic():
                project = self._saved()
                self._note_gates(project, now)
        except IntegrityError as error:
            if "project_name_once_per_team" not in str(error):
                raise
            self.add_error("name", _("Your team has a project of this name already. Choose another name."))
            return None
        return project

    def _note_gates(self, project: Project, now: datetime) -> None:
        facts = {name: self.cleaned_data[name] for name in GATES if self.cleaned_data[name] != self._before[name]}
        if facts:
            facts = {name: str(value) if isinstance(value, Decimal) else value for name, value in facts.items()}
            team_id, actor_id = project.team_id, self._member.user.pk
            lifecycle.record("change_gates", project, now=now, actor_id=actor_id, team_id=team_id, **facts)

    def _saved(self) -> Project:
        """Of a project that is there only what was changed is written: somebody else may change the rest meanwhile."""
        if self.instance.pk is None:
            made: Project = self.save()
            return made
        if self.changed_data:
            self.instance.save(update_fields=self.changed_data)
        return self.instance
