"""Credits: the balance and the statement."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from generations import access, ledger
from generations.portal.books import open_holds, rate_of, reasons_for, statement_sheet
from generations.portal.door import Request, members_only
from generations.portal.frame import page


@require_safe
@members_only
def credits(request: Request, member: access.Member) -> HttpResponse:
    """The team's balance with its reasons, its open holds, and a page of the statement."""
    member.check(access.May.SEE_CREDITS)
    balances, holds = ledger.balances(member.team), open_holds(member.team)
    sheet = statement_sheet(member.team, request.GET.get("before", ""))
    context = {
        "balance": balances,
        "reasons": reasons_for(balances, holds["holds_count"]),
        "lines": sheet.rows,
        "pages": sheet,
        "rate": rate_of(member.team),
        "can_grant": member.may(access.May.GRANT_CREDITS),
        **holds,
    }
    return page(request, member, "portal/credits/page.html", "credits", context)
