"""The only writer of the books. Everything goes through the database's functions, in one round trip.

They change the team's purse first, which locks it, then the budgets' periods, then write the movement (an idempotency
key that exists answers with the movement it made) and its entries with the balance after. So no two movements can wait
for each other, and a team's movements are numbered in the order in which they were committed. The rows themselves
refuse to change: see migration 0006.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import DatabaseError
from django.utils.translation import gettext as _

from generations import models
from generations.ledger.errors import (
    AlreadyReversed,
    BadAmount,
    HoldResolved,
    InsufficientCredits,
    KeyReused,
    ShortfallOpen,
    Stale,
)
from generations.models import Account, Generation, Movement, Purse, Team, User

PLACES = Decimal("0.001")
MOST = Decimal("999999999.999")


_POST = """
    SELECT movement_id, is_new
    FROM ledger_post(%s, %s, %s, %s::text[], %s::numeric[], %s, %s, %s::bigint[], %s, %s, %s, %s, %s)
"""


class Counts(NamedTuple):
    """In which budget periods a movement counts, as `spent` or `overrun`, and how much; below zero takes back."""

    periods: list[int] | None = None
    column: str = ""
    amount: Decimal = Decimal(0)


class OverBudget(Exception):
    """A budget refuses. Its words need the database, so whoever ends the failed transaction finds them."""


class Posted(NamedTuple):
    """A movement's id, and whether this call made it (False: the key had been used for the same thing before)."""

    movement_id: int
    is_new: bool


def check_amount(amount: Decimal) -> None:
    """Raise BadAmount unless an amount is positive, finite and has at most three places."""
    if not amount.is_finite() or amount <= 0 or amount > MOST:
        raise BadAmount(_("An amount of credits must be greater than 0 and at most 999,999,999.999."))
    if amount != amount.quantize(PLACES):
        raise BadAmount(_("An amount of credits has at most three decimal places."))


def open_books(team: Team) -> None:
    """Give a team its purse, where it has none."""
    Purse.objects.bulk_create([Purse(team=team)], ignore_conflicts=True)


def post(
    *,
    team: Team,
    kind: Movement.Kind,
    key: str,
    legs: Mapping[Account, Decimal],
    now: datetime,
    generation: Generation | None = None,
    reverses: Movement | None = None,
    counts: Counts | None = None,
    actor: User | None = None,
    reason: str = "",
) -> Posted:
    """Write one movement. `legs` are signed amounts that sum to zero; zero legs are left out.

    Raises InsufficientCredits, AlreadyReversed, and KeyReused where the key belongs to something else.
    """
    moved = {account: amount for account, amount in legs.items() if amount}
    counts = counts or Counts()
    arguments = [
        team.pk,
        str(kind),
        key,
        [str(account) for account in moved],
        list(moved.values()),
        reverses.pk if reverses else None,
        generation.pk if generation else None,
        counts.periods,
        counts.column,
        counts.amount,
        actor.pk if actor else None,
        reason[:200],
        now,
    ]
    return run(_POST, arguments)


def run(sql: str, arguments: list[Any]) -> Posted:
    """Call one of the ledger's database functions and translate what it refuses."""
    return Posted(*fetch(sql, arguments))


def fetch(sql: str, arguments: list[Any]) -> tuple[Any, ...]:
    """The one row of a statement that posts; what it refuses is translated."""
    try:
        return models.fetch(sql, arguments)[0]
    except DatabaseError as error:
        raise _translated(error) from error


def _translated(error: DatabaseError) -> Exception:
    cause: Any = error.__cause__
    sqlstate = getattr(cause, "sqlstate", None)
    detail = (getattr(getattr(cause, "diag", None), "message_detail", None) or "").split(" ")
    if sqlstate == "KS001":
        return InsufficientCredits(needed=Decimal(detail[0]), available=Decimal(detail[1]))
    if sqlstate == "KS002":
        return ShortfallOpen(shortfall=Decimal(detail[0]))
    if sqlstate == "KS003":
        return KeyReused(str(cause))
    if sqlstate == "KS004":
        return HoldResolved(str(cause))
    if sqlstate == "KS005":
        return Stale(str(cause))
    if sqlstate == "KS006":
        return OverBudget(" ".join(detail))
    if sqlstate == "KS007":
        return AlreadyReversed(_("This was reversed before. Nothing was booked."))
    return error
