"""Corrections: a movement is taken back by another one, with a reason and a trace."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from generations import ledger
from generations.errors import AlreadySubmitted, LimitReached
from generations.lifecycle.record import record
from generations.models import Movement, User

REASON_MAX = 200


def correct(*, movement: Movement, key: str, reason: str, actor: User, now: datetime) -> bool:
    """Take a movement back; say whether this call did (False: the key had been used before, and nothing was booked).

    Raises what `ledger.reverse` refuses, LimitReached for a reason of more than 200 characters, and AlreadySubmitted
    where the key had been used for another movement.
    """
    if len(reason) > REASON_MAX:
        sentence = _("A reason has at most %(most)s characters; this one has %(count)s. Shorten it.")
        raise LimitReached(sentence % {"most": REASON_MAX, "count": len(reason)}, data={"limit": REASON_MAX})
    try:
        with transaction.atomic():
            posted = ledger.reverse(movement=movement, key=key, now=now, actor=actor, reason=reason)
            if posted.is_new:
                facts: dict[str, Any] = {"kind": movement.kind, "amount": str(movement.amount), "reason": reason}
                facts["movement"] = posted.movement_id
                record("correct", movement, now=now, actor_id=actor.pk, team_id=movement.team_id, **facts)
    except ledger.KeyReused as error:
        sentence = _("This form was already used for another correction. Nothing was booked; open it again.")
        raise AlreadySubmitted(sentence) from error
    return posted.is_new
