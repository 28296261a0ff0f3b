"""Trying again by hand: a step that waits happens now, and a result that could not be fetched is fetched once more.

A paid call is never repeated here. A take that failed before the provider made something needs a new take.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations import queue
from generations.errors import Refused
from generations.lifecycle.record import record
from generations.models import Generation, ProviderAccount, Status

_ENDED = frozenset({Status.FAILED, Status.CANCELED})
_WAITS_IN = {Status.QUEUED: "submit", Status.INGESTING: "ingest"}
_WHY_NOT = {
    Status.AWAITING_APPROVAL: gettext_lazy("%(take)s waits for an approval. Decide on that instead."),
    Status.SUBMITTING: gettext_lazy("%(take)s is being sent right now. Wait for what comes of it."),
    Status.RUNNING: gettext_lazy("%(take)s is with the provider and is followed by itself. Wait, or cancel it."),
    Status.UNCERTAIN: gettext_lazy(
        "%(take)s is not confirmed: the provider may be making it, and sending it again could pay for it twice. "
        "Look for it at the provider, then wait or release its hold."
    ),
    Status.DONE: gettext_lazy("%(take)s is stored already. There is nothing to try again."),
    Status.FAILED: gettext_lazy(
        "The provider made nothing for %(take)s that could be fetched again. Make a new take from its recipe."
    ),
    Status.CANCELED: gettext_lazy(
        "The provider made nothing for %(take)s that could be fetched again. Make a new take from its recipe."
    ),
}


class CannotRetry(Refused):
    """There is nothing that trying again could do for this take."""

    code = "cannot_retry"


def retry(generation: Generation, *, now: datetime, actor_id: int | None) -> str:
    """Do the next step of a take now; a sentence that says which.

    Raises CannotRetry, with what to do instead, for a take whose next step cannot be brought forward.
    """
    _check_account(generation)
    with transaction.atomic():
        if generation.outputs_json and _fetch_again(generation):
            said = _("The result of %(take)s is fetched once more.")
        elif _hurry(generation):
            said = _("%(take)s is due now.")
        else:
            generation.refresh_from_db()
            raise CannotRetry(_WHY_NOT[Status(generation.status)] % {"take": generation.name})
        record("retry", generation, now=now, actor_id=actor_id, team_id=generation.team_id)
    return said % {"take": generation.name}


def fetch_soon(generation: Generation, *, now: datetime, actor_id: int | None) -> str:
    """Try at once to bring home a result that is on its way; a sentence that says so.

    Raises CannotRetry for a take that is in any other state: this books nothing and starts nothing anew.
    """
    with transaction.atomic():
        if generation.status != Status.INGESTING or not _hurry(generation):
            sentence = _("%(take)s has no result on its way. Reload the page to see where it stands.")
            raise CannotRetry(sentence % {"take": generation.name})
        record("fetch_soon", generation, now=now, actor_id=actor_id, team_id=generation.team_id)
    return _("%(take)s is due now.") % {"take": generation.name}


def _check_account(generation: Generation) -> None:
    """A take in line whose account sends nothing would only seem to be due."""
    account = generation.account
    if generation.status == Status.QUEUED and account.status != ProviderAccount.Status.ACTIVE:
        sentence = _("%(take)s waits for %(account)s, which sends nothing now. Resume the account, or wait for it.")
        raise CannotRetry(sentence % {"take": generation.name, "account": account.label})


def _fetch_again(generation: Generation) -> bool:
    note = _("An administrator asked to fetch the result once more.")
    won = generation.advance(
        Status.INGESTING,
        only_from=_ENDED,
        note=note,
        due_at=Now(),
        finished_at=None,
        failure_code="",
        failure_public="",
        failure_provider_words="",
    )
    if won:
        queue.kick_on_commit("ingest", generation_id=generation.pk)
    return won


def _hurry(generation: Generation) -> bool:
    """Bring the due time forward; whoever holds a lease keeps it."""
    for status, name in _WAITS_IN.items():
        if Generation.objects.filter(pk=generation.pk, status=status).update(due_at=Now(), changed_at=Now()):
            queue.kick_on_commit(name, generation_id=generation.pk if name == "ingest" else None)
            generation.refresh_from_db()
            return True
    return False
