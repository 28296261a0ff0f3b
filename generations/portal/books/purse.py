"""The team's purse on the credits page: what it has, what is held for which take, and who asks for more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from generations import access, ledger, lifecycle
from generations.models import BudgetRequest, CreditLot, Generation, Status, Team

_HOLDS_SHOWN = 8
_MOST_HOLDS = 500


@dataclass(frozen=True, slots=True)
class Hold:
    take: Generation
    text: str
    credits: Decimal
    since: datetime
    ends_at: datetime | None  # when it ends at the latest; None where nobody can say


@dataclass(frozen=True, slots=True)
class LotLine:
    """Credits that came in together; `until` is when they expire, where the team is, or empty."""

    lot: CreditLot
    remaining: Decimal
    until: str


def rate_of(team: Team) -> str:
    """What a credit is worth, in a sentence."""
    cents = 100 / team.credits_per_usd
    if cents == 1:
        return _("1 credit is 1 US cent.")
    return _("1 US dollar is %(n)s credits.") % {"n": ledger.plain(team.credits_per_usd)}


def purse_facts(team: Team) -> dict[str, Any]:
    """The balances, and the lots that they consist of."""
    lots = [
        LotLine(item.lot, item.remaining, _until(item.lot, team)) for item in ledger.lots_of(team) if item.remaining
    ]
    return {"balance": ledger.balances(team), "lots": lots, "order_sentence": ledger.order_sentence()}


def open_holds(team: Team, *, all_of_them: bool) -> dict[str, Any]:
    """Holds that nothing has resolved, the newest first, with their number and sum."""
    rows = ledger.held_now(team)
    shown = rows[::-1][: _MOST_HOLDS if all_of_them else _HOLDS_SHOWN]
    ends = lifecycle.ends_of_holds([row.generation for row in shown if row.generation])
    holds = [
        Hold(take, _standing(take), row.amount, row.happened_at, ends.get(take.pk))
        for row in shown
        if (take := row.generation)
    ]
    return {
        "holds": holds,
        "holds_count": len(rows),
        "holds_total": sum((row.amount for row in rows), Decimal(0)),
    }


def waiting_requests(member: access.Member) -> list[BudgetRequest]:
    """The requests for more that wait for an answer and that the member may see, those that end soonest first."""
    rows = access.budget_requests_for(member).filter(status=BudgetRequest.Status.OPEN)
    return list(rows.order_by("expires_at", "pk"))


def _standing(take: Generation) -> str:
    if take.status == Status.UNCERTAIN:
        return _("not confirmed by %(account)s; an administrator decides") % {"account": take.account}
    return _("%(status)s, %(account)s") % {"status": take.get_status_display(), "account": take.account}


def _until(lot: CreditLot, team: Team) -> str:
    return ledger.short_time(lot.expires_at, team.time_zone) if lot.expires_at else ""
