"""An invoice file as lines: CSV with commas, semicolons or tabs, with or without a byte order mark."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from django.conf import settings
from django.utils.translation import gettext as _

from generations.choices import Currency
from generations.lifecycle.invoice_columns import BadInvoice, Columns, find_columns

_DELIMITERS = ",;\t"
_CURRENCIES: Mapping[str, Currency] = {
    **dict.fromkeys(("usd", "$", "us$", "us dollar", "us dollars", "dollar", "dollars"), Currency.USD),
    **dict.fromkeys(("kling_unit", "kling units", "unit", "units", "video", "video units"), Currency.KLING_UNIT),
    **dict.fromkeys(("kling_image_unit", "image unit", "image units", "image"), Currency.KLING_IMAGE_UNIT),
}
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_MOST = Decimal(10) ** 11
_TIMES = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y-%m-%d %H:%M:%S UTC")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `row` counts from 1, the header included. `amount` and `happened_at` are None where unreadable."""

    row: int
    task_id: str
    amount_text: str
    amount: Decimal | None
    currency: str
    currency_text: str
    happened_at: datetime | None


@dataclass(frozen=True, slots=True)
class InvoiceFile:
    columns: Columns
    lines: list[Line]


def read_invoice(data: bytes, provider: str, given: Mapping[str, str] | None = None) -> InvoiceFile:
    """The lines of a file. Raises BadInvoice where it is too large, no CSV, has unknown headings, or no line."""
    _check_size(data)
    text = _text(data)
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter)
    header = next(rows, (0, []))[1]
    columns = find_columns(header, provider, given)
    lines = [_line(number, row, columns, decimal_comma=delimiter == ";") for number, row in rows]
    if not lines:
        raise BadInvoice(_("The file has headings and no line. Export it again for a period with takes."))
    return InvoiceFile(columns, lines)


def _check_size(data: bytes) -> None:
    most = settings.LIMITS["invoice_bytes"]
    if len(data) > most:
        sentence = _("An invoice file has at most %(most)s MB; this one has more. Split it by month.")
        raise BadInvoice(sentence % {"most": most // 1_000_000}, data={"limit": most})
    if not data.strip():
        raise BadInvoice(_("The file is empty."))


def _text(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadInvoice(
            _("The file is not text in UTF-8. Export it as CSV; a table program's own format is not read.")
        ) from error
    if "\x00" in text:
        raise BadInvoice(_("The file is not CSV: it has characters that no text has."))
    return text


def _delimiter(text: str) -> str:
    first = text.lstrip("\r\n").split("\n", 1)[0]
    return max(_DELIMITERS, key=first.count)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold something, with their numbers in the file."""
    most, count = settings.LIMITS["invoice_rows"], -1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            count += 1
            if count > most:
                sentence = _("An invoice file has at most %(most)s lines; this one has more. Split it by month.")
                raise BadInvoice(sentence % {"most": f"{most:,}"}, data={"limit": most})
            yield reader.line_num, row
    except csv.Error as error:
        sentence = _("Line %(line)s cannot be read as CSV. A quotation mark may be missing.")
        raise BadInvoice(sentence % {"line": reader.line_num}) from error


def _line(number: int, row: Sequence[str], columns: Columns, *, decimal_comma: bool) -> Line:
    amount_text, currency = _cell(row, columns.amount), columns.only_currency
    currency_text = currency if columns.currency is None else _cell(row, columns.currency)
    if columns.currency is not None:
        currency = str(_CURRENCIES.get(currency_text.lower(), ""))
    return Line(
        row=number,
        task_id=_cell(row, columns.task_id),
        amount_text=amount_text,
        amount=read_amount(amount_text, decimal_comma=decimal_comma),
        currency=currency,
        currency_text=currency_text,
        happened_at=read_time(_cell(row, columns.time)),
    )


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def read_amount(text: str, *, decimal_comma: bool = False) -> Decimal | None:
    """An amount of an invoice, not negative; None for what is none. A file with semicolons writes 1,25 for 1.25."""
    text = text.replace("\N{NO-BREAK SPACE}", "").replace(" ", "").removeprefix("US").removeprefix("$")
    if decimal_comma and text.count(",") == 1:
        text = text.replace(".", "").replace(",", ".")
    elif _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if not re.fullmatch(r"[0-9]+(\.[0-9]*)?([eE]-?[0-9]{1,2})?|\.[0-9]+", text):
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount < _MOST else None


def read_time(text: str) -> datetime | None:
    """A moment in ISO 8601, as a date, or in seconds or milliseconds since 1970; UTC where it names no zone."""
    if re.fullmatch(r"[0-9]{9,13}(\.[0-9]+)?", text):
        value = float(text)
        return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
    for read in (datetime.fromisoformat, *(_by(pattern) for pattern in _TIMES)):
        try:
            found = read(text)
        except (ValueError, OverflowError):
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def _by(pattern: str) -> Callable[[str], datetime]:
    return lambda text: datetime.strptime(text, pattern)  # noqa: DTZ007
