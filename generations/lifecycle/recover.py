"""A take that ended here and was made all the same: its result is brought home, on the provider's evidence alone.

That happens to a take that was given up, or canceled, while an answer was still on its way. The hold is resolved by
then, so what the job cost is booked as an overrun.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from generations import providers
from generations.lifecycle.ask import ask
from generations.lifecycle.bind import confirmed, held_elsewhere
from generations.lifecycle.decision import CannotDecide
from generations.lifecycle.give_up import GIVEN_UP
from generations.lifecycle.hold_limits import TIMED_OUT
from generations.lifecycle.outcomes import ingesting, operation_from, operation_json
from generations.lifecycle.record import record
from generations.lifecycle.settle import charge_for_failure, settle
from generations.models import Attempt, CallbackReceipt, Generation, Status

_ENDED = (Status.FAILED, Status.CANCELED)
_LET_GO = (GIVEN_UP, TIMED_OUT)  # with a job that may still end


def heard_of_late(takes: QuerySet[Generation]) -> QuerySet[Generation]:
    """Those of the takes that ended without a job or were let go, and of which the provider has spoken since."""
    word = CallbackReceipt.objects.filter(generation=OuterRef("pk"), received_at__gte=OuterRef("finished_at"))
    answer = Attempt.objects.filter(generation=OuterRef("pk"), evidence__has_key="late_task_id")
    ended = takes.filter(status__in=_ENDED, attempts__sent_at__isnull=False)
    ended = ended.filter(Q(provider_task_id=None) | Q(failure_code__in=_LET_GO))
    return ended.filter(Q(Exists(word.exclude(task_id=""))) | Q(Exists(answer))).distinct()


def late_task_id(generation: Generation) -> str:
    """The job that the provider spoke of after the end, or empty."""
    for attempt in generation.attempts.order_by("-number"):
        if found := attempt.evidence.get("late_task_id"):
            return str(found)
    words = CallbackReceipt.objects.filter(generation=generation, received_at__gte=F("generation__finished_at"))
    return words.exclude(task_id="").order_by("-pk").values_list("task_id", flat=True).first() or ""


def recover(generation: Generation, *, task_id: str, reason: str, now: datetime, actor_id: int | None) -> bool:
    """Fetch the result of the job `task_id` for a take that had ended; False where the job failed and is settled.

    Raises CannotDecide where the provider does not bear it out or has not finished, and for every other take.
    """
    _check(generation, task_id)
    operation = confirmed(generation, task_id)
    if generation.provider_task_id:
        operation = operation_from(generation.operation_json)  # with what the adapter kept in it
    route = generation.route
    assert route is not None  # `confirmed` has read the job there
    try:
        state = ask(generation, lambda adapter: adapter.follow(operation, route))
    except providers.ProviderError as error:
        raise CannotDecide(error.public) from error
    if isinstance(state, providers.Pending):
        sentence = _("Job %(task)s is still being made. Nothing was changed; come back when it is done.")
        raise CannotDecide(sentence % {"task": task_id})
    with transaction.atomic():
        _check(Generation.objects.select_for_update(no_key=True).get(pk=generation.pk), task_id)
        _bind(generation, operation)
        if isinstance(state, providers.Finished):
            ingesting(generation, state)
            Generation.objects.filter(pk=generation.pk).update(finished_at=None)
        else:
            _settle_failure(generation, state, now, reason)
        facts = {"reason": reason, "task_id": task_id}
        record("recover", generation, now=now, actor_id=actor_id, team_id=generation.team_id, **facts)
        generation.log("recovered", reason, task=task_id)
    return isinstance(state, providers.Finished)


def _check(generation: Generation, task_id: str) -> None:
    is_its_own = generation.failure_code in _LET_GO and generation.provider_task_id == task_id
    if generation.status not in _ENDED or (generation.provider_task_id and not is_its_own):
        sentence = _("Only a take that ended without a job can get one later; %(take)s is in the state “%(status)s”.")
        raise CannotDecide(sentence % {"take": generation.name, "status": generation.get_status_display()})
    if not generation.attempts.filter(sent_at__isnull=False).exists():
        sentence = _("%(take)s was never sent, so no job at the provider can be its own.")
        raise CannotDecide(sentence % {"take": generation.name})


def _bind(generation: Generation, operation: providers.Operation) -> None:
    try:
        with transaction.atomic():
            Generation.objects.filter(pk=generation.pk).update(
                provider_task_id=operation.task_id, operation_json=operation_json(operation)
            )
    except IntegrityError as error:
        if "generation_once_per_task" not in str(error):
            raise
        raise CannotDecide(held_elsewhere(generation, operation.task_id)) from error
    generation.refresh_from_db()


def _settle_failure(generation: Generation, state: providers.Failed, now: datetime, reason: str) -> None:
    charged = charge_for_failure(generation, state.charged)
    total = settle(generation, charged=charged, now=now, reason=reason)
    cost = state.charged.as_json() if state.charged else None
    facts = {"charged_credits": total, "provider_cost_json": cost, "failure_code": state.code[:60]}
    Generation.objects.filter(pk=generation.pk).update(**facts)
    generation.refresh_from_db()
