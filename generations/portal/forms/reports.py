"""The filters of reports as fields to choose from, and the wish for a report by e-mail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations import reports
from generations.models import ReportSubscription

HOURS = [(hour, f"{hour:02d}:00") for hour in range(24)]
USUAL_HOUR = 7


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Picker:
    """One select of the filters; its first choice is all of them."""

    name: str
    label: str
    choices: list[Choice]
    is_on: bool


def pickers(options: reports.Options, filters: reports.Filters, uses: Iterable[str]) -> list[Picker]:
    """A select for each filter that counts here and has something to choose, in the order of the page."""
    params = filters.as_params()
    said = dict(reports.filter_words(filters, frozenset(uses)))
    offered = {
        "project": (_("Project"), _("All projects"), options.projects),
        "member": (_("Member"), _("All members"), options.members),
        "model": (_("Model"), _("All models"), options.models),
        "tier": (_("Tier"), _("All tiers"), options.tiers),
        "account": (_("Route"), _("All routes"), options.accounts),
        "capability": (_("Capability"), _("All capabilities"), options.capabilities),
    }
    return [
        _picker(name, label, every, names, params.get(name, ""), said.get(label, ""))
        for name, (label, every, names) in offered.items()
        if name in uses and (names or params.get(name))
    ]


def _picker(name: str, label: str, every: str, names: Iterable[reports.Named], chosen: str, said: str) -> Picker:
    choices = [Choice(one.id, one.text, one.id == chosen) for one in names]
    if chosen and not any(choice.selected for choice in choices):  # nothing was ever spent on it
        choices.append(Choice(chosen, said or chosen, True))
    return Picker(name, label, [Choice("", every, not chosen), *choices], bool(chosen))


def steps(filters: reports.Filters) -> list[Choice]:
    """By day, week or month; without the days where they would be too many."""
    return [Choice(value, str(label), value == filters.step) for value, label in reports.STEPS.items()]


def dimensions(report: reports.Report, filters: reports.Filters) -> list[Choice]:
    """What the rows of a report can stand for; the report's own first one where nothing was chosen."""
    chosen = filters.by or next(iter(report.dimensions), "")
    # Shots belong to a project: without one there is nothing to choose from.
    offered = [value for value in report.dimensions if value != "shot" or filters.project]
    return [Choice(value, str(reports.DIMENSIONS[value]), value == chosen) for value in offered]


class SubscribeForm(forms.Form):
    """How often a report comes, and at which hour where the team is."""

    cadence = forms.ChoiceField(
        choices=ReportSubscription.Cadence.choices,
        error_messages={
            "required": gettext_lazy("Choose every Monday or the first of every month."),
            "invalid_choice": gettext_lazy("Choose every Monday or the first of every month."),
        },
    )
    hour = forms.TypedChoiceField(
        choices=HOURS,
        coerce=int,
        error_messages={
            "required": gettext_lazy("Choose an hour of the day."),
            "invalid_choice": gettext_lazy("Choose an hour of the day."),
        },
    )
