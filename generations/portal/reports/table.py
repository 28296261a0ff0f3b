"""A report's sheet as a table: sorted as the address says, each cell in words, each name a link that narrows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from generations import reports

_RIGHT = frozenset({"credits", "count", "percent", "seconds", "number", "money"})
_UNKNOWN = "–"
_NARROWS = {name: name for name in ("project", "member", "model", "tier", "account", "capability")}


@dataclass(frozen=True, slots=True)
class Head:
    label: str
    note: str
    css: str
    address: str
    sorted: str  # what aria-sort says; empty where the rows do not stand by this column


@dataclass(frozen=True, slots=True)
class ShownCell:
    text: str
    css: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    heads: list[Head]
    rows: list[list[ShownCell]]
    totals: list[ShownCell]
    left_out: int


def sort_of(sheet: reports.Sheet, query: QueryDict) -> str:
    """The column that the rows are sorted by, with a minus for descending; empty for the report's own order."""
    asked = query.get("sort", "")
    return asked if asked.removeprefix("-") in {column.key for column in sheet.columns} else ""


def sorted_rows(sheet: reports.Sheet, sort: str) -> list[reports.Row]:
    """The rows in the order that was asked for; what is unknown stands last either way."""
    if not sort:
        return sheet.rows
    place = [column.key for column in sheet.columns].index(sort.removeprefix("-"))
    known = [row for row in sheet.rows if row[place] is not None]
    unknown = [row for row in sheet.rows if row[place] is None]
    return sorted(known, key=lambda row: _weight(row[place]), reverse=sort.startswith("-")) + unknown


def _weight(cell: reports.Cell) -> Any:
    return cell if isinstance(cell, int | Decimal | date) else str(cell).casefold()


def table_of(sheet: reports.Sheet, report: reports.Report, query: QueryDict, *, at_most: int) -> Table:
    """The first `at_most` rows in words; `left_out` says how many more there are in the files."""
    sort = sort_of(sheet, query)
    rows = sorted_rows(sheet, sort)
    lined = [*rows[:at_most], *([sheet.totals] if sheet.totals else [])]
    places = [
        reports.places_of(reports.shown_kind(column.key, column.kind), [row[place] for row in lined])
        for place, column in enumerate(sheet.columns)
    ]
    narrows = {kind: name for kind, name in _NARROWS.items() if name in report.uses and not query.get(name)}

    def shown(row: reports.Row) -> list[ShownCell]:
        together = zip(sheet.columns, row, places, strict=True)
        return [_shown(column, cell, count, narrows, query) for column, cell, count in together]

    return Table(
        heads=[_head(column, sort, query) for column in sheet.columns],
        rows=[shown(row) for row in rows[:at_most]],
        totals=_totals(shown(sheet.totals)) if sheet.totals else [],
        left_out=max(0, len(rows) - at_most),
    )


def _head(column: reports.Column, sort: str, query: QueryDict) -> Head:
    standing = {column.key: "ascending", f"-{column.key}": "descending"}.get(sort, "")
    # Figures are looked at from the largest on, names and days from the first on; a second press turns it round.
    first, second = (f"-{column.key}", column.key) if column.kind in _RIGHT else (column.key, f"-{column.key}")
    return Head(
        label=str(column.label),
        note=str(column.note),
        css="n" if column.kind in _RIGHT else "",
        address=changed(query, sort=second if sort == first else first),
        sorted=standing,
    )


def _shown(
    column: reports.Column, cell: reports.Cell, places: int, narrows: dict[str, str], query: QueryDict
) -> ShownCell:
    css = "n" if column.kind in _RIGHT else "nowrap" if column.kind == "date" else ""
    if cell is None:
        return ShownCell(_UNKNOWN, f"{css} t3".strip())
    text = reports.cell_text(cell, reports.shown_kind(column.key, column.kind), places)
    if isinstance(cell, reports.Named) and cell.id and cell.kind in narrows:
        return ShownCell(text, css, changed(query, **{narrows[cell.kind]: cell.id}))
    return ShownCell(text, css)


def _totals(cells: list[ShownCell]) -> list[ShownCell]:
    """What has no total is left empty there, rather than unknown."""
    return [ShownCell("", cell.css) if cell.text == _UNKNOWN else cell for cell in cells]


def is_empty(sheet: reports.Sheet) -> bool:
    """Whether there is nothing to show: no rows, or rows of nothing alone."""
    figures = [cell for row in sheet.rows for cell in row if isinstance(cell, int | Decimal)]
    return not any(figures)


def chosen(sheet: reports.Sheet, keys: tuple[str, ...]) -> reports.Sheet:
    """The sheet with some of its columns, in this order."""
    known = [column.key for column in sheet.columns]
    places = [known.index(key) for key in keys]

    def cut(row: reports.Row) -> reports.Row:
        return tuple(row[place] for place in places)

    totals = cut(sheet.totals) if sheet.totals else ()
    columns = tuple(sheet.columns[place] for place in places)
    return replace(sheet, columns=columns, rows=[cut(row) for row in sheet.rows], totals=totals)


def changed(query: QueryDict, **values: str) -> str:
    """The same address with other values; an empty value takes its name out."""
    after = query.copy()
    for name, value in values.items():
        after.pop(name, None)
        if value:
            after[name] = value
    for name in [name for name, value in after.items() if not value]:
        after.pop(name)
    return f"?{after.urlencode()}"
