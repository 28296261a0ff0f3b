"""Waste by reason."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy

from generations.reports.filters import Filters
from generations.reports.sheet import Report, Sheet


def _build(filters: Filters, now: datetime) -> Sheet:
    raise NotImplementedError


WASTE = Report(
    slug="waste",
    title=gettext_lazy("Waste by reason"),
    sentence=gettext_lazy("What was charged for takes that were not kept, and why they were not."),
    build=_build,
    uses=frozenset({"from", "to", "project", "member", "model", "tier", "account", "capability", "by"}),
    dimensions=("reason", "project", "member", "model", "tier", "account", "capability"),
)
