"""The overview: headlines, spend over time, what keepers cost, waste, providers and members."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _

from generations import reports
from generations.portal.reports.drawing import drawing_of
from generations.portal.reports.table import Table, changed, chosen, is_empty, table_of

OVERVIEW_USES = frozenset({"from", "to", "project", "member", "model", "tier", "account", "capability"})
_STACKS = ("tier", "project", "member", "account")
_BARS = 6
_ROWS = 12
_PROVIDERS = ("name", "takes", "done_share", "failed", "unclear", "wait_p50", "wait_p95", "per_second", "drift")
_MEMBERS = ("name", "takes", "approved", "tries", "approved_seconds", "per_approved_second", "waste_share", "spent")


@dataclass(frozen=True, slots=True)
class Bar:
    """A name with its figure and a bar of `share` percent."""

    text: str
    beside: str
    figure: str
    share: Decimal


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline in words. `css` is "ok" where the change is for the better."""

    label: str
    text: str
    change: str
    css: str


@dataclass(frozen=True, slots=True)
class Stack:
    label: str
    address: str
    is_on: bool


def overview_of(filters: reports.Filters, query: QueryDict, now: datetime) -> dict[str, Any]:
    """Everything on the overview that depends on the filters."""
    by = filters.by if filters.by in _STACKS else _STACKS[0]
    spend = _run("spend", filters, now, by=by)
    keepers = _run("keepers", filters, now, by="project")
    waste = _run("waste", filters, now)
    providers, members = _run("providers", filters, now), _run("keepers", filters, now, by="member")
    before = filters.before()
    return {
        "figures": [_figure(one) for one in reports.headlines(filters, now=now)],
        "compared": reports.days_text(before.first_day, before.last_day),
        "counted_until": spend.counted_until,
        "is_empty": is_empty(spend) and is_empty(members),
        "spend": drawing_of(spend),
        "spend_table": _table("spend", spend, settings.LIMITS["report_rows"]),
        "stacks": [Stack(str(reports.DIMENSIONS[one]), changed(query, by=one), one == by) for one in _STACKS],
        "keepers": drawing_of(keepers),
        "carried": changed(query, by="", sort=""),
        "by_member": changed(query, by="member", sort=""),
        "waste_share": _waste_share(waste),
        "approval": _bars(_run("keepers", filters, now, by="model"), "approved_share", ("approved", "takes")),
        "waste": _bars(waste, "waste"),
        "providers_table": _table("providers", chosen(providers, _PROVIDERS)),
        "members_table": _table("keepers", chosen(members, _MEMBERS)),
    }


def _waste_share(sheet: reports.Sheet) -> str:
    """The sum, and its share of what was spent: "1,684 · 9.8%"."""
    totals = {column.key: cell for column, cell in zip(sheet.columns, sheet.totals, strict=False)}
    if not totals.get("waste") or totals.get("waste_share") is None:
        return ""
    whole = reports.cell_text(totals["waste"], "credits")
    return f"{whole} · {reports.cell_text(totals['waste_share'], 'percent')}"


def _run(slug: str, filters: reports.Filters, now: datetime, *, by: str = "") -> reports.Sheet:
    report = reports.REPORTS[slug]
    return report.run(replace(filters, by=by), now=now)


def _table(slug: str, sheet: reports.Sheet, at_most: int = _ROWS) -> Table:
    """Its first rows; sorting and narrowing are left to the report's own page."""
    return table_of(sheet, replace(reports.REPORTS[slug], uses=frozenset()), QueryDict(), at_most=at_most)


def _figure(one: reports.Headline) -> Figure:
    text = "–" if one.value is None else reports.cell_text(one.value, reports.shown_kind(one.key, one.kind))
    is_better = bool(one.change_percent) and one.less_is_better is not None
    if is_better:
        is_better = (one.change_percent or 0) < 0 if one.less_is_better else (one.change_percent or 0) > 0
    return Figure(one.label, text, reports.change_text(one), "ok" if is_better else "t3")


def _bars(sheet: reports.Sheet, key: str, of: tuple[str, str] | None = None) -> list[Bar]:
    """The rows with the largest figures in a column; `of` names two columns that are said beside: "48 of 92"."""
    places = {column.key: place for place, column in enumerate(sheet.columns)}
    kind = sheet.columns[places[key]].kind
    rows = [row for row in sheet.rows if row[places[key]]]
    rows = sorted(rows, key=lambda row: Decimal(str(row[places[key]])), reverse=True)[:_BARS]
    whole = Decimal(100) if kind == "percent" else Decimal(str(rows[0][places[key]])) if rows else Decimal(1)
    return [
        Bar(
            text=str(row[0]),
            beside=_("%(n)s of %(all)s") % {"n": row[places[of[0]]], "all": row[places[of[1]]]} if of else "",
            figure=reports.cell_text(row[places[key]], kind),
            share=Decimal(str(row[places[key]])) * 100 / whole,
        )
        for row in rows
    ]
