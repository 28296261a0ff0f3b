"""The page behind a link in a mail: one person answers one request without signing in.

Looking decides nothing, because mail programs and scanners open every link. The link's signature says who answers; the
session is not asked.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from generations import access, ledger, lifecycle
from generations.errors import NotAllowed
from generations.models import BudgetRequest
from generations.portal.answers import answered, outcome_words
from generations.portal.door import Request, opened_from_mail
from generations.portal.forms.requests import AnswerForm
from generations.portal.requests import answer_form, asked

_GONE, _MISSING, _FORBIDDEN = 410, 404, 403


@csrf_protect
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def request_by_mail(request: Request, token: str) -> HttpResponse:
    """What a link is about, and the answer that is given there."""
    now = timezone.now()
    try:
        found, member = lifecycle.read_decision_token(token, now)
        if request.method != "POST":
            return _form(request, found, member, answer_form(found, now), now)
        form = answer_form(found, now, request.POST)
        row = answered(found, member, form, request.POST.get("do", ""), now)
    except lifecycle.RequestClosed as error:
        return _over(request, _("This request does not wait any more"), error.public, _GONE)
    except lifecycle.BadLink as error:
        return _over(request, _("This link does not work"), error.public, _MISSING)
    except NotAllowed as error:
        return _over(request, _("You cannot answer this request"), error.public, _FORBIDDEN)
    if row is None:
        return _form(request, found, member, form, now, 422)
    heading = _("Approved") if row.status == BudgetRequest.Status.APPROVED else _("Declined")
    return _over(request, heading, outcome_words(row), 200, is_done=True)


def _form(
    request: Request, found: BudgetRequest, member: access.Member, form: AnswerForm, now: datetime, status: int = 200
) -> HttpResponse:
    item = asked(found, ledger.current_periods(found.team, now=now), now, answered=form)
    context = {"item": item, "member": member}
    answer = render(request, "portal/requests/by_mail.html", context, status=status)
    return opened_from_mail(answer, has_form=True)


def _over(request: Request, heading: str, sentence: str, status: int, **facts: Any) -> HttpResponse:
    context = {"heading": heading, "sentence": sentence, **facts}
    answer = render(request, "portal/requests/by_mail_over.html", context, status=status)
    return opened_from_mail(answer, has_form=False)
