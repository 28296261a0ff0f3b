"""Asking for more in a budget, and answering: the raise is a fact of the ledger that names its request.

Who may raise the budget may answer, also what they asked themselves: they could raise it without asking. Nobody else
answers their own. Locks: the request's row first, then the purse.
"""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from generations import access, ledger
from generations.errors import NotAllowed, Refused
from generations.lifecycle.apart import Apart
from generations.lifecycle.budget_request_mails import mail_the_outcome, mail_those_who_answer
from generations.lifecycle.notes import check_note
from generations.lifecycle.open_request import check_open
from generations.lifecycle.record import record
from generations.models import Budget, BudgetPeriod, BudgetRequest, User

Status = BudgetRequest.Status
_LIFE = timedelta(days=7)


class BadBudgetRequest(Refused):
    """What is asked for cannot be given: its end is over or after the budget's, or it was asked for already."""

    code = "bad_budget_request"


def ask_for_budget(
    *, member: access.Member, budget: Budget, amount: Decimal, until: datetime | None, note: str, now: datetime
) -> BudgetRequest:
    """Ask for so many credits more in a budget that the member sees, until a time (None: until it begins anew).

    It waits for seven days, or until that time. Everybody who may raise the budget is mailed. Raises Missing,
    BadAmount, LimitReached (the note) and BadBudgetRequest.
    """
    if not access.budgets_for(member).filter(pk=budget.pk).exists():
        raise access.Missing
    ledger.check_amount(amount)
    check_note(note)
    period = _period_now(budget, now)  # before the transaction, so that the purse is not locked while mails are written
    _check_until(until, period, now)
    try:
        with transaction.atomic():
            _close_expired(member.user, budget, now)
            request = _open(member, budget, amount, until, note, period, now)
            facts = {"budget": str(budget.public_id), "amount": str(amount), "until": _text(until)}
            _record("ask_for_budget", request, member.user, now, **facts)
            mail_those_who_answer(request, period)
    except IntegrityError as error:
        if "budget_request_one_open_per_person" not in str(error):
            raise
        raise BadBudgetRequest(_asked_already(member.user, budget)) from error
    return request


def decide_budget_request(
    *,
    request: BudgetRequest,
    by: access.Member,
    approve: bool,
    now: datetime,
    amount: Decimal | None = None,
    until: datetime | None = None,
    answer: str = "",
) -> BudgetRequest:
    """Answer a request; an approval raises the budget at once, by `amount` and `until` where they are given instead.

    Raises NotAllowed, RequestClosed (somebody else was first, or it is too late), BadAmount, BadBudgetRequest,
    LimitReached (the answer), and ledger.BadBudget where the budget has ended. Whatever is raised, nothing was changed.
    """
    with transaction.atomic():
        row = _locked(request)
        if not access.owns_budget(by, row.budget):
            sentence = _("You cannot answer requests for the budget “%(budget)s”. %(who)s can.")
            raise NotAllowed(sentence % {"budget": str(row.budget), "who": ledger.who_can_raise(row.budget)})
        check_open(row, now)
        check_note(answer)
        row.answer = answer
        if approve:
            _approve(row, by.user, amount, until, now)
        _close(row, Status.APPROVED if approve else Status.DECLINED, by.user, now)
        verb = "approve_budget_request" if approve else "decline_budget_request"
        given = {"amount": str(row.decided_amount), "until": _text(row.decided_until)} if approve else {}
        _record(verb, row, by.user, now, budget=str(row.budget.public_id), asked=str(row.amount), **given)
        mail_the_outcome(row)
    request.refresh_from_db()
    return row


def withdraw_budget_request(*, request: BudgetRequest, by: access.Member, now: datetime) -> BudgetRequest:
    """Take back what one has asked for. Raises NotAllowed for what others asked, and RequestClosed."""
    with transaction.atomic():
        row = _locked(request)
        if row.asked_by_id != by.user.pk:
            sentence = _("Only %(asker)s can withdraw this request.")
            raise NotAllowed(sentence % {"asker": str(row.asked_by)})
        check_open(row, now)
        _close(row, Status.WITHDRAWN, by.user, now)
        _record("withdraw_budget_request", row, by.user, now, budget=str(row.budget.public_id))
    request.refresh_from_db()
    return row


def expire_budget_requests(now: datetime, apart: Apart = nullcontext) -> None:
    """Close the requests that nobody answered in time, and tell who asked."""
    late = BudgetRequest.objects.filter(status=Status.OPEN, expires_at__lte=now)
    for pk in late.order_by("pk").values_list("pk", flat=True):
        with apart(f"expire_budget_requests, request {pk}"):
            _expire(pk, now)


