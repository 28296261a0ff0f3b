"""The days that are asked for most, one press each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import QueryDict
from django.utils.translation import gettext as _

from generations.portal.reports.table import changed


@dataclass(frozen=True, slots=True)
class Preset:
    label: str
    address: str
    is_on: bool


def presets(query: QueryDict, first: date, last: date, today: date) -> list[Preset]:
    """Links to the usual days, the present ones marked. The step is left to what suits the new days."""
    return [
        Preset(
            label=label,
            address=changed(query, **{"from": start.isoformat(), "to": end.isoformat(), "step": ""}),
            is_on=(start, end) == (first, last),
        )
        for label, start, end in _usual(today)
    ]


def _usual(today: date) -> list[tuple[str, date, date]]:
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    monday = today - timedelta(days=today.weekday())
    return [
        (_("Last 7 days"), today - timedelta(days=6), today),
        (_("Last 30 days"), today - timedelta(days=29), today),
        (_("Last week"), monday - timedelta(days=7), monday - timedelta(days=1)),
        (_("This month"), month, today),
        (_("Last month"), before, month - timedelta(days=1)),
        (_("This quarter"), quarter, today),
        (_("Last 12 months"), _year_before(today) + timedelta(days=1), today),
    ]


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)
