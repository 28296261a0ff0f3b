"""Budgets: the list, one of them, making and changing one, raising it, and ending it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generations import access, ledger, lifecycle
from generations.errors import Refused
from generations.models import Budget
from generations.portal import books
from generations.portal.door import Request, members_only
from generations.portal.forms.budget import BudgetForm, ChangeBudgetForm, RaiseForm, values_of
from generations.portal.frame import page

_SECTION = "credits"
_MOVEMENTS_SHOWN = 20
_FIELDS: dict[str, str | None] = {"bad_amount": "limit", "budget_too_low": "limit"}


@require_safe
@members_only
def budgets(request: Request, member: access.Member) -> HttpResponse:
    """The budgets that a member may see: all of the team's, or their own."""
    kind = request.GET.get("budgets", "")
    context = {
        "rows": books.of_kind(books.budget_rows(member, timezone.now()), kind),
        "budgets_kind": kind if kind in books.KINDS else "",
        "can_manage": member.may(access.May.MANAGE_BUDGETS),
        "sees_all": member.may(access.May.SEE_CREDITS),
    }
    return page(request, member, "portal/budgets/list.html", _SECTION, context)


@require_safe
@members_only
def budget(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """One budget: what is left of it and why, its raises, requests and past periods, and what counts in it."""
    return _budget_page(request, member, access.get_budget(member, public_id))


@require_http_methods(["GET", "HEAD", "POST"])
@members_only
def budget_new(request: Request, member: access.Member) -> HttpResponse:
    """Make a budget."""
    member.check(access.May.MANAGE_BUDGETS)
    form = BudgetForm(request.POST if request.method == "POST" else None, member=member, initial={"soft_marks": "80"})
    if form.is_bound and form.is_valid():
        try:
            made = lifecycle.set_budget(member=member, now=timezone.now(), **form.cleaned_data)
        except Refused as error:
            form.add_error(_field_of(error), error.public)
        else:
            messages.success(request, _("The budget was made. It counts from now on."))
            return redirect("portal:budget", made.public_id)
    return _form_page(request, member, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only
def budget_edit(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """Change a budget."""
    found = access.get_budget(member, public_id)
    member.check(access.May.MANAGE_BUDGETS)
    form = ChangeBudgetForm(request.POST if request.method == "POST" else None, member=member, initial=values_of(found))
    if form.is_bound and form.is_valid():
        try:
            lifecycle.change_budget(member=member, budget=found, now=timezone.now(), **form.cleaned_data)
        except Refused as error:
            form.add_error(_field_of(error), error.public)
        else:
            messages.success(request, _("The budget was changed."))
            return redirect("portal:budget", found.public_id)
    return _form_page(request, member, form, found)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only
def budget_archive(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """Ask whether a budget shall end, and end it."""
    found = access.get_budget(member, public_id)
    member.check(access.May.MANAGE_BUDGETS)
    if request.method == "POST":
        lifecycle.archive_budget(member=member, budget=found, now=timezone.now())
        messages.success(request, _("The budget has ended. It limits nothing any more."))
        return redirect("portal:budget", found.public_id)
    context = {"budget": found, "row": books.row_of(found, timezone.now())}
    return page(request, member, "portal/budgets/archive.html", _SECTION, context)


@require_POST
@members_only
def budget_raise(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """Raise a budget until a time."""
    found = access.get_budget(member, public_id)
    form = RaiseForm(request.POST, time_zone=member.team.time_zone)
    if form.is_valid():
        try:
            lifecycle.raise_budget(member=member, budget=found, now=timezone.now(), **form.cleaned_data)
        except ledger.BadAmount as error:
            form.add_error("amount", error.public)
        except ledger.BadBudget as error:
            form.add_error(None if found.archived_at else "until", error.public)
        else:
            messages.success(request, _("The budget was raised."))
            return redirect("portal:budget", found.public_id)
    return _budget_page(request, member, found, form)


@require_POST
@members_only
def raise_end(request: Request, member: access.Member, public_id: UUID, number: int) -> HttpResponse:
    """Take a raise back."""
    found = access.get_budget(member, public_id)
    made = found.raises.filter(pk=number, amount__gt=0).select_related("budget__team").first()
    if made is None:
        raise access.Missing
    try:
        lifecycle.end_raise(member=member, made=made, now=timezone.now())
    except ledger.BadBudget as error:
        messages.error(request, error.public)
    else:
        messages.success(request, _("The raise was taken back."))
    return redirect("portal:budget", found.public_id)


def _budget_page(
    request: Request, member: access.Member, found: Budget, raise_form: RaiseForm | None = None
) -> HttpResponse:
    now = timezone.now()
    row = books.row_of(found, now)
    sees, owns = member.may(access.May.SEE_CREDITS), access.owns_budget(member, found)
    filters = books.StatementFilters(budget=found)
    past = books.past_of(found)
    lines = books.newest_lines(member.team, filters, _MOVEMENTS_SHOWN) if sees else []
    context = {
        "budget": found,
        "row": row,
        "resets": books.resets_on(row.period) if row else "",
        "sentences": books.explain_budget(found, now),
        "past": past,
        "has_overruns": any(item.period.overrun for item in past),
        "lifts": books.lifts_of(found, now),
        "requests": access.budget_requests_for(member).filter(budget=found).order_by("-pk"),
        "lines": lines,
        "can_raise": owns and row is not None,
        "can_manage": member.may(access.May.MANAGE_BUDGETS),
        "can_ask": member.may(access.May.GENERATE) and row is not None,
        "raise_form": raise_form or RaiseForm(time_zone=member.team.time_zone),
        "sees_credits": sees,
    }
    status = 422 if raise_form is not None else 200
    return page(request, member, "portal/budgets/page.html", _SECTION, context, status)


def _form_page(request: Request, member: access.Member, form: ChangeBudgetForm, known: Budget | None) -> HttpResponse:
    row = books.row_of(known, timezone.now()) if known else None
    context: dict[str, Any] = {"form": form, "budget": known, "row": row}
    return page(request, member, "portal/budgets/form.html", _SECTION, context, 422 if form.is_bound else 200)


def _field_of(error: Refused) -> str | None:
    return _FIELDS.get(error.code)
