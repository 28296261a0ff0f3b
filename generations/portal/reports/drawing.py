"""A report's chart as what `charts.js` draws, and its legend. A drawing needs no exact numbers: the table has them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from generations import reports

_COLOURS = 6
_LONG_NAME = 12
_MOST_ROWS = 24
_SUMS = frozenset({"credits", "count", "money"})


@dataclass(frozen=True, slots=True)
class Key:
    """A line of the legend."""

    label: str
    number: int
    total: str


@dataclass(frozen=True, slots=True)
class Drawing:
    title: str
    sentence: str
    figures: dict[str, Any]
    legend: list[Key]

    @property
    def label(self) -> str:
        """What the drawing shows, for who does not see it."""
        return f"{self.title}. {self.sentence}".strip()


def drawing_of(sheet: reports.Sheet) -> Drawing | None:
    """The sheet's chart; None where there is nothing to draw."""
    chart = sheet.chart
    if chart is None or not any(value is not None for series in chart.series for value in series.values):
        return None
    series = [{"label": one.label, "values": [_drawn(value) for value in one.values]} for one in chart.series]
    figures = {
        "kind": "rows" if _lies(chart) else "line" if chart.kind == "line" else "bars",
        "stacked": chart.kind == "stacked",
        "unit": chart.unit,
        "labels": list(chart.labels),
        "series": series,
    }
    return Drawing(chart.title, f"{_statement(chart)} {chart.sentence}".strip(), figures, _legend(chart))


def _adds_up(chart: reports.Chart) -> bool:
    """Whether its values may be added: parts of a whole in credits, not shares or medians."""
    return chart.kind == "stacked" and chart.unit in _SUMS


def _statement(chart: reports.Chart) -> str:
    """What a drawing says most of all: how much it is together, and where it is highest."""
    if _adds_up(chart):
        sums = [sum((one.values[place] or Decimal(0) for one in chart.series), Decimal(0)) for place in _places(chart)]
        highest = max(_places(chart), key=lambda place: sums[place])
        facts = {"label": chart.labels[highest], "n": _said(sums[highest]), "all": _said(sum(sums, Decimal(0)))}
        return _("Together %(all)s; the highest is %(label)s with %(n)s.") % facts
    known = [(one.values[place], place, one.label) for one in chart.series for place in _places(chart)]
    value, place, name = max((one for one in known if one[0] is not None), key=lambda one: one[0] or Decimal(0))
    label = chart.labels[place] if len(chart.series) == 1 else f"{chart.labels[place]} ({name})"
    text = _said(value) if chart.unit not in ("percent", "money") else reports.cell_text(value, chart.unit)
    return _("The highest is %(label)s with %(n)s.") % {"label": label, "n": text}


def _places(chart: reports.Chart) -> range:
    return range(len(chart.labels))


def _said(value: Decimal | None) -> str:
    return reports.cell_text(value, "number")


def _lies(chart: reports.Chart) -> bool:
    """Whether bars lie on their side, so that long names can be read."""
    longest = max((len(label) for label in chart.labels), default=0)
    return chart.kind != "line" and longest > _LONG_NAME and len(chart.labels) <= _MOST_ROWS


def _legend(chart: reports.Chart) -> list[Key]:
    if len(chart.series) < 2:
        return []
    return [
        Key(one.label, index % _COLOURS + 1, _total(one.values) if _adds_up(chart) else "")
        for index, one in enumerate(chart.series)
    ]


def _total(values: tuple[Decimal | None, ...]) -> str:
    return _said(sum((value for value in values if value is not None), Decimal(0)))


def _drawn(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
