"""Reports by e-mail: asking for one, and stopping it, signed in or by the link in the mail."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from generations import access, reports
from generations.errors import Refused
from generations.portal.door import Request, members_only, opened_from_mail
from generations.portal.forms.reports import SubscribeForm
from generations.portal.reports.table import changed


@require_POST
@members_only
def report_subscribe(request: Request, member: access.Member, slug: str) -> HttpResponseRedirect:
    """Send this report, with these filters, every Monday or on the first of every month."""
    member.check(access.May.SEE_REPORTS)
    found, form, now = reports.REPORTS.get(slug), SubscribeForm(request.POST), timezone.now()
    if found is None:
        raise access.Missing
    after = redirect("portal:report", slug)
    after["Location"] += changed(_only(request.POST, found.uses))
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return after
    try:
        row = reports.subscribe(member, report=found, params=request.POST, now=now, **form.cleaned_data)
    except Refused as error:
        messages.error(request, error.public)
        return after
    at = row.next_at.astimezone(ZoneInfo(member.team.time_zone))
    facts = {"report": found.title, "email": member.user.email, "at": reports.cell_text(at, "date")}
    messages.success(request, _("“%(report)s” will be sent to %(email)s, first on %(at)s.") % facts)
    return after


@require_POST
@members_only
def report_stop(request: Request, member: access.Member, public_id: UUID) -> HttpResponseRedirect:
    """Send one of the member's own reports no more. It stays allowed to who may not see reports any more."""
    row = reports.subscriptions_of(member).filter(public_id=public_id).first()
    if row is None:
        raise access.Missing
    reports.stop_subscription(row)
    messages.success(request, _("It will not be sent any more."))
    return redirect("portal:report", row.report) if row.report in reports.REPORTS else redirect("portal:reports")


@csrf_protect
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def report_stop_by_mail(request: Request, token: str) -> HttpResponse:
    """The page behind the link in a mail. Looking stops nothing: mail programs and scanners open every link."""
    row = reports.find_by_stop_token(token)
    if row is not None and request.method == "POST":
        reports.stop_subscription(row)
        row.is_active = False
    found = reports.REPORTS.get(row.report) if row else None
    context = {"row": row, "title": found.title if found else row.report if row else ""}
    answer = render(request, "portal/reports/stop.html", context, status=200 if row else 404)
    return opened_from_mail(answer, has_form=bool(row and row.is_active))


def _only(query: QueryDict, names: frozenset[str]) -> QueryDict:
    kept = QueryDict(mutable=True)
    for name in sorted(names):
        if text := query.get(name):
            kept[name] = text
    return kept
