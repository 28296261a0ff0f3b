"""What a paid call came to, written down: one transaction per outcome, on the row that the lease token still owns."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from generations import providers, queue
from generations.errors import PortalError, Retry
from generations.lifecycle import checkpoints
from generations.lifecycle.claim import Claim, Result
from generations.lifecycle.lifeboat import results_expire_at
from generations.lifecycle.settle import charge_for_failure, finish
from generations.lifecycle.timing import first_look_seconds, retry_seconds, typical_seconds
from generations.models import Attempt, Generation, ProviderAccount, Status

log = structlog.get_logger(__name__)
_Outcome = Attempt.Outcome


def apply_submit(result: Result) -> None:
    """Write down what came of a submit."""
    for note in result.notes:
        result.claim.generation.log("input_changed", note)
    if isinstance(result.answer, providers.Operation):
        accepted(result.claim.generation, result.claim.attempt_id, result.answer, _Outcome.ACCEPTED)
    elif isinstance(result.answer, providers.Finished):
        _answered_at_once(result.claim, result.answer)
    elif result.error is not None:
        _refused(result)
    else:
        _not_sent(result.claim)


def accepted(
    generation: Generation, attempt_id: int, operation: providers.Operation, outcome: Attempt.Outcome, note: str = ""
) -> bool:
    """Store the provider's task id: the take is `running`. Also for a worker whose lease ended meanwhile.

    False where the take went on without us, or the task id belongs to another take.
    """
    typical = typical_seconds(generation)
    try:
        with transaction.atomic():
            attempt = Attempt.objects.get(pk=attempt_id)
            facts = {"provider_task_id": operation.task_id, "request_id": operation.request_id[:120]}
            won = attempt.close(outcome, **facts) and generation.advance(
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
                generation.log("late_answer", _("An answer came after the take had gone on."), task=operation.task_id)
    except IntegrityError as error:
        if "generation_once_per_task" not in str(error):
            raise
        log.warning("task_bound_elsewhere", generation=generation.pk, task=operation.task_id)
        return False
    checkpoints.reach("operation stored", [generation])
    queue.kick("follow")
    return won


def operation_json(operation: providers.Operation) -> dict[str, Any]:
    """The operation as it is stored."""
    return {"task_id": operation.task_id, "state": dict(operation.state), "request_id": operation.request_id}


def operation_from(value: dict[str, Any]) -> providers.Operation:
    """The operation that was stored."""
    return providers.Operation(value["task_id"], value["state"], value.get("request_id", ""))


def _answered_at_once(claim: Claim, answer: providers.Finished) -> None:
    with transaction.atomic():
        if Attempt.objects.get(pk=claim.attempt_id).close(_Outcome.ACCEPTED, request_id=answer.request_id[:120]):
            ingesting(claim.generation, answer)


def ingesting(generation: Generation, finished: providers.Finished) -> bool:
    """The provider is done: keep what it made and what it says it cost, and bring the file home."""
    won = generation.advance(
        Status.INGESTING,
        outputs_json=[output.as_json() for output in finished.outputs],
        provider_cost_json=finished.cost.as_json() if finished.cost else None,
        provider_done_at=Now(),
        results_expire_at=results_expire_at(generation, finished.outputs),
        due_at=Now(),
        failure_code="",
        failure_public="",
        failure_provider_words="",
    )
    if won:
        queue.kick_on_commit("ingest", generation_id=generation.pk)
    return won


def _not_sent(claim: Claim) -> None:
    """The lease was lost, or a cancel came, before anything left. Whoever closed the attempt meanwhile went on."""
    with transaction.atomic():
        if Attempt.objects.get(pk=claim.attempt_id).close(_Outcome.NOT_SENT):
            again(claim.generation, seconds=0, tries=claim.generation.tries, waiting_for="")


def _refused(result: Result) -> None:
    error, generation = result.error, result.claim.generation
    is_final = isinstance(error, providers.Rejected | providers.UnsupportedOption | providers.Misconfigured)
    if is_final or (not result.was_sent and error is not None and error.retry == Retry.NEVER):
        _fail(result, error)
    elif isinstance(error, providers.Busy) or not result.was_sent or isinstance(error, providers.Unreachable):
        _again_later(result, error)
    else:
        # It was sent, and we do not know what became of it. The attempt stays open: nothing is submitted again.
        with transaction.atomic():
            # Locked, because a webhook may be putting its hint into the evidence.
            attempt = Attempt.objects.select_for_update(no_key=True).get(pk=result.claim.attempt_id)
            if attempt.closed_at is None:
                Attempt.objects.filter(pk=attempt.pk).update(evidence={**attempt.evidence, **_evidence(error)})
                make_uncertain(generation, error.public if error else "")


def make_uncertain(generation: Generation, note: str) -> bool:
    """The provider may have the job: the hold stays and nothing is sent again until somebody knows.

    Due for a lookup only where a submit is open. What the provider took and then lost waits for word from it, or for a
    person.
    """
    is_open = Attempt.objects.filter(generation=generation, closed_at=None).exists()
    facts: dict[str, Any] = {"due_at": Now()} if is_open else {"due_at": None, "waiting_for": note[:300]}
    sources = frozenset({Status.SUBMITTING, Status.RUNNING})
    return generation.advance(Status.UNCERTAIN, only_from=sources, note=note, **facts)


def _fail(result: Result, error: PortalError | None) -> None:
    assert error is not None
    charged = error.charged if isinstance(error, providers.Rejected) else None
    generation = result.claim.generation
    with transaction.atomic():
        attempt = Attempt.objects.get(pk=result.claim.attempt_id)
        outcome = _Outcome.REJECTED if result.was_sent else _Outcome.NOT_SENT
        request_id = str(error.data.get("request_id", ""))[:120]
        # An attempt that somebody else closed is fenced off: the take may be out again under another one.
        if not attempt.close(outcome, request_id=request_id, evidence=_evidence(error)):
            return
        failed(generation, error.code, public_sentence(error, result.claim.account), _words(error), charged)


def failed(
    generation: Generation, code: str, public: str, words: str, charged: providers.Cost | None, **facts: Any
) -> bool:
    """End a take without a result, settled on what the provider charged for it."""
    generation.refresh_from_db(fields=["cancel_requested_at"])
    to = Status.CANCELED if generation.cancel_requested_at else Status.FAILED
    return finish(
        generation,
        to=to,
        charged=charge_for_failure(generation, charged),
        cost=charged,
        now=timezone.now(),
        reason=code,
        note=public,
        failure_code=code[:60],
        failure_public=public[:400],
        failure_provider_words=words[:600],
        **facts,
    )


def _again_later(result: Result, error: PortalError | None) -> None:
    generation, account = result.claim.generation, result.claim.account
    tries = generation.tries + 1
    outcome = _Outcome.BUSY if isinstance(error, providers.Busy) else _Outcome.NOT_SENT
    if tries >= settings.LIFECYCLE["submit_tries"]:
        _fail(result, error)
        return
    seconds = retry_seconds(tries, getattr(error, "retry_after_seconds", None))
    with transaction.atomic():
        if not Attempt.objects.get(pk=result.claim.attempt_id).close(outcome, evidence=_evidence(error)):
            return
        again(generation, seconds=seconds, tries=tries, waiting_for=error.public if error else "")
    if isinstance(error, providers.Busy):
        ProviderAccount.objects.filter(pk=account.pk).update(not_before=Now() + timedelta(seconds=min(seconds, 5)))


def again(generation: Generation, *, seconds: float, tries: int, waiting_for: str) -> bool:
    """Back in line, because it is certain that the provider took nothing; or canceled, if that was asked for."""
    sources = frozenset({Status.SUBMITTING, Status.UNCERTAIN})
    generation.refresh_from_db(fields=["cancel_requested_at"])
    if generation.cancel_requested_at:
        note = _("Canceled before anything was sent.")
        return finish(
            generation, to=Status.CANCELED, charged=Decimal(0), now=timezone.now(), only_from=sources, note=note
        )
    due_at = Now() + timedelta(seconds=seconds)
    return generation.advance(
        Status.QUEUED, only_from=sources, tries=tries, due_at=due_at, waiting_for=waiting_for[:300], note=waiting_for
    )


def public_sentence(error: PortalError, account: ProviderAccount) -> str:
    """What the person who made the take is told: the provider's reason, what it cost, what to do."""
    if isinstance(error, providers.Misconfigured):
        sentence = _(
            "%(account)s cannot be used: %(why)s Nothing was charged. Choose another route, or ask the administrator."
        )
        return sentence % {"account": account.label, "why": error.public}
    return error.public


def _words(error: PortalError) -> str:
    return str(error.data.get("excerpt", ""))


def _evidence(error: PortalError | None) -> dict[str, Any]:
    return {"error": error.code, **error.data} if error else {}
