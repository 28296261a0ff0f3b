"""What every report gives: columns, rows, totals and a chart. Pages, CSV, XLSX and mail are made of exactly this."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from django.utils.functional import Promise

from generations.reports.counting import roll_up
from generations.reports.filters import Filters

AT_ONCE = 2_000  # takes that a reader waits for; the clock counts the others

# credits: Decimal, three places. count: int. percent: Decimal, 12.5 for 12.5%. seconds: Decimal. date: date.
# money: Decimal, US dollars. number: Decimal, such as tries per keeper. text: str or Named.
Kind = Literal["text", "credits", "count", "percent", "seconds", "number", "date", "money"]


class Named(NamedTuple):
    """A name in a cell, and what it stands for: `kind` is project, shot, member, account, model, tier or budget.

    `id` is the public id (for people and choices the value that the filter takes); empty where there is no page.
    """

    text: str
    kind: str = ""
    id: str = ""

    def __str__(self) -> str:
        return self.text


# None: there is nothing to say, such as a price per approved second without one.
Cell = str | Named | int | Decimal | date | None
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `note` says what it counts, where its label cannot."""

    key: str
    label: str | Promise
    kind: Kind
    note: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or one colour of bars: a value for each label of its chart, None for a gap."""

    label: str
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of some of the rows. `unit` says what its values are; `title` and `sentence` describe it to all."""

    kind: Literal["bar", "line", "stacked"]
    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: Kind = "credits"
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A report's answer. Every row and `totals` have one cell for each column; `totals` is empty where none make sense.

    `notes` are sentences that belong beneath the table: rules, limits, how far a figure can be off.
    """

    title: str
    columns: tuple[Column, ...]
    rows: list[Row]
    totals: Row = ()
    chart: Chart | None = None
    counted_until: datetime | None = None
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Report:
    """A report by its slug. `uses` names the filters that it heeds, of `from to project member model tier account
    capability by step`; the others it ignores. `dimensions` are the values that `by` may have, the first by default.
    """

    slug: str
    title: str | Promise
    sentence: str | Promise
    build: Callable[[Filters, datetime], Sheet]
    uses: frozenset[str]
    dimensions: tuple[str, ...] = ()

    def run(self, filters: Filters, *, now: datetime) -> Sheet:
        """The report, counted up to now where that is quickly done. Raises Refused where the filters do not fit it."""
        roll_up(now=now, team=filters.team, at_most=AT_ONCE)
        return self.build(filters, now)
