"""Budgets."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy

from generations.reports.filters import Filters
from generations.reports.sheet import Report, Sheet


def _build(filters: Filters, now: datetime) -> Sheet:
    raise NotImplementedError


BUDGETS = Report(
    slug="budgets",
    title=gettext_lazy("Budgets"),
    sentence=gettext_lazy("Held and spent against each limit, and where it ends at this pace."),
    build=_build,
    uses=frozenset({"project", "member", "tier"}),
)
