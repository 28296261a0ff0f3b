"""What every page of reports has around its figures: the filters, the way to other reports, what comes by e-mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from generations import access, reports
from generations.portal.forms.reports import pickers, steps
from generations.portal.reports.days import presets
from generations.portal.reports.table import changed

_NARROWING = frozenset({"project", "member", "model", "tier", "account", "capability"})


def filter_context(
    member: access.Member, filters: reports.Filters, query: QueryDict, uses: frozenset[str], now: datetime
) -> dict[str, Any]:
    """The row of filters above a page that heeds `uses`."""
    today = now.astimezone(ZoneInfo(member.team.time_zone)).date()
    return {
        "filters": filters,
        "query": query,
        "days_text": reports.days_text(filters.first_day, filters.last_day),
        "said": reports.filter_words(filters, uses),
        "has_days": "from" in uses,
        "presets": presets(query, filters.first_day, filters.last_day, today),
        "pickers": pickers(reports.options(member.team), filters, uses),
        "steps": steps(filters) if "step" in uses else [],
        "is_narrowed": any(getattr(filters, name) for name in uses & _NARROWING),
    }


def report_links(query: QueryDict, current: str = "") -> list[dict[str, Any]]:
    """Every report under its address, with the same days and choices."""
    carried = changed(query, sort="", by="", step="")
    return [
        {"report": one, "address": "" if carried == "?" else carried, "is_on": one.slug == current}
        for one in reports.REPORTS.values()
    ]


def subscription_rows(member: access.Member) -> list[dict[str, Any]]:
    """What the member gets by e-mail, the next one first."""
    return [
        {
            "row": row,
            "title": reports.REPORTS[row.report].title if row.report in reports.REPORTS else row.report,
            "narrowed": bool(row.params_json),
        }
        for row in reports.subscriptions_of(member)
    ]
