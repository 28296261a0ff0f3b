"""Takes that wait for a person: the list, the evidence of one, and the decisions about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generations import access, ledger, lifecycle
from generations.errors import Refused
from generations.models import Generation, Status
from generations.portal.decisions import DECISIONS, RECOVER, Decision
from generations.portal.door import Request, members_only
from generations.portal.forms.decision import DecisionForm
from generations.portal.frame import page
from generations.portal.unclear import Unclear, evidence_of, late_takes, results_at_risk, unclear, unclear_takes

_SECTION = "unclear"


@require_safe
@members_only
def unclear_list(request: Request, member: access.Member) -> HttpResponse:
    """What is not confirmed, and which results may be lost."""
    member.check(access.May.RESOLVE)
    context = {
        "unclear": unclear_takes(member),
        "at_risk": results_at_risk(member),
        "late": late_takes(member),
        "decisions": DECISIONS.values(),
    }
    return page(request, member, "portal/unclear/list.html", _SECTION, context)


@require_safe
@members_only
def unclear_take(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """One take with its evidence; also after the decision, so that one can look back."""
    found = access.get_generation(member, public_id)
    member.check(access.May.RESOLVE)
    context = {"item": unclear(found), "evidence": evidence_of(found), "decisions": DECISIONS.values()}
    return page(request, member, "portal/unclear/take.html", _SECTION, context)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only
def decide(request: Request, member: access.Member, public_id: UUID, name: str) -> HttpResponse:
    """One decision: what it will do, and the deed."""
    found, decision = access.get_generation(member, public_id), DECISIONS.get(name)
    member.check(access.May.RESOLVE)
    if decision is None:
        raise Http404
    item = unclear(found)
    form = decision.form(request.POST if request.method == "POST" else None, initial={"seen": item.seen})
    if request.method == "POST" and form.is_valid() and _done(request, member, found, decision, form):
        return redirect("portal:take", public_id)
    if request.method != "POST" and found.status != Status.UNCERTAIN:
        messages.info(request, _("%(take)s does not wait for a decision any more.") % {"take": found.name})
        return redirect("portal:take", public_id)
    return _form(request, member, item, decision, form)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only
def recover(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """Fetch the result of a take that had ended, and was made all the same."""
    found = access.get_generation(member, public_id)
    member.check(access.May.RESOLVE)
    item = unclear(found)
    initial = {"seen": item.seen, "task_id": lifecycle.late_task_id(found)}
    form = RECOVER.form(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid() and _done(request, member, found, RECOVER, form):
        return redirect("portal:take", public_id)
    return _form(request, member, item, RECOVER, form)


@require_POST
@members_only
def fetch_now(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """Try at once to bring a result home."""
    found = access.get_generation(member, public_id)
    member.check(access.May.RESOLVE)
    try:
        messages.success(request, lifecycle.fetch_soon(found, now=timezone.now(), actor_id=member.user.pk))
    except lifecycle.CannotRetry as error:
        messages.warning(request, error.public)
    return redirect("portal:unclear")


def _form(
    request: Request, member: access.Member, item: Unclear, decision: Decision, form: DecisionForm
) -> HttpResponse:
    consequence = decision.consequence % _words(item.take)
    context = {"item": item, "decision": decision, "form": form, "consequence": consequence}
    status = 422 if request.method == "POST" else 200
    return page(request, member, "portal/unclear/decide.html", _SECTION, context, status)


def _done(request: Request, member: access.Member, found: Generation, decision: Decision, form: DecisionForm) -> bool:
    try:
        decision.verb(found, now=timezone.now(), actor_id=member.user.pk, **decision.facts(form))
    except Refused as error:
        form.add_error(None, error.public)
        return False
    found.refresh_from_db()
    was_canceled = (
        found.status == Status.CANCELED and decision != RECOVER
    )  # sending again ends a take that somebody had asked to stop
    done = _("%(take)s was canceled, as somebody had asked; %(hold)s credits went back.")
    messages.success(request, (done if was_canceled else decision.done) % _words(found))
    return True


def _words(take: Generation) -> dict[str, Any]:
    return {"take": take.name, "hold": ledger.plain(take.hold_credits), "account": take.account.label}
