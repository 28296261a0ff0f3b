"""The follow pump: ask the provider about everything that is out there, thousands of takes over one HTTP client."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from generations import catalog, providers
from generations.errors import PortalError
from generations.lifecycle.look_up import Lookup, look_up
from generations.lifecycle.outcomes import failed, ingesting, ingesting_each, make_uncertain, operation_from
from generations.lifecycle.pump import Pump
from generations.lifecycle.reconcile import apply_lookup, claim_lookups
from generations.lifecycle.timing import is_heard_of, next_look_seconds, retry_seconds, typical_seconds
from generations.models import Generation, ProviderAccount, PumpLease, Status

log = structlog.get_logger(__name__)
State = providers.Pending | providers.Finished | providers.Failed

_CLAIM = """
    UPDATE generations_generation SET lease_token = lease_token + 1, lease_until = now() + %(lease)s
    WHERE id IN (
        SELECT id FROM generations_generation
        WHERE account_id = ANY(%(accounts)s) AND status = 'running' AND due_at <= now()
              AND (lease_until IS NULL OR lease_until <= now())
        -- Those that a webhook told of come first: there is news of them.
        ORDER BY coalesce(woken_at < due_at - interval '2 seconds', true), due_at LIMIT %(room)s FOR UPDATE SKIP LOCKED
    )
    -- What asking needs. Whole rows, thousands of times a minute, would cost more than the questions.
    RETURNING id, account_id, capability, model, tier, recipe_json, operation_json, lease_token, submitted_at,
              provider_done_at, cancel_requested_at, cancel_sent_at, now() AS claimed_at,
              quote_json ->> 'route' AS route_key
"""

# One statement for a whole batch. A webhook that came while we asked keeps the row due.
_STILL_PENDING = """
    UPDATE generations_generation g
    SET lease_until = NULL, tries = 0, waiting_for = '',
        due_at = CASE
            WHEN g.woken_at > v.claimed_at THEN now()
            -- Counted from the question, so that slow answers do not add to the pause; but never without one.
            ELSE greatest(v.claimed_at + v.seconds * interval '1 second', now() + v.seconds * interval '0.5 seconds')
        END,
        changed_at = CASE WHEN g.is_rendering = v.rendering AND g.provider_position IS NOT DISTINCT FROM v.position
                          THEN g.changed_at ELSE now() END,
        is_rendering = v.rendering, provider_position = v.position
    FROM unnest(%(ids)s::bigint[], %(tokens)s::bigint[], %(rendering)s::boolean[], %(positions)s::integer[],
                %(seconds)s::float[], %(claimed)s::timestamptz[])
         AS v(id, token, rendering, position, seconds, claimed_at)
    WHERE g.id = v.id AND g.lease_token = v.token AND g.status = 'running'
"""


@dataclass(frozen=True, slots=True)
class Question:
    """A running take to ask about."""

    generation: Generation
    lease_token: int
    account: ProviderAccount
    operation: providers.Operation
    route: catalog.Route
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider said, or why it could not be asked."""

    question: Question
    state: State | None = None
    error: PortalError | None = None
    cancel_sent: bool = False


