"""Shots that have an approved take, and what all their takes have cost; and every shot of a project by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from generations.reports.cube import SLICED_BY, SUMMED, Sums, as_sums, conditions
from generations.reports.filters import Filters
from generations.reports.tallies import MEASURES


class Kept(NamedTuple):
    """How many shots got their first approved take in some days, and what these shots have cost, on all days."""

    shots: int = 0
    cost: int = 0  # thousandths of a credit

    def plus(self, other: Kept) -> Kept:
        return Kept(self.shots + other.shots, self.cost + other.cost)


def kept(filters: Filters, *, by: str) -> dict[Any, Kept]:
    """Shots by the value of their first approved take in a dimension."""
    facts: dict[str, Any] = {"team": filters.team.pk, "first": filters.first_day, "last": filters.last_day}
    where = " AND ".join(
        ["t.team_id = %(team)s AND t.approved_day BETWEEN %(first)s AND %(last)s", *conditions(filters, facts)]
    )
    sql = (
        f"SELECT {SLICED_BY[by]}, count(*), sum(t.cost) FROM generations_shottally t "  # noqa: S608 the names are ours
        f"JOIN generations_slice s ON s.id = t.slice_id WHERE {where} GROUP BY 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        return {value: Kept(shots, int(cost)) for value, shots, cost in cursor.fetchall()}


def each_shot(filters: Filters, measures: Sequence[str]) -> dict[int, Sums]:
    """The sums of every shot of the filters' project, by the shot's key, on their days."""
    assert filters.project is not None
    facts: dict[str, Any] = {"scene": filters.project.pk, "first": filters.first_day, "last": filters.last_day}
    where = " AND ".join(
        [
            "t.shot_id IN (SELECT id FROM generations_shot WHERE project_id = %(scene)s)",
            "t.day BETWEEN %(first)s AND %(last)s",
            *conditions(filters, facts),
        ]
    )
    counted = ", ".join(f"{expression} AS {name}" for name, expression in MEASURES.items())
    summed = ", ".join(f"sum({SUMMED[name]})" for name in measures)
    sql = (
        f"SELECT shot_id, {summed} FROM (SELECT t.shot_id, {counted} FROM generations_taketally t "  # noqa: S608
        f"JOIN generations_slice s ON s.id = t.slice_id WHERE {where}) c GROUP BY 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        return {row[0]: as_sums(row[1:], measures) for row in cursor.fetchall()}
