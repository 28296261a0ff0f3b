"""What waits for a yes: budget requests with everything that a decision needs, and takes that await approval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet

from generations import access, ledger, lifecycle
from generations.choices import Verdict
from generations.models import Approval, Budget, BudgetPeriod, BudgetQuerySet, BudgetRequest, Generation
from generations.portal.cards import Card, cards_of
from generations.portal.forms.requests import AnswerForm, NoteForm

_MOST = 50


@dataclass(frozen=True, slots=True)
class Around:
    """Another limit that a take in the budget must keep, and what it would have left once the extra is used too."""

    name: str
    left: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class Asked:
    """A budget request. `period` is None for a budget that has ended; `limit_then` where the raise never ends."""

    request: BudgetRequest
    form: AnswerForm
    period: BudgetPeriod | None
    takes: int
    approved: int
    around: list[Around]
    ends_at: datetime | None
    limit_then: Decimal | None

    @property
    def limit_after(self) -> Decimal | None:
        return self.period.limit + self.request.amount if self.period else None


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A take that awaits approval, as a card, with the limits that its hold counts in already, the tightest first."""

    card: Card
    approval: Approval
    limits: list[BudgetPeriod]
    form: NoteForm | None

    @property
    def take(self) -> Generation:
        return self.card.take


def answerable(member: access.Member) -> QuerySet[BudgetRequest]:
    """The open requests that a member may answer, those that end soonest first."""
    rows = access.budget_requests_for(member).filter(status=BudgetRequest.Status.OPEN)
    if not member.may(access.May.MANAGE_BUDGETS):
        rows = rows.filter(budget__owner=member.user)
    return rows.order_by("expires_at", "pk")


def waiting_count(member: access.Member) -> int | None:
    """How much waits for this member's yes; None where nothing ever does and they may not ask for anything either."""
    count = answerable(member).count() + lifecycle.approvals_waiting(member).count()
    rights = (access.May.GENERATE, access.May.MANAGE_BUDGETS, access.May.APPROVE)
    return count if count or any(member.may(right) for right in rights) else None


def budgets_to_ask(member: access.Member) -> BudgetQuerySet:
    """The budgets in which the member may ask for more, as they are chosen from: not those of other people."""
    rows = access.budgets_for(member).active().filter(Q(member=None) | Q(member=member.user))
    return rows.order_by("project__name", "shot__code", "member__name", "tier", "pk")


def asked_of(member: access.Member, now: datetime, *, answered: AnswerForm | None = None) -> list[Asked]:
    """The requests that wait for this member, with a form each; `answered` is one that was sent and has errors."""
    rows = list(answerable(member)[:_MOST])
    periods = ledger.current_periods(member.team, now=now) if rows else []
    return [asked(row, periods, now, answered=answered) for row in rows]


def asked(
    request: BudgetRequest, periods: Sequence[BudgetPeriod], now: datetime, *, answered: AnswerForm | None = None
) -> Asked:
    """A request with everything that a decision needs. `periods` are all current ones of its team."""
    budget = request.budget
    period = next((period for period in periods if period.budget_id == budget.pk), None)
    prefix = f"r{request.pk}"
    form = answered if answered is not None and answered.prefix == prefix else None
    takes, approved = _takes_of(budget, period)
    ends = [time for time in (request.until, period.ends_at if period else None) if time]
    ends_at = min(ends, default=None)
    return Asked(
        request=request,
        form=form or answer_form(request, now),
        period=period,
        takes=takes,
        approved=approved,
        around=_around(request, periods),
        ends_at=ends_at,
        limit_then=_limit_then(period, ends_at),
    )


def answer_form(request: BudgetRequest, now: datetime, data: object = None) -> AnswerForm:
    """The form that answers a request; it begins with what was asked for."""
    return AnswerForm(
        data,
        team=request.team,
        now=now,
        prefix=f"r{request.pk}",
        initial={"amount": ledger.typed(request.amount), "until": request.until},
    )


def awaiting_of(member: access.Member, now: datetime, *, noted: tuple[int, NoteForm] | None = None) -> list[Awaiting]:
    """The takes that wait for this member's approval, those that end soonest first; `noted` has errors, by take."""
    rows = list(lifecycle.approvals_waiting(member)[:_MOST])
    takes = access.generations_for(member).for_cards().filter(pk__in=[row.generation_id for row in rows])
    cards = {card.take.pk: card for card in cards_of(takes, member, now)}
    periods = ledger.current_periods(member.team, now=now) if rows else []
    return [_awaiting(cards[row.generation_id], row, periods, noted) for row in rows if row.generation_id in cards]


def _awaiting(
    card: Card, row: Approval, periods: Sequence[BudgetPeriod], noted: tuple[int, NoteForm] | None
) -> Awaiting:
    form = noted[1] if noted and noted[0] == card.take.pk else None
    return Awaiting(card, row, _within(periods, ledger.scopes_for(card.take)), form)


def own_requests(member: access.Member) -> QuerySet[BudgetRequest]:
    """What the member has asked for and nobody has answered."""
    rows = access.budget_requests_for(member).filter(asked_by=member.user, status=BudgetRequest.Status.OPEN)
    return rows.order_by("-pk")


def past_requests(member: access.Member) -> QuerySet[BudgetRequest]:
    """The requests that the member may see and that wait no more, the newest first."""
    rows = access.budget_requests_for(member).exclude(status=BudgetRequest.Status.OPEN)
    return rows.order_by(F("decided_at").desc(nulls_last=True), "-pk")


def current_period(budget: Budget, now: datetime) -> BudgetPeriod | None:
    """The current period of a budget, brought up to now; None for one that has ended."""
    return next(iter(ledger.current_periods(budget.team, now=now, only=Q(budget=budget))), None)


def _within(periods: Iterable[BudgetPeriod], scopes: Sequence[str]) -> list[BudgetPeriod]:
    return sorted(
        (period for period in periods if period.scope_key in scopes), key=lambda period: (period.left, period.pk)
    )


def _around(request: BudgetRequest, periods: Sequence[BudgetPeriod]) -> list[Around]:
    """The limits that a take of the asker in this budget must keep besides, the team's credits last."""
    budget, amount = request.budget, request.amount
    scopes = ledger.scopes_of(
        project=budget.project_id,
        shot=budget.shot_id,
        member=budget.member_id or request.asked_by_id,
        tier=budget.tier,
    )
    found = [
        Around(str(period.budget), period.left, period.left - amount)
        for period in _within(periods, scopes)
        if period.budget_id != budget.pk
    ]
    available = ledger.balances(request.team).available
    return [*found, Around(request.team.name, available, available - amount)]


def _limit_then(period: BudgetPeriod | None, ends_at: datetime | None) -> Decimal | None:
    if period is None or ends_at is None:
        return None
    # With the window every raise ends, and the next one begins with the budget's own limit.
    return period.budget.limit_credits if ends_at == period.ends_at else period.limit


def _takes_of(budget: Budget, period: BudgetPeriod | None) -> tuple[int, int]:
    """How many takes were ordered in a budget's current window, and how many of them were approved."""
    if period is None:
        return 0, 0
    named = {
        "project": budget.project_id if not budget.shot_id else None,
        "shot": budget.shot_id,
        "created_by": budget.member_id,
        "tier": budget.tier,
    }
    rows = Generation.objects.filter(team=budget.team_id, created_at__gte=period.starts_at)
    rows = rows.filter(**{name: value for name, value in named.items() if value})
    sums = rows.aggregate(takes=Count("pk"), approved=Count("pk", filter=Q(verdict=Verdict.APPROVED)))
    return sums["takes"], sums["approved"]
