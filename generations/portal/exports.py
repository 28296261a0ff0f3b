"""Tables on their way to a browser as files. What a spreadsheet could run is made harmless by `reports`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse

from generations import reports

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_file(name: str, columns: Sequence[reports.Column], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A CSV file of this name (without its ending), sent while its rows are read."""
    lines = reports.csv_lines(columns, rows)
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=_headers(f"{name}.csv"))


def xlsx_file(
    name: str,
    title: str,
    columns: Sequence[reports.Column],
    rows: Iterable[Sequence[Any]],
    notes: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    """An XLSX file of this name (without its ending). Raises LimitReached for more rows than a sheet takes."""
    content = reports.xlsx_bytes(title, columns, rows, notes)
    return HttpResponse(content, content_type=_XLSX, headers=_headers(f"{name}.xlsx"))


def _headers(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store, private"}
