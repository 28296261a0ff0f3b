"""Giving up a take of which nobody can say whether the provider took it: a person decides, and the hold goes back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from generations.lifecycle.decision import check_undecided
from generations.lifecycle.record import record
from generations.lifecycle.settle import finish
from generations.models import Attempt, Generation, Status

GIVEN_UP = "given_up"  # the failure code of such a take


def give_up(
    generation: Generation, *, reason: str, now: datetime, actor_id: int | None, seen: int | None = None
) -> None:
    """End an unconfirmed take as failed, close its attempt and return its hold.

    Should the provider have made it after all, its charge is booked when it reports one. Raises CannotDecide for a take
    in any other status: those end by themselves, or can be canceled.
    """
    public = _("Nobody could confirm that the provider took this take, so it was given up. Nothing was charged.")
    with transaction.atomic():
        check_undecided(generation, seen)
        finish(
            generation,
            to=Status.FAILED,
            charged=Decimal(0),
            now=now,
            reason=reason,
            only_from=frozenset({Status.UNCERTAIN}),
            note=_("Given up: %(reason)s") % {"reason": reason},
            failure_code=GIVEN_UP,
            failure_public=public,
        )
        for attempt in generation.attempts.filter(closed_at=None):
            attempt.close(Attempt.Outcome.GIVEN_UP)
        record("give_up", generation, now=now, actor_id=actor_id, team_id=generation.team_id, reason=reason)
