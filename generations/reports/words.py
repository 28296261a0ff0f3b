"""Cells, days and filters as people read them: on pages, in mails, and on the sheet of an export that explains it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from generations.catalog import load
from generations.choices import Capability, Tier
from generations.reports.filters import Filters
from generations.reports.sheet import Cell, Kind

_MOST_PLACES = {"credits": 3, "seconds": 1, "number": 2, "percent": 1, "money": 2, "count": 0}
_LEAST_PLACES = {"money": 2}
_AVERAGE = "per_"


def shown_kind(key: str, kind: Kind) -> Kind:
    """How a column's or headline's figures are told: averages of credits as other averages, not to a thousandth."""
    return "number" if kind == "credits" and key.startswith(_AVERAGE) else kind


def places_of(kind: Kind, cells: Iterable[Cell]) -> int:
    """How many decimal places all cells of a column are shown with, so that they line up and lose nothing of weight."""
    most = max((_places(cell, kind) for cell in cells if isinstance(cell, Decimal)), default=0)
    return max(most, _LEAST_PLACES.get(kind, 0))


def _places(number: Decimal, kind: Kind) -> int:
    most = _MOST_PLACES.get(kind, 3)
    exponent = _rounded(number, most).normalize().as_tuple().exponent
    return min(most, max(0, -exponent)) if isinstance(exponent, int) else 0


def _rounded(number: Decimal, places: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def cell_text(cell: Cell | datetime, kind: Kind, places: int | None = None) -> str:
    """A cell in words, without its unit except for percent and money; an empty text for what is unknown."""
    if cell is None:
        return ""
    if isinstance(cell, date):  # a moment is one too
        return date_format(cell, "j M Y, H:i" if isinstance(cell, datetime) else "j M Y")
    if isinstance(cell, int | Decimal):
        return _number(Decimal(cell), kind, places)
    return str(cell)


def _number(number: Decimal, kind: Kind, places: int | None) -> str:
    shown = _rounded(number, places_of(kind, [number]) if places is None else places)
    text = number_format(abs(shown), use_l10n=True, force_grouping=True)
    text = {"percent": f"{text}%", "money": f"${text}"}.get(kind, text)
    return f"−{text}" if shown < 0 else text


def days_text(first: date, last: date) -> str:
    """Days in words: "1–21 November 2026", "28 October – 3 November 2026"."""
    if first == last:
        return date_format(last, "j F Y")
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{date_format(last, 'j F Y')}"
    return f"{date_format(first, 'j F' if first.year == last.year else 'j F Y')} – {date_format(last, 'j F Y')}"


def filter_words(filters: Filters, uses: frozenset[str]) -> list[tuple[str, str]]:
    """What a report was narrowed to, as headings and texts, of the filters that it `uses`."""
    model = load().find_model(filters.model) if filters.model else None
    said = {
        "from": (_("Days"), days_text(filters.first_day, filters.last_day)),
        "project": (_("Project"), str(filters.project or "")),
        "member": (_("Member"), str(filters.member or "")),
        "model": (_("Model"), model.label if model else filters.model),
        "tier": (_("Tier"), str(Tier(filters.tier).label) if filters.tier else ""),
        "account": (_("Route"), str(filters.account or "")),
        "capability": (_("Capability"), str(Capability(filters.capability).label) if filters.capability else ""),
    }
    return [pair for name, pair in said.items() if name in uses and pair[1]]
