"""The figures on top: spent, cost per approved second, approved share, tries per keeper; and the same before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from generations.reports.counting import roll_up
from generations.reports.cube import totals
from generations.reports.figures import percent
from generations.reports.filters import Filters
from generations.reports.sheet import AT_ONCE, Kind

_MEASURES = ("cost", "tries", "approved", "approved_ms")
# Key, label, kind, and whether less is better.
_FIGURES: tuple[tuple[str, Promise, Kind, bool | None], ...] = (
    ("spent", gettext_lazy("Spent"), "credits", None),
    ("per_approved_second", gettext_lazy("Cost per approved second"), "credits", True),
    ("approved_share", gettext_lazy("Approved"), "percent", False),
    ("tries", gettext_lazy("Tries per keeper"), "number", True),
)


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure over the filters' days, and over as many days right before. None where it cannot be said.

    `change_percent` is the change in percent of `before` (for a percentage: in points). `less_is_better` is None where
    neither is.
    """

    key: str
    label: str
    kind: Kind
    value: Decimal | None
    before: Decimal | None
    change_percent: Decimal | None
    less_is_better: bool | None


def headlines(filters: Filters, *, now: datetime) -> list[Headline]:
    """`spent`, `per_approved_second`, `approved_share` (of takes) and `tries` (per keeper), in this order."""
    roll_up(now=now, team=filters.team, at_most=AT_ONCE)
    now_shown, then = totals(filters, measures=_MEASURES).shown, totals(filters.before(), measures=_MEASURES).shown
    return [
        Headline(key, str(label), kind, now_shown[key], then[key], _change(now_shown[key], then[key], kind), less)
        for key, label, kind, less in _FIGURES
    ]


def _change(value: Decimal | None, before: Decimal | None, kind: Kind) -> Decimal | None:
    if value is None or before is None:
        return None
    return value - before if kind == "percent" else percent(value - before, before)
