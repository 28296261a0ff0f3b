"""What an operator fills in to make, change, raise or end a budget."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from generations.admin.fields import TeamTime, credits_field
from generations.choices import Tier, Window
from generations.models import Project, Shot, User


class _Marks(forms.CharField):
    """Percentages, as people write them: 50, 80."""

    def clean(self, value: Any) -> list[int]:
        words = [word for word in super().clean(value).replace("%", " ").replace(",", " ").split() if word]
        if not all(word.isdecimal() and word.isascii() and len(word) <= 4 for word in words):
            raise ValidationError(_("Write whole percentages with commas between them, such as 50, 80."))
        return [int(word) for word in words]


class ChangeForm(forms.Form):
    """The figures of a budget. The team comes with the form: its members can own the budget."""

    limit = credits_field(gettext_lazy("Limit"))
    marks = _Marks(
        label=gettext_lazy("Soft marks"),
        required=False,
        max_length=60,
        initial="80",
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Percent of the limit, with commas. At each one somebody is told once per window."),
    )
    rollover = credits_field(
        gettext_lazy("Roll over at most"),
        smallest="0",
        initial=Decimal(0),
        help_text=gettext_lazy("Unused credits that the next window may take over. 0: none."),
    )
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Owner"),
        queryset=User.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("Answers requests for more, beside the team's owners and budget admins."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(memberships__team=self.initial["team"]).order_by("name", "pk")
        for name in {"owner", "person"} & set(self.fields):
            self.fields[name].queryset = people  # type: ignore[attr-defined]


class AddForm(ChangeForm):
    """What a budget is about and for how long, with its figures."""

    window = forms.ChoiceField(
        label=gettext_lazy("Window"), choices=Window.choices, initial=Window.MONTH, widget=UnfoldAdminSelectWidget
    )
    project = forms.ModelChoiceField(
        label=gettext_lazy("Project"),
        queryset=Project.objects.none(),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("What is left empty below is not limited apart; all empty: the whole team."),
    )
    shot = forms.ModelChoiceField(
        label=gettext_lazy("Shot"), queryset=Shot.objects.none(), required=False, widget=UnfoldAdminSelectWidget
    )
    person = forms.ModelChoiceField(
        label=gettext_lazy("Member"), queryset=User.objects.none(), required=False, widget=UnfoldAdminSelectWidget
    )
    tier = forms.ChoiceField(
        label=gettext_lazy("Tier"),
        choices=[("", "---------"), *Tier.choices],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ("project", "shot", "person", "tier", "window", "limit", "marks", "rollover", "owner")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = self.initial["team"]
        projects = Project.objects.filter(team=team, archived_at=None).order_by("name", "pk")
        shots = Shot.objects.filter(project__in=projects, archived_at=None).select_related("project")
        self.fields["project"].queryset = projects  # type: ignore[attr-defined]
        field: Any = self.fields["shot"]
        field.queryset = shots.order_by("project__name", "position", "pk")
        field.label_from_instance = lambda shot: f"{shot.project.name}: {shot.code}"

    def clean(self) -> dict[str, Any]:
        facts = self.cleaned_data
        shot, project = facts.get("shot"), facts.get("project")
        if shot and project and shot.project_id != project.pk:
            sentence = _("%(shot)s is a shot of %(project)s. Choose that project, or none.")
            self.add_error("shot", sentence % {"shot": shot.code, "project": shot.project.name})
        return facts


class RaiseForm(forms.Form):
    """So many credits more until a time where the team is."""

    amount = credits_field(gettext_lazy("Credits more"))
    until = TeamTime(label=gettext_lazy("Until"), required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        time_zone = self.initial["team"].time_zone
        self.fields["until"].time_zone = time_zone  # type: ignore[attr-defined]
        sentence = _("Where the team is (%(time_zone)s). Empty, or later than the window: when the window ends.")
        self.fields["until"].help_text = sentence % {"time_zone": time_zone}


class ReasonForm(forms.Form):
    """Why; it is kept."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget)
