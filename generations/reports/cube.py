"""Reading the cube: sums over the cells of some days, by one dimension, by time, or both.

Whole months (or weeks) are read as such and only what is left over as days, so that years are not more work than weeks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from generations.reports.figures import credits, per, percent, ratio, seconds
from generations.reports.filters import Filters
from generations.reports.tallies import FIRST_DAY, GRAINS, MEASURES

# The slice's column for each dimension.
SLICED_BY = {
    "project": "s.project_id",
    "member": "s.member_id",
    "model": "s.model",
    "tier": "s.tier",
    "account": "s.account_id",
    "capability": "s.capability",
}
_NOT_KEPT = ("changes", "rejected", "superseded", "unreviewed", "failed")
WASTE = tuple(f"{name}_cost" for name in (*_NOT_KEPT, "canceled"))
# What can be summed over cells: the measures, and sums of them, which are cheaper added before than after.
SUMMED = {
    **{name: name for name in MEASURES},
    "cost": "spent + overrun - refunded",  # what was charged, less what was given back
    "tries": " + ".join(("approved", *_NOT_KEPT)),  # takes that came to an end other than a cancel
    "waste": " + ".join(WASTE),  # what takes have cost that were not kept
}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over some cells, by their names in `SUMMED`; zero where not asked for. Costs are thousandths of a credit."""

    of: dict[str, int]

    def __getitem__(self, measure: str) -> int:
        return self.of.get(measure, 0)

    def __add__(self, other: Sums) -> Sums:
        return Sums({name: self[name] + other[name] for name in {**self.of, **other.of}})

    def __bool__(self) -> bool:
        return any(self.of.values())

    @property
    def shown(self) -> dict[str, Any]:
        """Figures for cells of a sheet, by the keys of the columns that more than one report has."""
        return {
            "takes": self["tries"],
            "approved": self["approved"],
            "approved_share": percent(self["approved"], self["tries"]),
            "tries": ratio(self["tries"], self["approved"]),
            "approved_seconds": seconds(self["approved_ms"]),
            "per_approved_second": per(self["cost"], self["approved_ms"], thousandths=True),
            "per_second": per(self["cost"], self["ms"], thousandths=True),
            "waste_share": percent(self["waste"], self["cost"]),
            "spent": credits(self["cost"]),
        }


NOTHING = Sums({})


def totals(filters: Filters, *, measures: Sequence[str]) -> Sums:
    """Everything that the filters let through, together."""
    return sums(filters, measures=measures).get(("", None), NOTHING)


def sums(
    filters: Filters, *, by: str = "", step: str = "", measures: Sequence[str]
) -> dict[tuple[Any, date | None], Sums]:
    """Sums by a dimension's value ("" without one) and the first day of a step (None without one).

    Of the `measures` alone: each one more makes a long report slower.
    """
    value = SLICED_BY[by] if by else "''"
    facts: dict[str, Any] = {"team": filters.team.pk}
    parts = [_part(number, piece, step, measures, facts) for number, piece in enumerate(_pieces(filters, step))]
    where = " AND ".join(["true", *conditions(filters, facts)])
    summed = ", ".join(f"sum({name})" for name in measures)
    # Every name in it is ours; values are bound.
    sql = (
        f"SELECT {value}, period, {summed} FROM ({' UNION ALL '.join(parts)}) c "  # noqa: S608
        f"JOIN generations_slice s ON s.id = c.slice_id WHERE {where} GROUP BY 1, 2"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        return {(row[0], row[1]): as_sums(row[2:], measures) for row in cursor.fetchall()}


def as_sums(values: tuple[Any, ...], measures: Sequence[str]) -> Sums:
    """The sums of measures in their order, as the database gives them."""
    return Sums({name: int(value or 0) for name, value in zip(measures, values, strict=True)})


def conditions(filters: Filters, facts: dict[str, Any]) -> Iterator[str]:
    """What the filters ask of a slice `s`; the values that they need are put into `facts`."""
    wanted = {
        "project": filters.project and filters.project.pk,
        "member": filters.member and filters.member.pk,
        "model": filters.model,
        "tier": filters.tier,
        "account": filters.account and filters.account.pk,
        "capability": filters.capability,
    }
    for name, value in wanted.items():
        if value:
            facts[name] = value
            yield f"{SLICED_BY[name]} = %({name})s"


def _part(number: int, piece: tuple[str, date, date], step: str, measures: Sequence[str], facts: dict[str, Any]) -> str:
    grain, facts[f"first{number}"], facts[f"last{number}"] = piece
    period = "NULL::date" if not step else "day" if grain == step else FIRST_DAY[step]
    columns = ", ".join(f"{SUMMED[name]} AS {name}" for name in measures)
    return (
        f"SELECT slice_id, {period} AS period, {columns} FROM {GRAINS[grain]} "  # noqa: S608 the names are ours
        f"WHERE team_id = %(team)s AND day BETWEEN %(first{number})s AND %(last{number})s"
    )


def _pieces(filters: Filters, step: str) -> Iterator[tuple[str, date, date]]:
    """The days as whole weeks or months and the days around them: grain, first and last day."""
    first, last = filters.first_day, filters.last_day
    grain = "week" if step == "week" else "month"
    begin = first if first == first_of(grain, first) else after(grain, first)
    end = first_of(grain, last + _DAY)
    if step == "day" or begin >= end:
        yield "day", first, last
        return
    if first < begin:
        yield "day", first, begin - _DAY
    yield grain, begin, end - _DAY
    if end <= last:
        yield "day", end, last


def first_of(grain: str, day: date) -> date:
    """The first day of the day's week or month; the day itself for days."""
    if grain == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if grain == "week" else day


def after(grain: str, day: date) -> date:
    """The first day of the next week or month; the next day for days."""
    if grain == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first_of(grain, day) + timedelta(days=7 if grain == "week" else 1)
