"""What every decision of a person about an unclear take has in common: on what it rests, and who was first."""

from __future__ import annotations

from django.utils.translation import gettext as _

from generations.errors import Refused
from generations.models import Attempt, Generation, Status


class CannotDecide(Refused):
    """The take is not one that waits for a person's decision, or the decision does not hold."""

    code = "cannot_decide"


def last_attempt(generation: Generation) -> Attempt | None:
    """The newest attempt: the one that a decision is about."""
    return generation.attempts.order_by("-number").first()


def check_undecided(generation: Generation, seen: int | None) -> Attempt | None:
    """The attempt that is to be decided on, locked before its take is. Inside a transaction.

    `seen` is the number of the attempt that the person was shown: a decision about it does not count for a later one.
    Raises CannotDecide for a take that is not unconfirmed, or no longer as it was seen.
    """
    attempt = generation.attempts.select_for_update(no_key=True).order_by("-number").first()
    row = Generation.objects.select_for_update(no_key=True).get(pk=generation.pk)
    if row.status != Status.UNCERTAIN:
        raise CannotDecide(_why_not(row))
    if seen is not None and seen != (attempt.number if attempt else 0):
        sentence = _("%(take)s has been sent again since this page was drawn. Look at what is known now.")
        raise CannotDecide(sentence % {"take": row.name})
    return attempt


def _why_not(generation: Generation) -> str:
    facts = {"take": generation.name, "status": generation.get_status_display()}
    if generation.is_terminal:
        return _("%(take)s is at its end (%(status)s), so its hold is resolved already.") % facts
    return _("Only a take that is not confirmed can be decided on; %(take)s is in the state “%(status)s”.") % facts
