"""Credit lots."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy

from generations.reports.filters import Filters
from generations.reports.sheet import Report, Sheet


def _build(filters: Filters, now: datetime) -> Sheet:
    raise NotImplementedError


LOTS = Report(
    slug="lots",
    title=gettext_lazy("Credit lots"),
    sentence=gettext_lazy("What is left of the credits that came in, and what expires when."),
    build=_build,
    uses=frozenset(),
)
