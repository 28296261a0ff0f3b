"""The figures on top: spent, cost per approved second, approved share, tries per keeper; and the same before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from generations.reports.filters import Filters
from generations.reports.sheet import Kind


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
    """`spent`, `per_approved_second`, `approved_share` and `tries`, in this order."""
    raise NotImplementedError
