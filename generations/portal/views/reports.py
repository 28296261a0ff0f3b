"""Reports: the overview, and one page and two files for each report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from generations import access, reports
from generations.errors import Refused
from generations.portal.door import Request, members_only
from generations.portal.exports import csv_file, xlsx_file
from generations.portal.forms.reports import HOURS, USUAL_HOUR, dimensions
from generations.portal.frame import page
from generations.portal.reports.drawing import drawing_of
from generations.portal.reports.overview import OVERVIEW_USES, overview_of
from generations.portal.reports.page import filter_context, report_links, subscription_rows
from generations.portal.reports.table import changed, is_empty, sort_of, sorted_rows, table_of

_MISFIT = 422
Made = Callable[[reports.Report, reports.Filters, reports.Sheet, list[reports.Row]], HttpResponseBase]


@require_safe
@members_only
def overview(request: Request, member: access.Member) -> HttpResponse:
    """The figures that a producer looks at first, over the days of the address."""
    member.check(access.May.SEE_REPORTS)
    now = timezone.now()
    query, filters, problem = _read(member, request.GET, now)
    context = {
        **overview_of(filters, query, now),
        **filter_context(member, filters, query, OVERVIEW_USES, now),
        "problem": problem,
        "all_reports": report_links(query),
        "subscriptions": subscription_rows(member),
    }
    return page(request, member, "portal/reports/overview.html", "reports", context, _MISFIT if problem else 200)


@require_safe
@members_only
def report(request: Request, member: access.Member, slug: str) -> HttpResponse:
    """One report: its chart, and the table beneath it."""
    member.check(access.May.SEE_REPORTS)
    found, now = _report(slug), timezone.now()
    query, filters, problem = _read(member, request.GET, now)
    try:
        sheet = found.run(filters, now=now)
    except Refused as error:
        query, filters, problem = QueryDict(), _usual(member, now), error.public
        sheet = found.run(filters, now=now)
    context = {
        "report": found,
        "sheet": sheet,
        "drawing": drawing_of(sheet),
        "table": table_of(sheet, found, query, at_most=settings.LIMITS["report_rows"]),
        **filter_context(member, filters, query, found.uses, now),
        "groups": [(choice, changed(query, by=choice.value, sort="")) for choice in dimensions(found, filters)],
        "is_empty": is_empty(sheet),
        "files": changed(query, sort=sort_of(sheet, query)),
        "kept": {name: text for name, text in filters.as_params().items() if name in found.uses},
        "hours": HOURS,
        "usual_hour": USUAL_HOUR,
        "problem": problem,
        "all_reports": report_links(query, slug),
        "subscriptions": subscription_rows(member),
    }
    return page(request, member, "portal/reports/report.html", "reports", context, _MISFIT if problem else 200)


@require_safe
@members_only
def report_csv(request: Request, member: access.Member, slug: str) -> HttpResponseBase:
    """Every row of a report, sorted as on its page, as CSV."""
    return _file(request, member, slug, _csv)


@require_safe
@members_only
def report_xlsx(request: Request, member: access.Member, slug: str) -> HttpResponseBase:
    """The same as XLSX, with a second sheet that says what was counted."""
    return _file(request, member, slug, _xlsx)


def _file(request: Request, member: access.Member, slug: str, made: Made) -> HttpResponseBase:
    member.check(access.May.SEE_REPORTS)
    found, now = _report(slug), timezone.now()
    try:
        filters = reports.Filters.read(member, request.GET, now=now)
        sheet = found.run(filters, now=now)
        return made(found, filters, sheet, sorted_rows(sheet, sort_of(sheet, request.GET)))
    except Refused:  # the page says what is wrong
        return redirect(f"{reverse('portal:report', args=[slug])}?{request.GET.urlencode()}")


def _csv(
    found: reports.Report, filters: reports.Filters, sheet: reports.Sheet, rows: list[reports.Row]
) -> HttpResponseBase:
    return csv_file(reports.file_name(found, filters), sheet.columns, rows)


def _xlsx(
    found: reports.Report, filters: reports.Filters, sheet: reports.Sheet, rows: list[reports.Row]
) -> HttpResponseBase:
    name, notes = reports.file_name(found, filters), reports.about(found, filters, sheet)
    return xlsx_file(name, str(found.title), sheet.columns, rows, notes)


def _report(slug: str) -> reports.Report:
    found = reports.REPORTS.get(slug)
    if found is None:
        raise access.Missing
    return found


def _usual(member: access.Member, now: datetime) -> reports.Filters:
    return reports.Filters.read(member, {}, now=now)


def _read(member: access.Member, asked: QueryDict, now: datetime) -> tuple[QueryDict, reports.Filters, str]:
    """The address's filters; the usual ones, with a sentence, where it cannot be read."""
    try:
        return asked, reports.Filters.read(member, asked, now=now), ""
    except Refused as error:
        return QueryDict(), _usual(member, now), error.public
