"""What a report looks like as a mail: a summary in plain text, and every row in an XLSX file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generations.models import ReportSubscription
from generations.reports.addresses import report_page, reports_page, stop_page
from generations.reports.export import xlsx_bytes
from generations.reports.filters import Filters
from generations.reports.headlines import Headline, headlines
from generations.reports.sheet import Column, Report, Row, Sheet
from generations.reports.words import cell_text, days_text, filter_words, shown_kind

_ROWS_TOLD = 10
_DAYS = "from"


class Letter(NamedTuple):
    """The parts of a mail that its subscription decides."""

    subject: str
    text: str
    attachment_name: str = ""
    attachment: bytes | None = None


def report_letter(row: ReportSubscription, report: Report, filters: Filters, token: str, now: datetime) -> Letter:
    """The mail with a report. Raises Refused where the filters do not fit the report any more."""
    sheet = report.run(filters, now=now)
    days = days_text(filters.first_day, filters.last_day) if _DAYS in report.uses else _today(filters, now)
    figures = headlines(filters, now=now) if _DAYS in report.uses else []
    paragraphs = [
        _("%(report)s of %(team)s, %(days)s.") % {"report": report.title, "team": filters.team.name, "days": days},
        "\n".join(f"{label}: {text}" for label, text in filter_words(filters, report.uses) if label != _("Days")),
        "\n".join(headline_text(figure) for figure in figures),
        "\n".join(_table_lines(sheet)),
        _counted(sheet),
        _("Look at it: %(link)s") % {"link": report_page(report, filters)},
        _("You get this %(cadence)s. Stop it: %(link)s")
        % {"cadence": row.get_cadence_display(), "link": stop_page(token)},
    ]
    return Letter(
        subject=_("%(report)s, %(days)s: %(team)s") % {"report": report.title, "days": days, "team": filters.team.name},
        text="\n\n".join(part for part in paragraphs if part) + "\n",
        attachment_name=f"{file_name(report, filters)}.xlsx",
        attachment=xlsx_bytes(str(report.title), sheet.columns, sheet.rows, about(report, filters, sheet)),
    )


def stopped_letter(row: ReportSubscription, why: str) -> Letter:
    """The mail that says that a report comes no more, and why."""
    sentence = _(
        "The report that you get %(cadence)s cannot be made any more: %(why)s\n\n"
        "We have stopped it. Open the reports to choose another one: %(link)s\n"
    )
    facts = {"cadence": row.get_cadence_display(), "why": why, "link": reports_page()}
    return Letter(subject=_("A report of %(team)s has stopped") % {"team": row.team.name}, text=sentence % facts)


def headline_text(figure: Headline) -> str:
    """A figure with how it has changed: "Spent: 17,210 (8% more than before)"."""
    if figure.value is None:
        return _("%(label)s: nothing to say yet") % {"label": figure.label}
    text = f"{figure.label}: {cell_text(figure.value, shown_kind(figure.key, figure.kind))}"
    changed = change_text(figure)
    return f"{text} ({changed})" if changed else text


def change_text(figure: Headline) -> str:
    """How a figure has changed against the days before, in words; empty where there is nothing to compare."""
    if figure.change_percent is None:
        return ""
    if not figure.change_percent:
        return _("as before")
    size = cell_text(abs(figure.change_percent), "number")
    if figure.kind == "percent":
        points = ngettext("%(n)s point", "%(n)s points", 1 if size == "1" else 2) % {"n": size}
        sentence = _("%(points)s more than before") if figure.change_percent > 0 else _("%(points)s less than before")
        return sentence % {"points": points}
    sentence = _("%(n)s%% more than before") if figure.change_percent > 0 else _("%(n)s%% less than before")
    return sentence % {"n": size}


def about(report: Report, filters: Filters, sheet: Sheet) -> list[tuple[str, str]]:
    """What the second sheet of an export says: the report, its filters, how far it is counted, and its rules."""
    zone = filters.team.time_zone
    until = cell_text(sheet.counted_until.astimezone(ZoneInfo(zone)), "date") if sheet.counted_until else _("not yet")
    columns = [(str(column.label), str(column.note)) for column in sheet.columns if column.note]
    return [
        (_("Report"), str(report.title)),
        (_("Team"), filters.team.name),
        *filter_words(filters, report.uses),
        (_("Counted up to"), until),
        (_("Time zone"), zone),
        *columns,
        *((_("Note"), note) for note in sheet.notes),
    ]


def file_name(report: Report, filters: Filters) -> str:
    """The name of an export without its ending: report, team and days."""
    days = f"-{filters.first_day:%Y%m%d}-{filters.last_day:%Y%m%d}" if _DAYS in report.uses else ""
    return f"{report.slug}-{filters.team.slug}{days}"


def _today(filters: Filters, now: datetime) -> str:
    today = now.astimezone(ZoneInfo(filters.team.time_zone)).date()
    return days_text(today, today)


def _counted(sheet: Sheet) -> str:
    sentence = ngettext(
        "%(n)s row is in the attached file.", "All %(n)s rows are in the attached file.", len(sheet.rows)
    )
    return sentence % {"n": f"{len(sheet.rows):,}"}


def _table_lines(sheet: Sheet) -> Iterator[str]:
    if sheet.chart and sheet.chart.sentence:
        yield sheet.chart.sentence
    if not sheet.rows:
        yield _("There is nothing in these days.")
    if sheet.totals:
        yield _row_text(sheet.columns, sheet.totals)
    # Days in a row say little in a mail; their sum does, and the file has each.
    if sheet.columns[0].kind != "date" or len(sheet.rows) <= _ROWS_TOLD:
        for row in sheet.rows[:_ROWS_TOLD]:
            yield f"- {_row_text(sheet.columns, row)}"


def _row_text(columns: tuple[Column, ...], row: Row) -> str:
    """A row in a line: its names first, then each figure with its column's label."""
    texts = [cell_text(cell, shown_kind(column.key, column.kind)) for column, cell in zip(columns, row, strict=True)]
    names = [text for column, text in zip(columns, texts, strict=True) if column.kind in ("text", "date") and text]
    figures = [
        f"{column.label} {text}"
        for column, text in zip(columns, texts, strict=True)
        if column.kind not in ("text", "date") and text
    ]
    return f"{', '.join(names)}: {', '.join(figures)}" if figures else ", ".join(names)
