"""Corrections: a movement is never changed; another one takes it back, with a reason."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from generations.errors import Refused
from generations.ledger.lots import add_lot, draw
from generations.ledger.movements import Account, Counts, Posted, post
from generations.ledger.periods import lock_purse
from generations.models import CreditLot, Generation, Movement, Purse, User

Kind = Movement.Kind


class NotReversible(Refused):
    """Movements of this kind are not taken back."""

    code = "not_reversible"


def reverse(*, movement: Movement, key: str, now: datetime, actor: User, reason: str) -> Posted:
    """Take a movement back: a grant or purchase, an expiry, a capture (a refund to the team), or an overrun.

    Holds and returns are not taken back: they end by themselves. Raises NotReversible (also without a reason),
    AlreadyReversed, and InsufficientCredits where the team has spent what is to be taken back.
    """
    if not reason.strip():
        raise NotReversible(_("A correction needs a reason. It stays on the statement for ever."))
    if movement.kind not in (Kind.GRANT, Kind.PURCHASE, Kind.EXPIRE, Kind.CAPTURE, Kind.OVERRUN):
        sentence = _("A %(kind)s is not taken back: it ends by itself. Grants, charges and expiries can be.")
        raise NotReversible(sentence % {"kind": str(Kind(movement.kind).label).lower()})
    with transaction.atomic():
        if movement.generation_id:  # a take's end locks its row before the purse, so here too
            Generation.objects.select_for_update(no_key=True).get(pk=movement.generation_id)
        purse = lock_purse(movement.team)
        draw(purse)
        legs, counts = _legs(movement, purse)
        posted = post(
            team=movement.team,
            kind=Kind.REVERSAL,
            key=key,
            legs=legs,
            now=now,
            generation=movement.generation,
            reverses=movement,
            counts=counts,
            actor=actor,
            reason=reason,
        )
        if posted.is_new:
            _follow_up(movement, purse, posted, legs, now)
    return posted


def _legs(movement: Movement, purse: Purse) -> tuple[dict[Account, Decimal], Counts]:
    was = {Account(entry.account): entry.amount for entry in movement.entries.all()}
    if movement.kind == Kind.CAPTURE:
        charged = was[Account.SPENT]
        return _given_back(charged, purse), Counts(movement.periods, "spent", -charged)
    if movement.kind == Kind.OVERRUN:
        charged = was[Account.SPENT]
        return _given_back(charged, purse), Counts(movement.periods, "overrun", -charged)
    if movement.kind == Kind.EXPIRE:
        return {account: -amount for account, amount in was.items()}, Counts()
    # What a grant covered of a shortfall stays covered: the team gives the whole grant back from what it has.
    source = Account.PURCHASED if movement.kind == Kind.PURCHASE else Account.GRANTED
    return {Account.AVAILABLE: was[source], source: -was[source]}, Counts()


def _given_back(charged: Decimal, purse: Purse) -> dict[Account, Decimal]:
    """A refund: it covers an open shortfall first."""
    covered = min(-purse.shortfall, charged)
    return {Account.SPENT: -charged, Account.SHORTFALL: covered, Account.AVAILABLE: charged - covered}


def _follow_up(movement: Movement, purse: Purse, posted: Posted, legs: dict[Account, Decimal], now: datetime) -> None:
    given = legs.get(Account.AVAILABLE, Decimal(0))
    if movement.kind in (Kind.GRANT, Kind.PURCHASE):
        CreditLot.objects.filter(movement=movement, closed_at=None).update(remaining=0, closed_at=now)
        purse.refresh_from_db()
        draw(purse)
    elif given > 0:  # credits that come back by hand do not expire
        add_lot(purse, posted, given, now=now)
    if movement.generation_id and movement.kind in (Kind.CAPTURE, Kind.OVERRUN):
        take = Generation.objects.get(pk=movement.generation_id)
        charged = (take.charged_credits or Decimal(0)) + legs[Account.SPENT]
        Generation.objects.filter(pk=take.pk).update(charged_credits=charged)
