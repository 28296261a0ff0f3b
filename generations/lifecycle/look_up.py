"""Asking a provider what became of a submit whose answer was lost, and judging what it said.

The asking is HTTP only; the judging is on the database thread, because it needs to know what other takes hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils import timezone

from generations import catalog, providers
from generations.errors import PortalError, Refused
from generations.lifecycle.accounts import provider_account
from generations.models import Attempt, Generation, ProviderAccount

SUBMIT = "submit"  # the step whose job is the take itself; the calls before it have no id of ours
_KEPT_LOOKUPS = 20
_CLOCKS_DIFFER = timedelta(seconds=60)
NO_SUCH_TASK = frozenset({400, 404, 410, 422})
_MAY_HAVE_A_JOB = ("", Attempt.Outcome.UNCERTAIN, Attempt.Outcome.ABSENT, Attempt.Outcome.GIVEN_UP)


class How(StrEnum):
    """By which way a lookup asks. The value is kept in the evidence."""

    HINT = "hint"  # the job that a webhook named
    OUR_ID = "our_id"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Lookup:
    """A take whose submit is unclear, and what a lookup found."""

    generation: Generation
    attempt: Attempt
    account: ProviderAccount
    route: catalog.Route
    how: How
    found: providers.Operation | None = None
    candidates: tuple[providers.Candidate, ...] = ()
    error: PortalError | None = None


def way_of(attempt: Attempt, account: ProviderAccount, route: catalog.Route) -> How | None:
    """How this attempt can be asked about just now; None where only a webhook or a person can say."""
    adapter = providers.adapter_class(account.provider)
    if attempt.evidence.get("hint_task_id"):
        return How.HINT
    if attempt.step != SUBMIT:
        return None
    if adapter.finds(route):
        return How.OUR_ID
    return How.HISTORY if adapter.can_search else None


async def look_up(item: Lookup, adapter_of: Callable[[ProviderAccount], providers.Adapter]) -> Lookup:
    """Ask the provider. HTTP only."""
    try:
        return await _ask(item, adapter_of(item.account))
    except (providers.ProviderError, Refused) as error:
        return replace(item, error=error)


async def _ask(item: Lookup, adapter: providers.Adapter) -> Lookup:
    our_id = item.generation.our_id
    if item.how == How.HISTORY:
        return replace(item, candidates=await adapter.search(_sought(item)))
    if item.how == How.OUR_ID:
        return replace(item, found=await adapter.find(our_id, item.route))
    hint = item.attempt.evidence["hint_task_id"]
    operation = adapter.operation_for(hint, item.route, provider_account(item.account))
    return replace(item, found=operation if await adapter.confirm(operation, our_id, item.route) else None)


def _sought(item: Lookup) -> providers.Sought:
    take = item.generation
    return providers.Sought(take.our_id, take.recipe, item.route, sent_between(item.attempt))


def sent_between(attempt: Attempt) -> tuple[datetime, datetime]:
    """Between which two moments the provider can have made the job of an attempt."""
    assert attempt.sent_at is not None
    longest = timedelta(seconds=settings.LIFECYCLE["submit_timeout_seconds"])
    return attempt.sent_at - _CLOCKS_DIFFER, attempt.sent_at + longest + _CLOCKS_DIFFER


def found_job(item: Lookup) -> providers.Operation | None:
    """The job that a lookup has found beyond doubt: by our id, confirmed, or the only one in the history that can be.

    The only one means: no other take of the account holds it, none that was sent in the same minutes could have made
    it, and there is no second.
    """
    if item.how != How.HISTORY:
        return item.found
    free = free_candidates(item)
    if len(free) != 1 or _has_rival(item, free[0]):
        return None
    return free[0].operation


def free_candidates(item: Lookup) -> list[providers.Candidate]:
    """The candidates that no other take of the account holds."""
    ids = {candidate.operation.task_id for candidate in item.candidates}
    held = {task_id for task_id, _holder in holders_of(ids, item.account, but=item.generation)}
    return [candidate for candidate in item.candidates if candidate.operation.task_id not in held]


def holders_of(task_ids: set[str], account: ProviderAccount, *, but: Generation) -> list[tuple[str, Generation]]:
    """Which of these jobs other takes of the account, of any team, hold or once got as an answer: task id and take."""
    takes = Generation.objects.filter(account=account, provider_task_id__in=task_ids).exclude(pk=but.pk)
    attempts = Attempt.objects.filter(generation__account=account, provider_task_id__in=task_ids)
    answered = attempts.exclude(generation=but).select_related("generation")
    held = [(str(take.provider_task_id), take) for take in takes]
    return held + [(attempt.provider_task_id, attempt.generation) for attempt in answered]


def _has_rival(item: Lookup, candidate: providers.Candidate) -> bool:
    """Whether another submit of these minutes, whose job nobody knows, could have made the candidate just as well."""
    take, (start, end) = item.generation, sent_between(item.attempt)
    meanwhile = (start - (end - start), end + (end - start))
    jobless = Attempt.objects.filter(
        generation__account=item.account,
        generation__model=take.model,
        generation__tier=take.tier,
        generation__capability=take.capability,
        step=SUBMIT,
        sent_at__range=meanwhile,
        provider_task_id="",
        outcome__in=_MAY_HAVE_A_JOB,
    ).exclude(generation=take)
    rivals = jobless.values_list("generation__recipe_json", flat=True)
    if not candidate.has_same_input:
        return rivals.exists()
    return any(_without_files(rival) == _without_files(take.recipe_json) for rival in rivals)


def _without_files(recipe: Any) -> Any:
    """A stored recipe as a history can show it: which files were sent cannot be told from their addresses."""
    if isinstance(recipe, dict):
        return {name: _without_files(value) for name, value in recipe.items() if name != "sha256"}
    return [_without_files(value) for value in recipe] if isinstance(recipe, list) else recipe


def is_refuted(item: Lookup) -> bool:
    """Whether the provider said no to a job that was named, and did not merely fail to answer; or it is another's."""
    if item.how != How.HINT:
        return False
    status = item.error.data.get("status") if item.error else None
    is_final = item.error is None or isinstance(item.error, providers.Rejected | Refused)
    return is_final or status in NO_SUCH_TASK


def note_lookup(attempt: Attempt, item: Lookup) -> None:
    """Keep in the attempt's evidence what was asked, when, and what came of it; the caller saves."""
    facts: dict[str, Any] = {"at": timezone.now().isoformat(timespec="seconds"), "how": item.how}
    if item.how == How.HINT:
        facts["task_id"] = item.attempt.evidence.get("hint_task_id", "")
    if item.error is not None:
        facts |= {"error": item.error.code, "why": item.error.public[:200]}
    elif item.how == How.HISTORY:
        free = free_candidates(item)
        facts |= {"seen": len(item.candidates), "free": [candidate.operation.task_id for candidate in free][:10]}
    elif item.found is not None:
        facts["held_elsewhere"] = item.found.task_id
    attempt.evidence["lookups"] = [*attempt.evidence.get("lookups", []), facts][-_KEPT_LOOKUPS:]