class FollowPump(Pump[Question | Lookup, Answer | Lookup]):
    kind = PumpLease.Kind.FOLLOW
    statuses = (Status.RUNNING, Status.UNCERTAIN)
    at_once = 200

    def __init__(self, *, seconds: float | None = None) -> None:
        super().__init__(seconds=seconds)
        self._look_around_at = 0.0
        self._in_flight = 0

    def claim(self, room: int) -> list[Question | Lookup]:
        lookups: list[Question | Lookup] = []
        if time.monotonic() >= self._look_around_at:  # not with every handful of answers
            self._look_around_at = time.monotonic() + settings.LIFECYCLE["pump_interval_seconds"]
            self._in_flight = self._count_in_flight()
            lookups += claim_lookups(self.accounts, room)
        arguments = {
            "accounts": list(self.accounts),
            "room": room - len(lookups),
            "lease": timedelta(seconds=settings.LIFECYCLE["follow_lease_seconds"]),
        }
        rows: Sequence[Generation] = list(Generation.objects.raw(_CLAIM, arguments))
        return lookups + [question for row in rows if (question := self._question(row))]

    def _question(self, row: Generation) -> Question | None:
        account = self.accounts[row.account_id]
        row.account = account
        # Where a provider has two generations of its API, only the one that took it knows it.
        route = catalog.load().route(row.route_key or "")  # type: ignore[attr-defined]
        if route is None:
            # A newer catalog has lost it. The lease keeps the row out of the way, so that it does not stop the others.
            log.error("route_gone", generation=row.pk, model=row.model)
            if _is_overdue(row, row.claimed_at):  # type: ignore[attr-defined]
                _leave_to_a_person(
                    row, _("This site no longer has the route of this take, so it cannot be asked about.")
                )
            return None
        operation = operation_from(row.operation_json)
        return Question(row, row.lease_token, account, operation, route, row.claimed_at)  # type: ignore[attr-defined]

    def _count_in_flight(self) -> int:
        return Generation.objects.filter(account_id__in=list(self.accounts), status=Status.RUNNING).count()

    def bundles(self, items: list[Question | Lookup]) -> list[list[Question | Lookup]]:
        """Questions to one account go out together, as many in a request as its provider answers."""
        bundles: list[list[Question | Lookup]] = [[item] for item in items if isinstance(item, Lookup)]
        of_account: dict[int, list[Question | Lookup]] = defaultdict(list)
        for item in items:
            if isinstance(item, Question):
                of_account[item.account.pk].append(item)
        for questions in of_account.values():
            size = providers.adapter_class(questions[0].account.provider).batch_size
            bundles += [questions[start : start + size] for start in range(0, len(questions), size)]
        return bundles

    async def work(self, item: Question | Lookup) -> Answer | Lookup:
        if isinstance(item, Lookup):
            return await look_up(item, self.adapter)
        cancel_sent = False
        try:
            adapter = self.adapter(item.account)
            cancel_sent = await _send_cancel(item, adapter)
            return Answer(item, state=await adapter.follow(item.operation, item.route), cancel_sent=cancel_sent)
        except providers.ProviderError as error:
            return Answer(item, error=error, cancel_sent=cancel_sent)

    async def work_together(self, items: list[Question | Lookup]) -> list[Answer | Lookup]:
        questions = [item for item in items if isinstance(item, Question)]
        canceled: set[int] = set()
        found: Sequence[State | PortalError]
        try:
            adapter = self.adapter(questions[0].account)
            canceled = {question.generation.pk for question in questions if await _send_cancel(question, adapter)}
            found = await adapter.follow_many([(question.operation, question.route) for question in questions])
        except providers.ProviderError as error:
            found = [error] * len(questions)
        return [
            _answer(question, answer, question.generation.pk in canceled)
            for question, answer in zip(questions, found, strict=True)
        ]

    def apply(self, results: list[Answer | Lookup]) -> None:
        answers = [result for result in results if isinstance(result, Answer)]
        sent = [answer.question.generation.pk for answer in answers if answer.cancel_sent]
        if sent:
            Generation.objects.filter(pk__in=sent).update(cancel_sent_at=Now())
        self._apply_pending([answer for answer in answers if isinstance(answer.state, providers.Pending)])
        results[:] = [result for result in results if not _is(result, providers.Pending)]
        self.together([result for result in results if _is(result, providers.Finished)], _apply_finished, _apply)
        results[:] = [result for result in results if not _is(result, providers.Finished)]
        self.each(results, _apply)

    def _apply_pending(self, answers: list[Answer]) -> None:
        if not answers:
            return
        states = [answer.state for answer in answers if isinstance(answer.state, providers.Pending)]
        questions = [answer.question for answer in answers]
        arguments: dict[str, Any] = {
            "ids": [question.generation.pk for question in questions],
            "tokens": [question.lease_token for question in questions],
            "rendering": [state.rendering for state in states],
            "positions": [state.position for state in states],
            "seconds": [self._wait(question) for question in questions],
            "claimed": [question.claimed_at for question in questions],
        }
        with connection.cursor() as cursor:
            cursor.execute(_STILL_PENDING, arguments)
        for question in questions:
            if _is_overdue(question.generation, question.claimed_at):
                note = _("The provider has not finished after a day. The hold stays until somebody decides.")
                _leave_to_a_person(question.generation, note)

    def _wait(self, question: Question) -> float:
        return next_look_seconds(
            age=question.claimed_at - _submitted_at(question),
            typical=typical_seconds(question.generation),
            in_flight=self._in_flight,
            is_heard=is_heard_of(question.generation),
        )

    def seconds_to_next(self) -> float | None:
        sql = (
            "SELECT extract(epoch FROM min(greatest(due_at, lease_until)) - now())::float FROM generations_generation "
            "WHERE account_id = ANY(%(accounts)s) AND status IN ('running', 'uncertain')"
        )
        seconds: float | None = self.query(sql, {"accounts": list(self.accounts)})[0][0]
        return seconds


