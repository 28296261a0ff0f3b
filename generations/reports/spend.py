"""Spend over time: what was charged in each day, week or month, by one dimension."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.reports.counting import counted_until
from generations.reports.cube import NOTHING, SLICED_BY, Sums, after, first_of, sums
from generations.reports.figures import credits
from generations.reports.filters import STEPS, Filters, check_by
from generations.reports.names import names
from generations.reports.sheet import Chart, Column, Named, Report, Row, Series, Sheet

_MEASURES = ("cost", "overrun", "refunded")
MOST_COLUMNS = 20
MOST_COLOURS = 5  # the sixth is "other"


def _build(filters: Filters, now: datetime) -> Sheet:
    by, step = check_by(filters, SPEND.dimensions), filters.step
    cells = sums(filters, by=by, step=step, measures=_MEASURES)
    order = _biggest_first(cells)
    known = names(by, order)
    labels = [known[value] for value in order]
    periods = _periods(filters)
    table = [[cells.get((value, first), NOTHING)["cost"] for value in order] for first in periods]
    whole = sum(cells.values(), NOTHING)
    return Sheet(
        title=_("Spend over time"),
        columns=_columns(step, by, labels),
        rows=[
            _row(max(first, filters.first_day), figures, len(order))
            for first, figures in zip(periods, table, strict=True)
        ],
        totals=_row(None, [sum(column) for column in zip(*table, strict=True)], len(order)),
        chart=_chart(step, periods, table, labels, filters),
        counted_until=counted_until(filters.team),
        notes=_notes(whole),
    )


def _biggest_first(cells: dict[tuple[Any, date | None], Sums]) -> list[Any]:
    whole: dict[Any, Sums] = {}
    for (value, _period), found in cells.items():
        whole[value] = whole.get(value, NOTHING) + found
    spent = {value: found["cost"] for value, found in whole.items() if found}
    return sorted(spent, key=lambda value: (-spent[value], str(value)))


def _periods(filters: Filters) -> list[date]:
    """The first day of every period, also of those in which nothing was spent."""
    found, first = [], first_of(filters.step, filters.first_day)
    while first <= filters.last_day:
        found.append(first)
        first = after(filters.step, first)
    return found


def _columns(step: str, by: str, labels: list[Named]) -> tuple[Column, ...]:
    head = {"day": _("Day"), "week": _("Week from"), "month": _("Month from")}[step]
    named = [Column(f"{by}:{label.id or number}", label.text, "credits") for number, label in enumerate(labels)]
    rest = [Column("other", _("Other"), "credits")] if len(named) > MOST_COLUMNS else []
    return (Column("from", head, "date"), *named[:MOST_COLUMNS], *rest, Column("spent", _("Spent"), "credits"))


def _row(first: date | None, figures: list[int], width: int) -> Row:
    shown = [*figures, *[0] * (width - len(figures))]
    rest = [sum(shown[MOST_COLUMNS:])] if width > MOST_COLUMNS else []
    return (
        _("Together") if first is None else first,
        *[credits(figure) for figure in [*shown[:MOST_COLUMNS], *rest, sum(shown)]],
    )


def _chart(step: str, periods: list[date], table: list[list[int]], labels: list[Named], filters: Filters) -> Chart:
    shape = "F Y" if step == "month" else "j M"
    series = [
        Series(label.text, tuple(credits(figures[place]) for figures in table))
        for place, label in enumerate(labels[:MOST_COLOURS])
    ]
    if len(labels) > MOST_COLOURS:
        series.append(Series(_("Other"), tuple(credits(sum(figures[MOST_COLOURS:])) for figures in table)))
    title = _("Credits spent per %(step)s") % {"step": str(STEPS[step]).lower()}
    shown = tuple(date_format(max(first, filters.first_day), shape) for first in periods)
    return Chart("stacked", title, shown, tuple(series))


def _notes(whole: Sums) -> tuple[str, ...]:
    notes = [_("Credits count on the day on which they were charged, never while they are only held.")]
    if whole["overrun"] or whole["refunded"]:
        sentence = _("Of this, %(overrun)s credits were charged beyond what was held; %(refunded)s were given back.")
        facts = {"overrun": credits(whole["overrun"]), "refunded": credits(whole["refunded"])}
        notes.append(sentence % facts)
    return tuple(notes)


SPEND = Report(
    slug="spend",
    title=gettext_lazy("Spend over time"),
    sentence=gettext_lazy("What was charged, day by day, week by week or month by month."),
    build=_build,
    uses=frozenset({"from", "to", "project", "member", "model", "tier", "account", "capability", "by", "step"}),
    dimensions=tuple(SLICED_BY),
)
