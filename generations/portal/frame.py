"""The frame of every signed-in page: where one is, in which team, with how many credits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from generations import access, ledger
from generations.models import Team
from generations.portal import books
from generations.portal.door import Request
from generations.portal.requests import waiting_count
from generations.portal.unclear import WAITS


@dataclass(frozen=True, slots=True)
class Purse:
    """A team's credits for a meter: `whole` is what the three together were."""

    available: Decimal
    held: Decimal
    spent: Decimal

    @property
    def whole(self) -> Decimal:
        return self.available + self.held + self.spent


@dataclass(frozen=True, slots=True)
class OwnBudget(books.BudgetRow):
    """A member's own budget for the side bar; `name` and `resets` in few words."""

    name: str
    resets: str


@dataclass(frozen=True, slots=True)
class Frame:
    section: str
    team: Team
    teams: list[Team]
    role_labels: str
    can_generate: bool
    balance: Purse | None
    own: OwnBudget | None  # the tightest budget that is this member's alone
    sees_reports: bool
    open_count: int
    waiting_count: int | None  # takes that wait for a decision; None for who may not decide
    request_count: int | None  # what waits for this member's yes; None for who neither answers nor asks

    @property
    def has_more(self) -> bool:
        """Whether a phone's tab bar keeps something behind "More"."""
        return self.sees_reports or self.waiting_count is not None or self.request_count is not None


def frame_of(member: access.Member, section: str) -> Frame:
    """The frame as this member sees it."""
    counts = access.generations_for(member).open().aggregate(open=Count("pk"), waiting=Count("pk", filter=WAITS))
    return Frame(
        section=section,
        team=member.team,
        teams=[team for team in access.teams_of(member.user) if team != member.team],
        role_labels=member.membership.role_labels,
        can_generate=member.may(access.May.GENERATE),
        balance=_purse(member),
        own=_own(member),
        sees_reports=member.may(access.May.SEE_REPORTS),
        open_count=counts["open"],
        waiting_count=counts["waiting"] if member.may(access.May.RESOLVE) else None,
        request_count=waiting_count(member),
    )


def page(
    request: Request, member: access.Member, template: str, section: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A whole page in its frame."""
    return render(request, template, {"frame": frame_of(member, section), **context}, status=status)


def balance(request: Request, member: access.Member) -> str:
    """The team's balance for every place that shows it, out of band; nothing for who has none to see."""
    purse, own = _purse(member), _own(member)
    context = {"balance": purse, "own": own}
    return render_to_string("portal/_balance.html", context, request) if purse or own else ""


def _own(member: access.Member) -> OwnBudget | None:
    period = books.tightest_of(member) if member.has_own_budget else None
    if period is None:
        return None
    return OwnBudget(period.budget, period, [], books.own_name(period.budget), books.resets_on(period))


def _purse(member: access.Member) -> Purse | None:
    if not member.may(access.May.SEE_CREDITS):
        return None
    balances = ledger.balances(member.team)
    return Purse(balances.available, balances.held, balances.spent)
