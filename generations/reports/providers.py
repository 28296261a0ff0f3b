"""Providers."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy

from generations.reports.filters import Filters
from generations.reports.sheet import Report, Sheet


def _build(filters: Filters, now: datetime) -> Sheet:
    raise NotImplementedError


PROVIDERS = Report(
    slug="providers",
    title=gettext_lazy("Providers"),
    sentence=gettext_lazy(
        "How reliable and how quick each route is, what a second costs there, and how far charges are from quotes."
    ),
    build=_build,
    uses=frozenset({"from", "to", "project", "member", "model", "tier", "account", "capability"}),
)