async def _send_cancel(item: Question, adapter: providers.Adapter) -> bool:
    """Whether there was a wish and the provider has now heard it. It may be too late; that the next answer shows."""
    if not item.generation.cancel_requested_at or item.generation.cancel_sent_at:
        return False
    try:
        await adapter.cancel(item.operation, item.route)
    except providers.ProviderError as error:
        # It is only a wish, so it must not keep us from asking how the take stands; the next look sends it again.
        log.warning("cancel_not_sent", generation=item.generation.pk, why=error.code)
        return False
    return True


def _answer(question: Question, answer: State | PortalError, cancel_sent: bool) -> Answer:
    if isinstance(answer, PortalError):
        return Answer(question, error=answer, cancel_sent=cancel_sent)
    return Answer(question, state=answer, cancel_sent=cancel_sent)


def _is(result: Answer | Lookup, state: type[State]) -> bool:
    return isinstance(result, Answer) and isinstance(result.state, state)


def _submitted_at(question: Question) -> datetime:
    return question.generation.submitted_at or question.claimed_at


def _apply_finished(results: list[Answer | Lookup]) -> None:
    """Many takes that are done, inside a transaction."""
    answers = {result.question.generation.pk: result for result in results if isinstance(result, Answer)}
    tokens = dict(_locked(answers).values_list("pk", "lease_token"))
    ingesting_each(
        [
            (answer.question.generation, answer.state)
            for pk, answer in answers.items()
            if tokens.get(pk) == answer.question.lease_token and isinstance(answer.state, providers.Finished)
        ]
    )


def _apply(result: Answer | Lookup) -> None:
    if isinstance(result, Lookup):
        apply_lookup(result)
        return
    with transaction.atomic():
        generation = _locked([result.question.generation.pk]).filter(lease_token=result.question.lease_token).first()
        if generation:
            generation.account = result.question.account
            _apply_end(generation, result)


def _locked(ids: Collection[int]) -> QuerySet[Generation]:
    """A row that went on without us is not touched; who has its lease now will ask again."""
    rows = Generation.objects.filter(pk__in=ids, status=Status.RUNNING)
    return rows.select_for_update(no_key=True).order_by("pk")


def _apply_end(generation: Generation, answer: Answer) -> None:
    if isinstance(answer.state, providers.Finished):
        ingesting(generation, answer.state)
    elif isinstance(answer.state, providers.Failed):
        end_without_result(generation, answer.state)
    elif answer.error is not None:
        _could_not_ask(generation, answer.error, answer.question.claimed_at)


def end_without_result(generation: Generation, state: providers.Failed) -> None:
    """End a take whose job the provider says has failed, in the provider's terms made plain."""
    if state.moderated:
        sentence = _("Kling's content rules refused this take: %(why)s Change the prompt or the image and try again.")
    else:
        sentence = _("The provider could not make this take: %(why)s You can try again.")
    public = sentence % {"why": _as_sentence(state.reason)}
    failed(generation, state.code, public, state.reason, state.charged)


def _as_sentence(reason: str) -> str:
    text = " ".join(reason.split())[:240] or _("it gave no reason.")
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _could_not_ask(generation: Generation, error: PortalError, claimed_at: datetime) -> None:
    # It answers, and no answer will come of it: the job is gone there, or the key is.
    is_silent = isinstance(error, providers.Garbled | providers.Misconfigured) and _is_overdue(generation, claimed_at)
    if is_silent or isinstance(error, providers.Rejected):
        # The provider does not know the job that it took. That needs a person, with the hold in place.
        make_uncertain(generation, error.public)
        return
    tries = generation.tries + 1
    seconds = retry_seconds(tries, getattr(error, "retry_after_seconds", None))
    Generation.objects.filter(pk=generation.pk).update(
        tries=tries,
        lease_until=None,
        due_at=Now() + timedelta(seconds=seconds),
        waiting_for=error.public[:300],
        changed_at=Now(),
    )
    if tries in (1, 5, 20):
        generation.log("follow_failed", error.public, **error.data)


def _is_overdue(generation: Generation, claimed_at: datetime) -> bool:
    longest = timedelta(seconds=settings.LIFECYCLE["follow_give_up_seconds"])
    return claimed_at - (generation.submitted_at or claimed_at) > longest


def _leave_to_a_person(generation: Generation, note: str) -> None:
    with transaction.atomic():
        make_uncertain(generation, note)
