"""Corrections: a movement is never changed; another one takes it back, with a reason."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from generations.errors import Refused
from generations.ledger.errors import AlreadyReversed, InsufficientCredits, KeyReused, plain
from generations.ledger.lots import add_lot, draw, note_next_expiry
from generations.ledger.movements import Account, Counts, Posted, post
from generations.ledger.periods import lock_purse
from generations.models import CreditLot, Generation, Movement, Purse, User

Kind = Movement.Kind


class NotReversible(Refused):
    """Movements of this kind are not taken back."""

    code = "not_reversible"


class GoneSince(InsufficientCredits):
    """The team has less available than a grant that is to be taken back."""

    code = "gone_since"

    def __init__(self, *, needed: Decimal, available: Decimal) -> None:
        super().__init__(needed=needed, available=available)
        sentence = _(
            "The team has %(available)s credits available, so %(needed)s cannot be taken back: the rest is held or "
            "spent. Wait for what is held, or take charges back first."
        )
        self.public = sentence % {"needed": plain(needed), "available": plain(available)}


def reverse(*, movement: Movement, key: str, now: datetime, actor: User, reason: str) -> Posted:
    """Take a movement back: a grant or purchase, an expiry, a capture (a refund to the team), or an overrun.

    Holds and returns are not taken back: they end by themselves. Raises NotReversible (also without a reason, and for
    a grant of which something has expired), AlreadyReversed, KeyReused, and GoneSince where the team has not enough
    of what is to be taken back.
    """
    if not reason.strip():
        raise NotReversible(_("A correction needs a reason. It stays on the statement for ever."))
    check_kind(movement)
    with transaction.atomic():
        if movement.generation_id:  # a take's end locks its row before the purse, so here too
            Generation.objects.select_for_update(no_key=True).get(pk=movement.generation_id)
        purse = lock_purse(movement.team)
        if made := _made_before(movement, key):
            return made
        draw(purse)
        legs, counts = plan(movement, purse)
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
        _follow_up(movement, purse, posted, legs, now)
    return posted


def check_kind(movement: Movement) -> None:
    """Raise NotReversible for a movement whose kind is never taken back."""
    if movement.kind == Kind.REVERSAL:
        raise NotReversible(_("A correction is not taken back. Book what is right instead, such as a new grant."))
    if movement.kind not in (Kind.GRANT, Kind.PURCHASE, Kind.EXPIRE, Kind.CAPTURE, Kind.OVERRUN):
        sentence = _("A %(kind)s is not taken back: it ends by itself. Grants, charges and expiries can be.")
        raise NotReversible(sentence % {"kind": str(Kind(movement.kind).label).lower()})


def reversal_now(movement: Movement) -> dict[Account, Decimal]:
    """What taking a movement back would move now, without doing it; zero legs are left out. Raises as `reverse`."""
    check_kind(movement)
    if Movement.objects.filter(reverses=movement).exists():
        raise _reversed_already()
    legs, _counts = plan(movement, Purse.objects.get(team=movement.team_id))
    return {account: amount for account, amount in legs.items() if amount}


def _made_before(movement: Movement, key: str) -> Posted | None:
    """The reversal that this key made, asked under the purse's lock. Raises AlreadyReversed, KeyReused."""
    known = Movement.objects.filter(idempotency_key=key).first()
    if known is not None and known.reverses_id != movement.pk:
        raise KeyReused(f"The key {key} belongs to movement {known.pk}.")
    if known is not None:
        return Posted(known.pk, False)
    if Movement.objects.filter(reverses=movement).exists():
        raise _reversed_already()
    return None


def _reversed_already() -> AlreadyReversed:
    return AlreadyReversed(_("This was taken back before. Nothing was booked."))


def plan(movement: Movement, purse: Purse) -> tuple[dict[Account, Decimal], Counts]:
    """What a reversal moves, by what the purse has, and what it counts in budgets. Raises NotReversible, GoneSince."""
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
    given = -was[source]
    _check_not_expired(movement)
    if purse.available < given:
        raise GoneSince(needed=given, available=purse.available)
    return {Account.AVAILABLE: -given, source: given}, Counts()


def _check_not_expired(movement: Movement) -> None:
    """What has expired is gone already: taking the whole grant back would take it from other credits."""
    expiry = _expiries_of(movement).filter(reversed_by=None).first()
    if expiry is not None:
        sentence = _(
            "%(amount)s of these credits have expired: that is movement %(number)s. Take that one back first, then "
            "this one."
        )
        raise NotReversible(sentence % {"amount": plain(expiry.amount), "number": expiry.pk})


def _expiries_of(movement: Movement) -> QuerySet[Movement]:
    """What has expired of the credits that a movement gave: one movement at most."""
    lots = CreditLot.objects.filter(movement=movement).values_list("pk", flat=True)
    return Movement.objects.filter(idempotency_key__in=[f"expire:lot:{pk}" for pk in lots])


def _given_back(charged: Decimal, purse: Purse) -> dict[Account, Decimal]:
    """A refund: it covers an open shortfall first."""
    covered = min(-purse.shortfall, charged)
    return {Account.SPENT: -charged, Account.SHORTFALL: covered, Account.AVAILABLE: charged - covered}


def _follow_up(movement: Movement, purse: Purse, posted: Posted, legs: dict[Account, Decimal], now: datetime) -> None:
    given = legs.get(Account.AVAILABLE, Decimal(0))
    if movement.kind in (Kind.GRANT, Kind.PURCHASE):
        its = Q(movement=movement) | Q(movement__reverses__in=_expiries_of(movement))
        CreditLot.objects.filter(its, closed_at=None).update(remaining=0, closed_at=now)
        purse.refresh_from_db()
        draw(purse)
        note_next_expiry(purse)
    elif given > 0:  # credits that come back by hand do not expire
        add_lot(purse, posted, given, now=now)
    if movement.generation_id and movement.kind in (Kind.CAPTURE, Kind.OVERRUN):
        take = Generation.objects.get(pk=movement.generation_id)
        charged = (take.charged_credits or Decimal(0)) + legs[Account.SPENT]
        Generation.objects.filter(pk=take.pk).update(charged_credits=charged)
