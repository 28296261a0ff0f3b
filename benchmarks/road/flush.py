"""Twenty takes on one account, five in each of four states, when Redis forgets everything."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from typing import Any

from redis import Redis

from benchmarks.road.stack import Stack
from benchmarks.road.takes import Maker, faults_of, story, submits
from generations.models import Generation, Status
from kling_site import embedded

EACH = 5
# What each group is asked to do, in the order of submission; by the sandbox's clock, so that all four meet.
GROUPS: dict[Status, str] = {
    Status.INGESTING: "[render 3s] [slow download 4s]",
    Status.RUNNING: "[render 20s]",
    Status.SUBMITTING: "[slow reply 12s] [render 16s]",
    Status.QUEUED: "",
}
MEET_SECONDS, END_SECONDS = 14.0, 150.0


def flush(stack: Stack, maker: Maker, provider: str) -> dict[str, Any]:
    """Bring the takes to their states, flush, wait for all; how each fared. RuntimeError: they never met."""
    stack.wait_until_up()
    # One take ahead: workers that have just been started still import, and the four groups have to meet in time.
    _wait_for_end([maker.make(provider, "The cat looks up, ahead of all others.")])
    mark = f"flush-{uuid.uuid4().hex[:8]}"
    account = maker.account(provider)
    usual, account.max_running = account.max_running, 3 * EACH
    account.save(update_fields=["max_running"])
    takes: dict[Status, list[Generation]] = {}
    for group in (Status.INGESTING, Status.RUNNING, Status.SUBMITTING):
        takes[group] = _make(maker, provider, mark, group)
    _wait_for((Status.RUNNING, Status.SUBMITTING), takes)
    # From here on the slots are full with those that run and are being sent.
    account.max_running = 2 * EACH
    account.save(update_fields=["max_running"])
    takes[Status.QUEUED] = _make(maker, provider, mark, Status.QUEUED)
    _wait_for(tuple(GROUPS), takes)
    Redis.from_url(embedded.redis_url(stack.folder)).flushall()
    flushed_at = time.time()
    everything = [take for group in takes.values() for take in group]
    _wait_for_end(everything)
    account.max_running = usual
    account.save(update_fields=["max_running"])
    bill = stack.bill()
    rows = [_row(group, take, bill, flushed_at) for group, members in takes.items() for take in members]
    return {"provider": provider, "takes": rows}


def _make(maker: Maker, provider: str, mark: str, group: Status) -> list[Generation]:
    prompts = [f"The cat looks up. {mark}-{group}-{number}. {GROUPS[group]}" for number in range(EACH)]
    return [maker.make(provider, prompt) for prompt in prompts]


def _wait_for(wanted: tuple[Status, ...], takes: dict[Status, list[Generation]]) -> None:
    """Until these groups stand whole in the state that they are named after, all at once."""
    until = time.monotonic() + MEET_SECONDS
    while True:
        now = {status: _states(members)[status] for status, members in takes.items()}
        if all(now[status] == EACH for status in wanted):
            return
        if time.monotonic() > until:
            raise RuntimeError(f"The takes never stood together: {now}")
        time.sleep(0.05)


def _states(takes: list[Generation]) -> Counter[str]:
    ids = [take.pk for take in takes]
    return Counter(Generation.objects.filter(pk__in=ids).values_list("status", flat=True))


def _wait_for_end(takes: list[Generation]) -> None:
    until = time.monotonic() + END_SECONDS
    while _states(takes)[Status.DONE] < len(takes) and time.monotonic() < until:
        time.sleep(0.2)


def _row(group: Status, take: Generation, bill: list[dict[str, Any]], flushed_at: float) -> dict[str, Any]:
    take.refresh_from_db()
    own = take.recipe.prompt.split(". ")[1].rstrip(".")
    wrong = faults_of(take, submits(take, own, bill))
    done_at = next((task["done_at"] for task in bill if own in task["prompt"]), None)
    is_stored = take.finished_at is not None and take.status == Status.DONE
    assert done_at or not is_stored
    # What never came counts with the time that it was waited for.
    stored_at = take.finished_at.timestamp() if take.finished_at and is_stored else time.time()
    return {
        "group": group.value,
        "status": take.status,
        "seconds": stored_at - (done_at or flushed_at),
        "since_flush": stored_at - flushed_at,
        "wrong": wrong,
        # The pump that sent it lives through a flush, so nothing ought to become unclear.
        "was_uncertain": take.events.filter(kind=Status.UNCERTAIN).exists(),
        "story": story(take),
    }
