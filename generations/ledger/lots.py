"""Credit lots: what came in together, and until when it can be spent. The soonest to expire is spent first.

A hold does not write lots. The lots and their order only change when credits come in or expire; between two such
moments what was drawn from them is the difference between what they had and what the purse has, taken in order. What
comes back refills them the other way round. What comes back to a lot that is over expires then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from generations.errors import Refused
from generations.ledger.movements import Account, Posted, check_amount, post
from generations.ledger.periods import lock_purse
from generations.models import CreditLot, Movement, Purse, Team, User

ZERO = Decimal(0)


class BadExpiry(Refused):
    """Credits cannot expire before they are given."""

    code = "bad_expiry"


@dataclass(frozen=True, slots=True)
class LotNow:
    """A lot and what is left of it now, in credits."""

    lot: CreditLot
    remaining: Decimal


def order_sentence() -> str:
    """The rule by which credits are spent, for people."""
    return _(
        "Credits that expire soonest are spent first; of those that expire together, those with the lower priority, "
        "then the older ones."
    )


def grant(
    *,
    team: Team,
    amount: Decimal,
    key: str,
    now: datetime,
    actor: User | None = None,
    reason: str = "",
    kind: Movement.Kind = Movement.Kind.GRANT,
    expires_at: datetime | None = None,
    priority: int = 50,
) -> Posted:
    """Give a team credits (or book a purchase), as one lot. An open shortfall is covered first, in the same movement.

    Raises BadAmount, and BadExpiry where they would expire before they came.
    """
    check_amount(amount)
    if expires_at is not None and expires_at <= now:
        raise BadExpiry(_("Credits can only expire in the future. Choose a later time, or none."))
    source = Account.PURCHASED if kind == Movement.Kind.PURCHASE else Account.GRANTED
    with transaction.atomic():
        purse = lock_purse(team)
        known = Movement.objects.filter(idempotency_key=key).first()
        covered = min(-purse.shortfall, amount)
        legs = {Account.AVAILABLE: amount - covered, Account.SHORTFALL: covered, source: -amount}
        if known is None:
            draw(purse)
        posted = post(team=team, kind=kind, key=key, legs=legs, now=now, actor=actor, reason=reason)
        if posted.is_new and amount > covered:
            add_lot(purse, posted, amount - covered, expires_at=expires_at, priority=priority, now=now)
    return posted


def add_lot(
    purse: Purse,
    posted: Posted,
    amount: Decimal,
    *,
    now: datetime,
    expires_at: datetime | None = None,
    priority: int = 50,
) -> None:
    """Remember credits that have just come in. The purse is locked, and its lots were drawn down before."""
    CreditLot.objects.create(
        team_id=purse.team_id,
        movement_id=posted.movement_id,
        amount=amount,
        remaining=amount,
        priority=priority,
        expires_at=expires_at,
        created_at=now,
    )
    note_next_expiry(purse)


def expire_due(team: Team, *, now: datetime) -> int:
    """Book the credits that have expired, each lot with a movement of its own; how many movements there were."""
    with transaction.atomic():
        purse = lock_purse(team)
        late = draw(purse)
        made = 0
        for lot in CreditLot.objects.filter(team=team, closed_at=None, expires_at__lte=now):
            made += _expire(purse, lot, now)
        if late > 0 and CreditLot.objects.filter(team=team, closed_at__isnull=False).exists():
            last = Movement.objects.filter(team=team).order_by("-pk").values_list("pk", flat=True)[0]
            reason = _("These credits came back after they had expired.")
            expire(team=team, amount=late, key=f"expire:late:{team.pk}:{last}", now=now, reason=reason)
            made += 1
        note_next_expiry(purse)
    return made


def expire(
    *, team: Team, amount: Decimal, key: str, now: datetime, actor: User | None = None, reason: str = ""
) -> Posted:
    """Take credits out of `available` by hand, before their time. Raises BadAmount, InsufficientCredits."""
    check_amount(amount)
    legs = {Account.AVAILABLE: -amount, Account.EXPIRED: amount}
    return post(team=team, kind=Movement.Kind.EXPIRE, key=key, legs=legs, now=now, actor=actor, reason=reason)


def _expire(purse: Purse, lot: CreditLot, now: datetime) -> int:
    left = lot.remaining
    CreditLot.objects.filter(pk=lot.pk).update(remaining=ZERO, expired=F("expired") + left, closed_at=now)
    if not left:
        return 0
    reason = _("%(amount)s of these %(whole)s credits were not used in time.")
    words = reason % {"amount": f"{left.normalize():f}", "whole": f"{lot.amount.normalize():f}"}
    expire(team=lot.team, amount=left, key=f"expire:lot:{lot.pk}", now=now, reason=words)
    return 1


def draw(purse: Purse) -> Decimal:
    """Write down what is left of each open lot, by the locked purse; what no lot has room for is returned."""
    lots = list(CreditLot.objects.filter(team_id=purse.team_id, closed_at=None))
    left, over = allocate(lots, purse.available)
    for lot, remaining in zip(lots, left, strict=True):
        if remaining != lot.remaining:
            CreditLot.objects.filter(pk=lot.pk).update(remaining=remaining)
    return over


def allocate(lots: Sequence[CreditLot], available: Decimal) -> tuple[list[Decimal], Decimal]:
    """What is left of each lot, in the order in which they are spent, and what none of them has room for."""
    left = [lot.remaining for lot in lots]
    drawn = sum(left, ZERO) - available
    for index in range(len(lots)):
        taken = min(max(drawn, ZERO), left[index])
        left[index] -= taken
        drawn -= taken
    for index in reversed(range(len(lots))):
        back = min(max(-drawn, ZERO), lots[index].amount - left[index])
        left[index] += back
        drawn += back
    return left, max(-drawn, ZERO)


def lots_of(team: Team) -> list[LotNow]:
    """A team's open lots with what is left of each now, in the order in which they are spent."""
    lots = list(CreditLot.objects.filter(team=team, closed_at=None).select_related("movement__actor"))
    purse = Purse.objects.filter(team=team).first()
    left, _over = allocate(lots, purse.available if purse else ZERO)
    return [LotNow(lot, remaining) for lot, remaining in zip(lots, left, strict=True)]


