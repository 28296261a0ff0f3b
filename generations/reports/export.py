"""A table as a file: CSV for other programs, XLSX for people. What kind a column is decides how a cell is written."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from xlsxwriter.worksheet import Worksheet

from generations.errors import LimitReached
from generations.reports.sheet import Column

# What a spreadsheet takes for the beginning of a formula, wide signs of Asian keyboards too (OWASP, CSV injection).
_FORMULA = tuple("=+-@＝＋－＠")
_SHEET_ROWS = 1_048_576  # of one XLSX sheet, its header included
_CELL_CHARACTERS = 32_767
_WIDEST = 48
_FORMATS = {
    "credits": "#,##0.000",
    "money": "#,##0.00",
    "count": "#,##0",
    "number": "#,##0.00",
    "percent": "0.0%",
    "seconds": "#,##0.0",
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm:ss",
}


class _Line:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a CSV file, one at a time: a byte order mark and the headings first, then the rows.

    Numbers are plain (`1234.500`; a percentage as 12.5, which its heading says), times ISO 8601, what is unknown
    empty. Text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow([_safe(_heading(column)) for column in columns])
    for row in rows:
        yield writer.writerow([_plain(cell) for cell in row])


def xlsx_bytes(
    title: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]], notes: Sequence[tuple[str, str]] = ()
) -> bytes:
    """An XLSX file: one sheet with the rows and their number formats, a second one with `notes` (heading, text).

    Times are written as the clock of their own zone shows them. Raises LimitReached for more rows than a sheet takes.
    """
    file = BytesIO()
    # Rows go to a temporary file as they come, so that a long statement does not fill the memory.
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        formats = {kind: book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
        sheet = book.add_worksheet(_sheet_name(title))
        _write_head(sheet, columns, head)
        count = 0
        for count, row in enumerate(rows, start=1):
            if count >= _SHEET_ROWS:
                raise _too_long()
            for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
                _write(sheet, count, place, column.kind, cell, formats)
        if columns:
            sheet.autofilter(0, 0, count, len(columns) - 1)
        _write_notes(book, notes, head)
    return file.getvalue()


def _too_long() -> LimitReached:
    sentence = _("An XLSX sheet takes %(n)s rows, and this has more. Choose a shorter time, or take the CSV file.")
    return LimitReached(sentence % {"n": f"{_SHEET_ROWS - 1:,}"}, data={"limit": _SHEET_ROWS - 1})


def _write_head(sheet: Worksheet, columns: Sequence[Column], head: Any) -> None:
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        label = force_str(column.label)
        wide = 28 if column.kind == "text" else 14
        sheet.set_column(place, place, min(_WIDEST, max(wide, len(label) + 4)))
        sheet.write_string(0, place, label, head)


def _write(sheet: Worksheet, row: int, place: int, kind: str, cell: Any, formats: dict[str, Any]) -> None:
    if cell is None:
        return
    if isinstance(cell, datetime):
        sheet.write_datetime(row, place, cell.replace(tzinfo=None), formats["datetime"])
    elif isinstance(cell, date):
        sheet.write_datetime(row, place, cell, formats["date"])
    elif isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        # The format knows no other number than a double, and a percentage as a share; the CSV file has every place.
        number = float(cell / 100 if kind == "percent" else cell)
        sheet.write_number(row, place, number, formats.get(kind))
    else:
        sheet.write_string(row, place, _words(cell)[:_CELL_CHARACTERS])


def _write_notes(book: xlsxwriter.Workbook, notes: Sequence[tuple[str, str]], head: Any) -> None:
    if not notes:
        return
    sheet = book.add_worksheet(_sheet_name(_("About these figures")))
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 80)
    for row, (label, text) in enumerate(notes):
        sheet.write_string(row, 0, force_str(label), head)
        sheet.write_string(row, 1, force_str(text)[:_CELL_CHARACTERS])


def _sheet_name(title: str) -> str:
    """What Excel accepts as a sheet's name: 31 characters, none of its separators, not "History"."""
    name = "".join(" " if letter in "[]:*?/\\" else letter for letter in title).strip("' ")[:31].strip("' ")
    return name if name and name.lower() != "history" else "Rows"


def _heading(column: Column) -> str:
    label = force_str(column.label)
    return f"{label} (%)" if column.kind == "percent" and "%" not in label else label


def _plain(cell: Any) -> str:
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    return cell.isoformat() if isinstance(cell, date) else _safe(_words(cell))


def _words(cell: Any) -> str:
    if isinstance(cell, bool):
        return _("yes") if cell else _("no")
    return "" if cell is None else force_str(cell)


def _safe(text: str) -> str:
    risky = text[:1] in ("\t", "\r", "\n") or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if text and risky else text
