"""What a paid call came to, written down: one transaction per outcome, on the row that the lease token still owns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from generations import providers, queue
from generations.lifecycle import checkpoints
from generations.lifecycle.attempts import SUBMIT
from generations.lifecycle.lifeboat import results_expire_at
from generations.lifecycle.record import record
from generations.lifecycle.settle import charge_for_failure, finish
from generations.lifecycle.timing import first_look_seconds, typical_seconds
from generations.models import Attempt, Generation, Status

log = structlog.get_logger(__name__)
_Outcome = Attempt.Outcome


def accepted(
    generation: Generation, attempt_id: int, operation: providers.Operation, outcome: Attempt.Outcome, note: str = ""
) -> bool:
    """Store the provider's task id: the take is `running`. Also for a worker whose lease ended meanwhile.

    False where the take went on without us, or the task id belongs to another take.
    """
    typical = typical_seconds(generation)
    try:
        with transaction.atomic():
            attempt = Attempt.objects.select_for_update(no_key=True).get(pk=attempt_id)
            facts = {"provider_task_id": operation.task_id, "request_id": operation.request_id[:120]}
            held = attempt.close(outcome, **facts) or leaves_line(generation, attempt)
            won = held and generation.advance(
                Status.RUNNING,
                only_from=frozenset({Status.SUBMITTING, Status.UNCERTAIN}),
                note=note,
                provider_task_id=operation.task_id,
                operation_json=operation_json(operation),
                submitted_at=attempt.sent_at or Now(),
                expected_finish_at=Now() + timedelta(seconds=typical),
                due_at=Now() + timedelta(seconds=first_look_seconds(typical)),
            )
            if not won:
                Attempt.objects.filter(pk=attempt_id).update(**facts)
                _late_answer(generation, attempt_id, operation)
    except IntegrityError as error:
        if "generation_once_per_task" not in str(error):
            raise
        log.warning("task_bound_elsewhere", generation=generation.pk, task=operation.task_id)
        if outcome == _Outcome.ACCEPTED:  # the provider's own answer, not a hint that somebody sent
            _named_anothers(generation, attempt_id, operation)
        return False
    checkpoints.reach("operation stored", [generation])
    queue.kick("follow")
    return won


def leaves_line(generation: Generation, attempt: Attempt) -> bool:
    """Back in line although the provider has it after all: it is not sent again. Not where it has moved since."""
    if generation.events.filter(kind="moved", happened_at__gt=attempt.opened_at).exists():
        return False
    note = _("The provider had taken it after all, so it left the line.")
    won = generation.advance(Status.SUBMITTING, only_from=frozenset({Status.QUEUED}), note=note)
    return won and Attempt.objects.filter(pk=attempt.pk).update(outcome=_Outcome.FOUND) > 0


def _late_answer(generation: Generation, attempt_id: int, operation: providers.Operation) -> None:
    """The provider has a job that the take no longer waits for: kept where a person sees it, and decides."""
    generation.refresh_from_db()
    if generation.provider_task_id == operation.task_id:
        generation.log("late_answer", _("An answer came after the take had gone on."), task=operation.task_id)
        return
    attempt = Attempt.objects.select_for_update(no_key=True).get(pk=attempt_id)
    attempt.evidence["late_task_id"] = operation.task_id
    attempt.save(update_fields=["evidence"])
    facts = {"task": operation.task_id, "attempt": attempt.number}
    record("late_answer", generation, now=timezone.now(), actor_id=None, team_id=generation.team_id, **facts)
    log.error("late_answer", generation=generation.pk, **facts)
    generation.log("late_answer", _late_words(generation) % facts, **facts)


def _named_anothers(generation: Generation, attempt_id: int, operation: providers.Operation) -> None:
    """The answer to the submit names a job that another take was bound to: the evidence stays, and somebody hears."""
    with transaction.atomic():
        attempt = Attempt.objects.select_for_update(no_key=True).get(pk=attempt_id)
        attempt.evidence["late_task_id"] = operation.task_id
        attempt.save(update_fields=["evidence"])
        facts = {"task": operation.task_id, "attempt": attempt.number}
        record("task_of_another", generation, now=timezone.now(), actor_id=None, team_id=generation.team_id, **facts)
        words = _("The provider took this take as %(task)s in attempt %(attempt)s, but another take holds that job.")
        generation.log("late_answer", words % facts, **facts)


def _late_words(generation: Generation) -> str:
    if generation.is_terminal:
        return _(
            "The provider took this take as %(task)s, and said so only after the take had ended. It may charge for it. "
            "An administrator can look for the job at the provider."
        )
    return _(
        "The provider took this take as %(task)s in attempt %(attempt)s, and said so only after the take had gone on "
        "without it. It may be charged twice. An administrator can look for the job at the provider."
    )


def operation_json(operation: providers.Operation) -> dict[str, Any]:
    """The operation as it is stored."""
    return {"task_id": operation.task_id, "state": dict(operation.state), "request_id": operation.request_id}


def operation_from(value: dict[str, Any]) -> providers.Operation:
    """The operation that was stored."""
    return providers.Operation(value["task_id"], value["state"], value.get("request_id", ""))


def ingesting(generation: Generation, finished: providers.Finished) -> bool:
    """The provider is done: keep what it made and what it says it cost, and bring the file home."""
    won = generation.advance(Status.INGESTING, **what_was_made(generation, finished))
    if won:
        queue.kick_on_commit("ingest", generation_id=generation.pk)
    return won


def ingesting_each(finished: Sequence[tuple[Generation, providers.Finished]]) -> None:
    """The same for many takes in a few statements. Inside a transaction."""
    facts = {generation.pk: what_was_made(generation, answer) for generation, answer in finished}
    won = sorted(Generation.objects.advance_each(Status.INGESTING, facts))
    transaction.on_commit(lambda: queue.kick_each("ingest", won))


def what_was_made(generation: Generation, finished: providers.Finished) -> dict[str, Any]:
    """The columns that keep what a provider says it has made."""
    return {
        "outputs_json": [output.as_json() for output in finished.outputs],
        "provider_cost_json": finished.cost.as_json() if finished.cost else None,
        "provider_done_at": Now(),
        "results_expire_at": results_expire_at(generation, finished.outputs),
        "due_at": Now(),
        "failure_code": "",
        "failure_public": "",
        "failure_provider_words": "",
    }


def make_uncertain(generation: Generation, note: str) -> bool:
    """The provider may have the job: the hold stays and nothing is sent again until somebody knows.

    Due for a lookup only where a submit is open. What the provider took and then lost waits for word from it, or for a
    person. A call before the submit (`Adapter.begin`) is another matter: nobody can look for it, so the take ends.
    """
    attempt = Attempt.objects.filter(generation=generation, closed_at=None).first()
    if attempt and attempt.sent_at and attempt.step != SUBMIT:
        return _preparation_lost(generation, attempt)
    facts: dict[str, Any] = {"due_at": Now()} if attempt else {"due_at": None, "waiting_for": note[:300]}
    sources = frozenset({Status.SUBMITTING, Status.RUNNING})
    return generation.advance(Status.UNCERTAIN, only_from=sources, note=note, **facts)


def _preparation_lost(generation: Generation, attempt: Attempt) -> bool:
    """It carries no number of ours and is never repeated. Only the submit renders, and that was not sent."""
    sentence = _(
        "The provider did not answer the call that prepares this take (%(step)s), and it cannot be asked again. The "
        "take itself was not sent and nothing was charged here, but the provider may have charged for the "
        "preparation. You can try again."
    )
    with transaction.atomic():
        if not attempt.close(_Outcome.UNCERTAIN):
            return False
        return failed(generation, "preparation_lost", sentence % {"step": attempt.step}, "", None)


def failed(
    generation: Generation, code: str, public: str, words: str, charged: providers.Cost | None, **facts: Any
) -> bool:
    """End a take without a result, settled on what the provider charged for it."""
    generation.refresh_from_db(fields=["cancel_requested_at"])
    # What was made before it could be stopped is not canceled: it is lost.
    is_canceled = generation.cancel_requested_at and generation.status != Status.INGESTING
    to = Status.CANCELED if is_canceled else Status.FAILED
    return finish(
        generation,
        to=to,
        charged=charge_for_failure(generation, charged),
        cost=charged,
        now=timezone.now(),
        reason=public,
        note=public,
        failure_code=code[:60],
        failure_public=public[:400],
        failure_provider_words=words[:600],
        **facts,
    )


def again(generation: Generation, *, seconds: float, tries: int, waiting_for: str) -> bool:
    """Back in line, because it is certain that the provider took nothing; or canceled, if that was asked for."""
    sources = frozenset({Status.SUBMITTING, Status.UNCERTAIN})
    generation.refresh_from_db(fields=["cancel_requested_at"])
    if generation.cancel_requested_at:
        note = _canceled_note(generation)
        return finish(
            generation, to=Status.CANCELED, charged=Decimal(0), now=timezone.now(), only_from=sources, note=note
        )
    due_at = Now() + timedelta(seconds=seconds)
    return generation.advance(
        Status.QUEUED, only_from=sources, tries=tries, due_at=due_at, waiting_for=waiting_for[:300], note=waiting_for
    )


def _canceled_note(generation: Generation) -> str:
    if generation.attempts.exclude(step=SUBMIT).filter(outcome=_Outcome.ACCEPTED).exists():
        return _("Canceled before the take was sent. The provider may have charged for preparing it.")
    return _("Canceled before anything was sent.")