def left_now(teams: Collection[int]) -> dict[int, Decimal]:
    """What is left now of each open lot of these teams (ids), by the lot's id, in credits."""
    lots: dict[int, list[CreditLot]] = {}
    for lot in CreditLot.objects.filter(team_id__in=teams, closed_at=None):
        lots.setdefault(lot.team_id, []).append(lot)
    purses = dict(Purse.objects.filter(team_id__in=teams).values_list("team_id", "available"))
    found: dict[int, Decimal] = {}
    for team, rows in lots.items():
        left, _over = allocate(rows, purses.get(team, ZERO))
        found |= {lot.pk: remaining for lot, remaining in zip(rows, left, strict=True)}
    return found


def teams_with_expiry(now: datetime) -> list[Team]:
    """Teams of which credits have expired, or came back too late, and that is not booked yet."""
    due = set(Purse.objects.filter(lots_due_at__lte=now).values_list("team_id", flat=True))
    rooms = dict(
        CreditLot.objects.filter(closed_at=None)
        .values("team_id")
        .annotate(room=Sum("amount"))
        .values_list("team_id", "room")
    )
    once = CreditLot.objects.filter(closed_at__isnull=False).values_list("team_id", flat=True).distinct()
    for team_id, available in Purse.objects.filter(team_id__in=once).values_list("team_id", "available"):
        if available > rooms.get(team_id, ZERO):
            due.add(team_id)
    return list(Team.objects.filter(pk__in=due).order_by("pk"))


def note_next_expiry(purse: Purse) -> None:
    """Write down when the next of a purse's credits expire. The purse is locked."""
    rows = CreditLot.objects.filter(team_id=purse.team_id, closed_at=None, expires_at__isnull=False)
    first = rows.order_by("expires_at").values_list("expires_at", flat=True).first()
    Purse.objects.filter(pk=purse.pk).update(lots_due_at=first)
