"""Cost of what was kept."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy

from generations.reports.filters import Filters
from generations.reports.sheet import Report, Sheet


def _build(filters: Filters, now: datetime) -> Sheet:
    raise NotImplementedError


KEEPERS = Report(
    slug="keepers",
    title=gettext_lazy("Cost of what was kept"),
    sentence=gettext_lazy("What an approved second and an approved shot cost, and how many tries a keeper takes."),
    build=_build,
    uses=frozenset({"from", "to", "project", "member", "model", "tier", "account", "capability", "by"}),
    dimensions=("project", "member", "model", "tier", "account", "capability", "shot"),
)
