"""The last question about a take that nobody could confirm or that never ended, before its hold goes back."""

from __future__ import annotations

from enum import Enum

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generations import catalog, providers
from generations.errors import PortalError
from generations.lifecycle.ask import ask
from generations.lifecycle.follow import end_without_result
from generations.lifecycle.look_up import NO_SUCH_TASK, Lookup, found_job, look_up, note_lookup, way_of
from generations.lifecycle.outcomes import accepted, ingesting, operation_from
from generations.models import Attempt, Generation, Status

State = providers.Pending | providers.Finished | providers.Failed


class Word(Enum):
    """What came of it."""

    KNOWN = "known"  # there is word of it: it goes on, or it is at its end
    OPEN = "open"  # the provider still works on it, or could not be asked
    NOTHING = "nothing"  # the provider knows nothing of it, or nobody can be asked


def look_once_more(generation: Generation) -> tuple[Word, str]:
    """Ask the provider about a take now and act on what it says; the outcome, and a sentence about it.

    Over HTTP: not inside a transaction, nor from a running event loop.
    """
    route = generation.route
    if route is None:
        return Word.OPEN, _("This site no longer has its route, so it cannot be asked about.")
    if generation.provider_task_id:
        return _ask_about_job(generation, route)
    attempt = generation.attempts.filter(closed_at=None, sent_at__isnull=False).first()
    if attempt is None:
        return Word.NOTHING, ""
    return _search(generation, attempt, route)


def _ask_about_job(generation: Generation, route: catalog.Route) -> tuple[Word, str]:
    operation = operation_from(generation.operation_json)
    try:
        state: State = ask(generation, lambda adapter: adapter.follow(operation, route))
    except providers.ProviderError as error:
        return _of_error(error)
    if isinstance(state, providers.Pending):
        return Word.OPEN, _("%(account)s is still making it.") % {"account": generation.account.label}
    with transaction.atomic():
        row = Generation.objects.select_for_update(no_key=True).get(pk=generation.pk)
        row.account = generation.account
        if row.status not in (Status.RUNNING, Status.UNCERTAIN):
            return Word.KNOWN, ""
        if isinstance(state, providers.Finished):
            ingesting(row, state)
        else:
            end_without_result(row, state)
    return Word.KNOWN, ""


def _search(generation: Generation, attempt: Attempt, route: catalog.Route) -> tuple[Word, str]:
    how = way_of(attempt, generation.account, route)
    if how is None:
        return Word.NOTHING, ""
    item = Lookup(generation, attempt, generation.account, route, how)
    item = ask(generation, lambda adapter: look_up(item, lambda _account: adapter))
    found = found_job(item)
    note = _("Confirmed with the provider after an unclear answer.")
    if found and accepted(generation, attempt.pk, found, Attempt.Outcome.FOUND, note):
        return Word.KNOWN, ""
    with transaction.atomic():
        locked = Attempt.objects.select_for_update(no_key=True).get(pk=attempt.pk)
        locked.looked_up_at = timezone.now()
        note_lookup(locked, item)
        locked.save(update_fields=["evidence", "looked_up_at"])
    return _of_error(item.error) if item.error else (Word.NOTHING, "")


def _of_error(error: PortalError) -> tuple[Word, str]:
    """A provider that does not know the job has said so; every other error means that it could not be asked."""
    knows_nothing = isinstance(error, providers.Rejected) or error.data.get("status") in NO_SUCH_TASK
    return (Word.NOTHING if knows_nothing else Word.OPEN), error.public
