"""Requests: the inbox of what waits for a yes, asking for more in a budget, and the answers."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generations import access, ledger, lifecycle
from generations.models import Budget, BudgetQuerySet, Generation
from generations.portal import text
from generations.portal.answers import APPROVAL_FORMS, answered, outcome_words
from generations.portal.ask import send, sent_words
from generations.portal.door import Request, members_only
from generations.portal.forms.requests import AnswerForm, AskForm, NoteForm, wished
from generations.portal.frame import page
from generations.portal.requests import (
    answer_form,
    asked_of,
    awaiting_of,
    budgets_to_ask,
    current_period,
    own_requests,
    past_requests,
)
from generations.portal.sheets import cut

_SECTION = "requests"


@require_safe
@members_only
def requests(request: Request, member: access.Member) -> HttpResponse:
    """What waits for this member's yes, what they asked for themselves, and what was answered before."""
    return _inbox(request, member)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only
def request_new(request: Request, member: access.Member) -> HttpResponse:
    """Ask for more in a budget; `?budget=` and `?amount=` fill the form in."""
    member.check(access.May.GENERATE)
    now, budgets = timezone.now(), budgets_to_ask(member)
    chosen = _find_budget(budgets, request.POST.get("budget") or request.GET.get("budget"))
    period = current_period(chosen, now) if chosen else None
    initial = wished(chosen, period, _amount(request.GET.get("amount", "")), now) if chosen else {}
    form = AskForm(
        request.POST if request.method == "POST" else None,
        budgets=budgets,
        team=member.team,
        now=now,
        initial=initial,
    )
    if request.method == "POST" and form.is_valid() and send(member, form, now):
        messages.success(request, sent_words(form))
        return redirect("portal:requests")
    context = {"form": form, "budgets": budgets, "time_zone": member.team.time_zone, "chosen": None}
    if chosen and period:
        context["chosen"] = {
            "period": period,
            "left": max(period.left, Decimal(0)),
            "resets": ledger.resets(period),
            "who": ledger.who_can_raise(chosen),
        }
    return page(request, member, "portal/requests/new.html", _SECTION, context, 422 if form.is_bound else 200)


@require_POST
@members_only
def request_decide(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """Answer a request for more: approve it as asked, with another amount, or decline it."""
    found, now = access.get_budget_request(member, public_id), timezone.now()
    form = answer_form(found, now, request.POST)
    try:
        row = answered(found, member, form, request.POST.get("do", ""), now)
    except lifecycle.RequestClosed as error:
        messages.warning(request, error.public)
        return redirect("portal:requests")
    if row is None:
        return _inbox(request, member, status=422, form=form)
    messages.success(request, outcome_words(row))
    return redirect("portal:requests")


@require_POST
@members_only
def request_withdraw(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """Take back what one has asked for."""
    found = access.get_budget_request(member, public_id)
    try:
        lifecycle.withdraw_budget_request(request=found, by=member, now=timezone.now())
    except lifecycle.RequestClosed as error:
        messages.warning(request, error.public)
    else:
        messages.success(request, _("Your request was withdrawn."))
    return redirect("portal:requests")


@require_POST
@members_only
def approval(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """Approve a take that waits, or decline it."""
    take, now = access.get_generation(member, public_id), timezone.now()
    form, verbs = NoteForm(request.POST), {"approve": lifecycle.approve, "decline": lifecycle.decline}
    verb = verbs.get(request.POST.get("do", ""))
    if verb is None:
        raise Http404
    if not form.is_valid():
        return _inbox(request, member, status=422, noted=(take.pk, form))
    try:
        verb(generation=take, member=member, now=now, note=form.cleaned_data["note"])
    except (lifecycle.CannotApprove, lifecycle.Outdated) as error:
        messages.warning(request, error.public)
    else:
        messages.success(request, _approval_words(take, verb is lifecycle.approve))
    if request.POST.get("back") == "take":
        return redirect("portal:take", public_id)
    return redirect("portal:requests")


def _inbox(
    request: Request,
    member: access.Member,
    *,
    status: int = 200,
    form: AnswerForm | None = None,
    noted: tuple[int, NoteForm] | None = None,
) -> HttpResponse:
    now = timezone.now()
    sheet = cut(past_requests(member), request.GET)
    context: dict[str, Any] = {
        "asked": asked_of(member, now, answered=form),
        "awaiting": awaiting_of(member, now, noted=noted),
        "approval_forms": APPROVAL_FORMS,
        "own": own_requests(member),
        "past": sheet.rows,
        "pages": sheet,
        "can_ask": member.may(access.May.GENERATE) and budgets_to_ask(member).exists(),
    }
    return page(request, member, "portal/requests/list.html", _SECTION, context, status)


def _approval_words(take: Generation, is_approved: bool) -> str:
    if is_approved:
        return _("%(take)s was approved and is in line.") % {"take": take.name}
    facts = {"take": take.name, "n": ledger.plain(take.hold_credits)}
    return _("%(take)s was declined, and %(n)s credits went back.") % facts


def _find_budget(budgets: BudgetQuerySet, wanted: str | None) -> Budget | None:
    public_id = text.find_uuid(wanted)
    return budgets.filter(public_id=public_id).first() if public_id else None


def _amount(wanted: str) -> Decimal:
    """The credits that an address names, as far as they are some."""
    try:
        amount = Decimal(wanted)
    except InvalidOperation:
        return Decimal(0)
    return amount if amount.is_finite() and 0 < amount < 1_000_000_000 else Decimal(0)