def _expire(pk: int, now: datetime) -> None:
    with transaction.atomic():
        rows = BudgetRequest.objects.with_names().select_for_update(skip_locked=True, of=("self",))
        row = rows.filter(pk=pk, status=Status.OPEN).first()
        if row is not None:
            _close(row, Status.EXPIRED, None, now)
            mail_the_outcome(row)


def _locked(request: BudgetRequest) -> BudgetRequest:
    """The row, locked, with its names read after that: who waited for it learns who was first."""
    BudgetRequest.objects.select_for_update().get(pk=request.pk)
    return BudgetRequest.objects.with_names().get(pk=request.pk)


def _period_now(budget: Budget, now: datetime) -> BudgetPeriod:
    """The budget's period, with what is due booked. Raises BadBudgetRequest for a budget that has ended."""
    periods = ledger.current_periods(budget.team, now=now, only=Q(budget=budget))
    if not periods:
        raise BadBudgetRequest(_("This budget has ended and limits nothing any more, so there is nothing to ask for."))
    return periods[0]


def _check_until(until: datetime | None, period: BudgetPeriod, now: datetime) -> None:
    if until is not None and until <= now:
        raise BadBudgetRequest(_("The time until which the credits are needed is over. Choose a later one."))
    if until is not None and period.ends_at is not None and until > period.ends_at:
        end = ledger.local_time(period.ends_at, period.budget.team.time_zone)
        sentence = _(
            "This budget begins anew on %(end)s, and whatever is added to it ends then. Choose a time until then; "
            "for later, ask again afterwards."
        )
        raise BadBudgetRequest(sentence % {"end": end}, data={"ends_at": period.ends_at.isoformat()})


def _close_expired(user: User, budget: Budget, now: datetime) -> None:
    """The clock may be a minute late: what has expired is not in the way of a new request."""
    late = BudgetRequest.objects.filter(budget=budget, asked_by=user, status=Status.OPEN, expires_at__lte=now)
    for pk in late.values_list("pk", flat=True):
        _expire(pk, now)


def _open(
    member: access.Member,
    budget: Budget,
    amount: Decimal,
    until: datetime | None,
    note: str,
    period: BudgetPeriod,
    now: datetime,
) -> BudgetRequest:
    ends = [time for time in (until, period.ends_at) if time is not None]
    return BudgetRequest.objects.create(
        team=member.team,
        budget=budget,
        asked_by=member.user,
        amount=amount,
        until=until,
        note=note,
        asked_at=now,
        expires_at=min([now + _LIFE, *ends]),
    )


def _asked_already(user: User, budget: Budget) -> str:
    row = BudgetRequest.objects.filter(budget=budget, asked_by=user, status=Status.OPEN).first()
    if row is None:  # it was answered in the same moment
        return _("Your earlier request for this budget has just been answered. Look at it before you ask again.")
    sentence = _(
        "You have asked for %(amount)s credits more in this budget already, on %(when)s, and %(who)s can answer. "
        "Withdraw that request to ask for something else."
    )
    facts = {
        "amount": ledger.plain(row.amount),
        "when": ledger.local_time(row.asked_at, budget.team.time_zone),
        "who": ledger.who_can_raise(budget),
    }
    return sentence % facts


def _approve(row: BudgetRequest, by: User, amount: Decimal | None, until: datetime | None, now: datetime) -> None:
    until = until or row.until
    if row.budget.archived_at is None:  # otherwise the ledger refuses
        _check_until(until, _period_now(row.budget, now), now)
    made = ledger.raise_budget(
        row.budget,
        amount=row.amount if amount is None else amount,
        now=now,
        made_by=by,
        until=until,
        reason=row.note,
        request=row,
    )
    row.decided_amount, row.decided_until = made.amount, made.ends_at


def _close(row: BudgetRequest, status: BudgetRequest.Status, by: User | None, now: datetime) -> None:
    row.status, row.decided_by, row.decided_at = status, by, now
    row.save(update_fields=["status", "decided_by", "decided_at", "decided_amount", "decided_until", "answer"])


def _record(verb: str, row: BudgetRequest, by: User, now: datetime, **facts: str) -> None:
    record(verb, row, now=now, actor_id=by.pk, team_id=row.team_id, **facts)


def _text(time: datetime | None) -> str:
    return time.isoformat() if time else ""
