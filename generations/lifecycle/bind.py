"""Telling an unclear take which job at the provider it is: a person has found it, and a read with our key agrees."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from generations import providers, queue
from generations.lifecycle.accounts import provider_account
from generations.lifecycle.ask import ask
from generations.lifecycle.decision import CannotDecide, check_undecided
from generations.lifecycle.look_up import SUBMIT, holders_of
from generations.lifecycle.outcomes import accepted, operation_json
from generations.lifecycle.record import record
from generations.models import Attempt, Generation, Status


def bind(
    generation: Generation,
    *,
    task_id: str,
    reason: str,
    now: datetime,
    actor_id: int | None,
    seen: int | None = None,
) -> None:
    """Follow an unconfirmed take as the provider's job `task_id`; nothing is sent, and the hold stays.

    The provider is asked first, with our key. Raises CannotDecide where it does not know the job, where the job carries
    the number of something else, where another take holds it, or where the take is not unconfirmed any more; Refused
    for what cannot be a job of that provider.
    """
    with transaction.atomic():
        _check_step(generation, check_undecided(generation, seen))
    operation = confirmed(generation, task_id)
    with transaction.atomic():
        attempt = check_undecided(generation, seen)
        note = _("Found at the provider by a person: %(reason)s") % {"reason": reason}
        if not _follow(generation, attempt, operation, note):
            raise CannotDecide(held_elsewhere(generation, task_id))
        facts = {"reason": reason, "task_id": task_id}
        record("bind", generation, now=now, actor_id=actor_id, team_id=generation.team_id, **facts)
        queue.kick_on_commit("follow")


def _check_step(generation: Generation, attempt: Attempt | None) -> None:
    if attempt is not None and attempt.step != SUBMIT:
        sentence = _(
            "What was lost of %(take)s is the call “%(step)s” that comes before the job, so there is no job to find. "
            "Send it again, or give it up."
        )
        raise CannotDecide(sentence % {"take": generation.name, "step": attempt.step})


def confirmed(generation: Generation, task_id: str) -> providers.Operation:
    """The job, after a read with our key. Raises CannotDecide where that does not bear it out."""
    route, account = generation.route, generation.account
    facts = {"task": task_id, "account": account.label, "take": generation.name}
    if route is None:
        raise CannotDecide(_("This site no longer has the route of %(take)s, so no job can be read there.") % facts)
    try:
        operation = providers.adapter_class(account.provider).operation_for(task_id, route, provider_account(account))
        if holders_of({task_id}, account, but=generation):
            raise CannotDecide(held_elsewhere(generation, task_id))
        is_ours = ask(generation, lambda adapter: adapter.confirm(operation, generation.our_id, route))
    except providers.ProviderError as error:
        sentence = _("Job %(task)s could not be read at %(account)s, so nothing was changed: %(why)s")
        raise CannotDecide(sentence % {**facts, "why": error.public}) from error
    if not is_ours:
        sentence = _("Job %(task)s at %(account)s does not carry the number of %(take)s, so it is not this take.")
        raise CannotDecide(sentence % facts)
    return operation


def held_elsewhere(generation: Generation, task_id: str) -> str:
    """The sentence that names the takes that have a job already: those of the same team, and of no other."""
    holders = [take for _id, take in holders_of({task_id}, generation.account, but=generation)]
    names = ", ".join([take.name for take in holders if take.team_id == generation.team_id][:3])
    facts = {"task": task_id, "names": names or _("another take")}
    return _("Job %(task)s belongs to %(names)s already. A job is one take's only.") % facts


def _follow(generation: Generation, attempt: Attempt | None, operation: providers.Operation, note: str) -> bool:
    if attempt is not None and attempt.closed_at is None:
        return accepted(generation, attempt.pk, operation, Attempt.Outcome.FOUND, note)
    try:
        with transaction.atomic():
            return generation.advance(
                Status.RUNNING,
                only_from=frozenset({Status.UNCERTAIN}),
                note=note,
                provider_task_id=operation.task_id,
                operation_json=operation_json(operation),
                due_at=Now(),
            )
    except IntegrityError as error:
        if "generation_once_per_task" not in str(error):
            raise
        return False
