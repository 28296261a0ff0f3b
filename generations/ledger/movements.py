"""The only writer of the books. Everything goes through the database function `ledger_post`, in one round trip.

The function inserts the movement (an idempotency key that exists answers with the movement it made), changes the
accounts in the order of their ids, so that no two movements can wait for each other, and writes the entries with the
balance after. The rows themselves refuse to change: see migration 0002.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from generations import models
from generations.ledger.errors import BadAmount, HoldResolved, InsufficientCredits, KeyReused, ShortfallOpen
from generations.models import Generation, LedgerAccount, Movement, Team, User

Account = LedgerAccount.Kind
PLACES = Decimal("0.001")
MOST = Decimal("999999999.999")


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
    """Give a team its accounts, always in the same order; those it has stay as they are."""
    LedgerAccount.objects.bulk_create([LedgerAccount(team=team, kind=kind) for kind in Account], ignore_conflicts=True)


def grant(
    *,
    team: Team,
    amount: Decimal,
    key: str,
    now: datetime,
    actor: User | None = None,
    reason: str = "",
    kind: Movement.Kind = Movement.Kind.GRANT,
) -> Posted:
    """Give a team credits (or book a purchase). An open shortfall is covered first, in the same movement.

    Raises BadAmount.
    """
    check_amount(amount)
    source = Account.PURCHASED if kind == Movement.Kind.PURCHASE else Account.GRANTED
    with transaction.atomic():
        covered = min(_shortfall(team), amount)
        legs = {Account.AVAILABLE: amount - covered, Account.SHORTFALL: covered, source: -amount}
        return post(team=team, kind=kind, key=key, legs=legs, now=now, actor=actor, reason=reason)


def _shortfall(team: Team) -> Decimal:
    """What a team owes, locked until COMMIT. Opens the books of a team that has none."""
    purses = LedgerAccount.objects.filter(team=team, kind__in=[Account.AVAILABLE, Account.SHORTFALL])
    # Both, in the order of their ids as everywhere: with the shortfall alone a hold and an overrun could close a ring.
    locked = {purse.kind: purse.balance for purse in purses.select_for_update().order_by("pk")}
    if Account.SHORTFALL not in locked:
        open_books(team)
        return _shortfall(team)
    return -locked[Account.SHORTFALL]


def expire(
    *, team: Team, amount: Decimal, key: str, now: datetime, actor: User | None = None, reason: str = ""
) -> Posted:
    """Take credits that nobody used in time out of `available`. Raises BadAmount, InsufficientCredits."""
    check_amount(amount)
    legs = {Account.AVAILABLE: -amount, Account.EXPIRED: amount}
    return post(team=team, kind=Movement.Kind.EXPIRE, key=key, legs=legs, now=now, actor=actor, reason=reason)


def post(
    *,
    team: Team,
    kind: Movement.Kind,
    key: str,
    legs: Mapping[Account, Decimal],
    now: datetime,
    generation: Generation | None = None,
    actor: User | None = None,
    reason: str = "",
) -> Posted:
    """Write one movement. `legs` are signed amounts that sum to zero; zero legs are left out.

    Raises InsufficientCredits or ShortfallOpen, and KeyReused where the key belongs to something else.
    """
    moved = {account: amount for account, amount in legs.items() if amount}
    arguments = [
        team.pk,
        str(kind),
        key,
        [str(account) for account in moved],
        list(moved.values()),
        generation.pk if generation else None,
        actor.pk if actor else None,
        reason[:200],
        now,
    ]
    sql = "SELECT movement_id, is_new FROM ledger_post(%s, %s, %s, %s::text[], %s::numeric[], NULL, %s, %s, %s, %s)"
    return run(sql, arguments)


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
    return error
