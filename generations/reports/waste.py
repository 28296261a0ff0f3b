"""Waste by reason: what was charged for takes that were not kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.reports.counting import counted_until
from generations.reports.cube import NOTHING, SLICED_BY, Sums, sums, totals
from generations.reports.cube import WASTE as COSTS
from generations.reports.figures import credits, percent
from generations.reports.filters import DIMENSIONS, Filters, check_by
from generations.reports.names import names
from generations.reports.sheet import Chart, Column, Report, Row, Series, Sheet

# What became of the takes, by the names of the cube's measures.
REASONS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "failed": (gettext_lazy("Failed or canceled, but charged"), ("failed", "canceled")),
    "rejected": (gettext_lazy("Rejected"), ("rejected",)),
    "changes": (gettext_lazy("Changes requested"), ("changes",)),
    "superseded": (gettext_lazy("Superseded"), ("superseded",)),
    "unreviewed": (gettext_lazy("Not reviewed"), ("unreviewed",)),
}


_TAKES = tuple(name for _label, fates in REASONS.values() for name in fates)
_MEASURES = ("cost", "waste", *COSTS)


def _build(filters: Filters, now: datetime) -> Sheet:
    by = check_by(filters, WASTE.dimensions)
    columns, rows, whole = _by_reason(filters) if by == "reason" else _by_dimension(filters, by)
    return Sheet(
        title=_("Waste by reason"),
        columns=columns,
        rows=rows,
        totals=_total(by, whole),
        chart=_chart(whole),
        counted_until=counted_until(filters.team),
        notes=(
            _("Superseded is what nobody decided on in a shot that has another, approved take."),
            _("Not reviewed may still be approved."),
        ),
    )


def _cost(figures: Sums, reason: str) -> int:
    return sum(figures[f"{name}_cost"] for name in REASONS[reason][1])


def _takes(figures: Sums, reason: str) -> int:
    return sum(figures[name] for name in REASONS[reason][1])


def _by_reason(filters: Filters) -> tuple[tuple[Column, ...], list[Row], Sums]:
    whole = totals(filters, measures=(*_MEASURES, *_TAKES))
    columns = (
        Column("name", DIMENSIONS["reason"], "text"),
        Column("takes", _("Takes"), "count", _("Also those that cost nothing.")),
        Column("waste", _("Credits"), "credits"),
        Column("waste_share", _("Of what was spent"), "percent"),
    )
    rows: list[Row] = [
        (str(label), _takes(whole, reason), credits(_cost(whole, reason)), percent(_cost(whole, reason), whole["cost"]))
        for reason, (label, _names) in REASONS.items()
    ]
    return columns, rows, whole


def _by_dimension(filters: Filters, by: str) -> tuple[tuple[Column, ...], list[Row], Sums]:
    found = {
        value: figures for (value, _period), figures in sums(filters, by=by, measures=_MEASURES).items() if figures
    }
    order = sorted(found, key=lambda value: (-found[value]["waste"], str(value)))
    known = names(by, order)
    columns = (
        Column("name", DIMENSIONS[by], "text"),
        *[Column(reason, label, "credits") for reason, (label, _names) in REASONS.items()],
        Column("waste", _("Together"), "credits"),
        Column("waste_share", _("Of what was spent"), "percent"),
    )
    return columns, [_figures(known[value], found[value]) for value in order], sum(found.values(), NOTHING)


def _figures(name: Any, figures: Sums) -> Row:
    costs = [credits(_cost(figures, reason)) for reason in REASONS]
    return (name, *costs, credits(figures["waste"]), percent(figures["waste"], figures["cost"]))


def _total(by: str, whole: Sums) -> Row:
    if by != "reason":
        return _figures(_("Together"), whole)
    takes = sum(_takes(whole, reason) for reason in REASONS)
    return (_("Together"), takes, credits(whole["waste"]), percent(whole["waste"], whole["cost"]))


def _chart(whole: Sums) -> Chart:
    labels = tuple(str(label) for label, _names in REASONS.values())
    title = _("Credits spent on takes that were not kept")
    return Chart("bar", title, labels, (Series(title, tuple(credits(_cost(whole, reason)) for reason in REASONS)),))


WASTE = Report(
    slug="waste",
    title=gettext_lazy("Waste by reason"),
    sentence=gettext_lazy("What was charged for takes that were not kept, and why they were not."),
    build=_build,
    uses=frozenset({"from", "to", "project", "member", "model", "tier", "account", "capability", "by"}),
    dimensions=("reason", *SLICED_BY),
)
