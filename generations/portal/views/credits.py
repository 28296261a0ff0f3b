"""Credits: the balance and what explains it, budgets, open holds, lots, and the statement as page and file."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from generations import access, ledger, reports
from generations.choices import Tier
from generations.errors import LimitReached
from generations.models import Movement
from generations.portal import books
from generations.portal.door import Request, members_only
from generations.portal.exports import csv_file, xlsx_file
from generations.portal.frame import page


@require_safe
@members_only
def credits(request: Request, member: access.Member) -> HttpResponse:
    """The team's balance with its reasons, budgets, open holds, and a page of the statement."""
    member.check(access.May.SEE_CREDITS)
    now, query = timezone.now(), request.GET
    rows, kind = books.budget_rows(member, now), query.get("budgets", "")
    filters = books.read_filters(query, member)
    sheet = books.statement_sheet(member.team, filters, query)
    context = {
        "proof": reports.last_proof(),
        **books.purse_facts(member.team),
        **books.open_holds(member.team, all_of_them=query.get("holds") == "all"),
        "team_row": next((row for row in rows if not row.budget.scope_key), None),
        "rows": books.of_kind(rows, kind),
        "budgets_kind": kind if kind in books.KINDS else "",
        "explained": books.explained(member, query, now, limits=bool(rows)),
        "abouts": ledger.About,
        "tiers": Tier,
        "requests": books.waiting_requests(member),
        "lines": sheet.rows,
        "pages": sheet,
        "filters": filters,
        "kinds": Movement.Kind,
        "people": books.people_of(member.team),
        "projects": access.projects_for(member).order_by("name", "pk"),
        "rate": books.rate_of(member.team),
        "can_grant": member.may(access.May.GRANT_CREDITS),
        "can_manage": member.may(access.May.MANAGE_BUDGETS),
    }
    return page(request, member, "portal/credits/page.html", "credits", context)


@require_safe
@members_only
def statement_file(request: Request, member: access.Member, form: str) -> HttpResponseBase:
    """The whole statement under the filters of the address, as `csv` (streamed) or `xlsx`.

    Where it is too long for a sheet, the page of credits says so.
    """
    member.check(access.May.SEE_CREDITS)
    rows = books.file_rows(member.team, books.read_filters(request.GET, member))
    name = f"statement-{member.team.slug}-{timezone.now():%Y-%m-%d}"
    if form == "csv":
        return csv_file(name, books.COLUMNS, rows)
    try:
        return xlsx_file(name, _("Statement"), books.COLUMNS, rows)
    except LimitReached as error:
        messages.error(request, error.public)
        return redirect(f"{reverse('portal:credits')}?{request.GET.urlencode()}#statement")
