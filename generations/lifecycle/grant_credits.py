"""Granting credits by hand, or booking a purchase, with limits and a trace."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from generations import ledger
from generations.errors import AlreadySubmitted, LimitReached
from generations.lifecycle.record import record
from generations.models import CreditLot, Movement, Team, User

PRIORITY_MAX = 100
_FARTHEST = timedelta(days=10 * 366)


def grant_credits(
    *,
    team: Team,
    amount: Decimal,
    key: str,
    reason: str,
    now: datetime,
    actor: User,
    kind: Movement.Kind = Movement.Kind.GRANT,
    expires_at: datetime | None = None,
    priority: int = 50,
) -> bool:
    """Give a team credits; say whether this call did (False: the key had been used before, and nothing was added).

    `kind` is a grant or a purchase. Of credits that expire together those with the lower priority (0 to 100) are spent
    first. Raises ledger.BadAmount, ledger.BadExpiry for an end that is not in the future, LimitReached above the most
    that one grant may be, beyond ten years and for other priorities, and AlreadySubmitted where the key had been used
    for something else.
    """
    ledger.check_amount(amount)
    _check_limits(amount, expires_at, priority, now)
    try:
        with transaction.atomic():
            posted = ledger.grant(
                team=team,
                amount=amount,
                key=key,
                now=now,
                actor=actor,
                reason=reason,
                kind=kind,
                expires_at=expires_at,
                priority=priority,
            )
            _check_same(posted, expires_at, priority)
            if posted.is_new:
                facts = {"amount": str(amount), "reason": reason, "movement": posted.movement_id, "kind": str(kind)}
                facts["expires_at"] = expires_at.isoformat() if expires_at else None
                record("grant_credits", team, now=now, actor_id=actor.pk, team_id=team.pk, priority=priority, **facts)
    except ledger.KeyReused as error:
        raise _used() from error
    return posted.is_new


def _check_limits(amount: Decimal, expires_at: datetime | None, priority: int, now: datetime) -> None:
    most = Decimal(settings.LIMITS["grant_credits"])
    if amount > most:
        sentence = _("One grant is at most %(most)s credits. Grant less, or in several steps.")
        raise LimitReached(sentence % {"most": ledger.plain(most)}, data={"limit": str(most)})
    if expires_at is not None and expires_at > now + _FARTHEST:
        raise LimitReached(_("Credits expire within ten years, or never. Choose an earlier time, or none."))
    if not 0 <= priority <= PRIORITY_MAX:
        sentence = _("A priority is a whole number from 0 to %(most)s.")
        raise LimitReached(sentence % {"most": PRIORITY_MAX}, data={"limit": PRIORITY_MAX})


def _check_same(posted: ledger.Posted, expires_at: datetime | None, priority: int) -> None:
    """What the books do not compare: a key that comes back with another end. A grant that left no lot has neither."""
    lot = None if posted.is_new else CreditLot.objects.filter(movement=posted.movement_id).first()
    if lot is not None and (lot.expires_at, lot.priority) != (expires_at, priority):
        raise _used()


def _used() -> AlreadySubmitted:
    sentence = _("This form was already used for another grant. Nothing was added; open it again for a new one.")
    return AlreadySubmitted(sentence)
