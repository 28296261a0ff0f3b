"""Spend over time."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy

from generations.reports.filters import Filters
from generations.reports.sheet import Report, Sheet


def _build(filters: Filters, now: datetime) -> Sheet:
    raise NotImplementedError


SPEND = Report(
    slug="spend",
    title=gettext_lazy("Spend over time"),
    sentence=gettext_lazy("What was charged, day by day, week by week or month by month."),
    build=_build,
    uses=frozenset({"from", "to", "project", "member", "model", "tier", "account", "capability", "by", "step"}),
    dimensions=("project", "member", "model", "tier", "account", "capability"),
)
