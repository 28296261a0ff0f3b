"""Granting credits by hand, with a limit and a trace."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from generations import ledger
from generations.errors import AlreadySubmitted, LimitReached
from generations.lifecycle.record import record
from generations.models import Team, User


def grant_credits(*, team: Team, amount: Decimal, key: str, reason: str, now: datetime, actor: User) -> bool:
    """Give a team credits; say whether this call did (False: the key had been used before, and nothing was added).

    Raises ledger.BadAmount, LimitReached above the most that one grant may be, and AlreadySubmitted where the key had
    been used for another amount.
    """
    ledger.check_amount(amount)
    most = Decimal(settings.LIMITS["grant_credits"])
    if amount > most:
        sentence = _("One grant is at most %(most)s credits. Grant less, or in several steps.")
        raise LimitReached(sentence % {"most": ledger.plain(most)}, data={"limit": str(most)})
    try:
        with transaction.atomic():
            posted = ledger.grant(team=team, amount=amount, key=key, now=now, actor=actor, reason=reason)
            if posted.is_new:
                facts = {"amount": str(amount), "reason": reason, "movement": posted.movement_id}
                record("grant_credits", team, now=now, actor_id=actor.pk, team_id=team.pk, **facts)
    except ledger.KeyReused as error:
        sentence = _("This form was already used for another grant. Nothing was added; open it again for a new one.")
        raise AlreadySubmitted(sentence) from error
    return posted.is_new
