"""Sending an unclear take again, because a person is sure that the provider never took it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from generations import queue
from generations.lifecycle.decision import CannotDecide, check_undecided
from generations.lifecycle.outcomes import again
from generations.lifecycle.record import record
from generations.models import Attempt, Generation


def send_again(
    generation: Generation, *, reason: str, now: datetime, actor_id: int | None, seen: int | None = None
) -> None:
    """Put an unconfirmed take back in line, with its hold and its number; canceled instead where that was asked for.

    If the provider had taken it after all, it is made and paid for twice: that is what the person answers for. Raises
    CannotDecide, also for a take of which the provider has said that it took it.
    """
    with transaction.atomic():
        attempt = check_undecided(generation, seen)
        if generation.provider_task_id:
            sentence = _(
                "%(provider)s took %(take)s and called it %(task)s, so sending it again would pay twice. Look for that "
                "job, or give the take up and order a new one."
            )
            facts = {
                "provider": generation.account.label,
                "take": generation.name,
                "task": generation.provider_task_id,
            }
            raise CannotDecide(sentence % facts)
        if attempt is not None:
            attempt.close(Attempt.Outcome.ABSENT)
        again(generation, seconds=0, tries=0, waiting_for=_("Surely not taken: %(reason)s") % {"reason": reason})
        record("send_again", generation, now=now, actor_id=actor_id, team_id=generation.team_id, reason=reason)
        queue.kick_on_commit("submit")
