"""Giving up a take of which nobody can say whether the provider took it: a person decides, and the hold goes back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from generations.errors import Refused
from generations.lifecycle.record import record
from generations.lifecycle.settle import finish
from generations.models import Attempt, Generation, Status


class CannotGiveUp(Refused):
    """The take is not one that waits for a person's decision."""

    code = "cannot_give_up"


def give_up(generation: Generation, *, reason: str, now: datetime, actor_id: int | None) -> None:
    """End an unconfirmed take as failed, close its attempt and return its hold.

    Should the provider have made it after all, its charge is booked when it reports one. Raises CannotGiveUp for a take
    in any other status: those end by themselves, or can be canceled.
    """
    public = _("Nobody could confirm that the provider took this take, so it was given up. Nothing was charged.")
    with transaction.atomic():
        won = finish(
            generation,
            to=Status.FAILED,
            charged=Decimal(0),
            now=now,
            reason=reason,
            only_from=frozenset({Status.UNCERTAIN}),
            note=_("Given up by an administrator: %(reason)s") % {"reason": reason},
            failure_code="given_up",
            failure_public=public,
        )
        if not won:
            generation.refresh_from_db()
            raise CannotGiveUp(_why_not(generation))
        for attempt in generation.attempts.filter(closed_at=None):
            attempt.close(Attempt.Outcome.GIVEN_UP)
        record("give_up", generation, now=now, actor_id=actor_id, team_id=generation.team_id, reason=reason)


def _why_not(generation: Generation) -> str:
    facts = {"take": generation.name, "status": generation.get_status_display()}
    if generation.is_terminal:
        return _("%(take)s is at its end (%(status)s), so its hold is resolved already.") % facts
    return _("Only a take that is not confirmed can be given up; %(take)s is in the state “%(status)s”.") % facts
