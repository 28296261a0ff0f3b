"""A call before the submit that may cost by itself: an attempt of its own, made once, never repeated on a guess."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from generations import lifecycle
from generations.lifecycle import SubmitPump
from generations.lifecycle.attempts import close_step, mark_sent
from generations.models import Attempt, Status
from generations.providers import ADAPTERS, Busy, Garbled, Operation, Prepared, Rejected, Uncertain, Unreachable
from tests.fakes import Script, scripted
from tests.road import status_of

SAID = {"provider": "fal"}


@pytest.fixture
def chain(monkeypatch):
    """fal follows this script, and every submit there needs `identify-face` first."""
    script = Script()
    monkeypatch.setitem(ADAPTERS, "fal", scripted(script, step="identify-face"))
    return script


def attempts_of(take):
    return [(row.step, row.outcome) for row in take.attempts.order_by("number")]


def names(script):
    return [call.name for call in script.calls if call.name in ("begin", "submit")]


def test_each_paid_call_has_an_attempt_of_its_own(road, chain):
    take, seen = road.take(), []

    def look(task):
        rows = Attempt.objects.filter(generation=take).order_by("number")
        seen.append([(row.step, row.sent_at is not None, row.closed_at is not None) for row in rows])
        return Operation("task-1") if seen[1:] else Prepared(task, {}, session={"session_id": "s-1"})

    chain.says("begin", look)
    chain.says("submit", look)
    road.send(seconds=0.3)

    assert seen == [[("identify-face", True, False)], [("identify-face", True, True), ("submit", True, False)]]
    assert status_of(take) == Status.RUNNING
    assert attempts_of(take) == [("identify-face", "accepted"), ("submit", "accepted")]
    assert take.attempts.get(number=1).evidence == {"session": {"session_id": "s-1"}}


@pytest.mark.parametrize("error", [Uncertain, Garbled])
def test_a_lost_answer_is_never_asked_for_again(road, chain, error):
    take = road.take()
    chain.says("begin", error("fal did not answer.", **SAID))

    road.send(seconds=0.3)
    for _ in range(3):
        lifecycle.tick()
        road.send(seconds=0.1)

    assert names(chain) == ["begin"]
    assert status_of(take) == Status.FAILED
    assert attempts_of(take) == [("identify-face", "uncertain")]
    assert "may have charged for the preparation" in take.failure_public
    assert road.is_released(take)


def test_a_refused_preparation_ends_the_take(road, chain):
    take = road.take()
    chain.says("begin", Rejected("fal found no face in the video.", **SAID))

    road.send(seconds=0.3)

    assert status_of(take) == Status.FAILED
    assert take.failure_public == "fal found no face in the video."
    assert names(chain) == ["begin"]


@pytest.mark.parametrize("error", [Busy, Unreachable])
def test_a_preparation_that_was_not_taken_is_tried_again(road, chain, error):
    take = road.take()
    chain.says("begin", error("Not now.", **SAID))

    road.send(seconds=0.3)
    assert status_of(take) == Status.QUEUED
    road.account.__class__.objects.update(not_before=None)
    road.due(take)
    road.send(seconds=0.3)

    assert names(chain) == ["begin", "begin", "submit"]
    assert status_of(take) == Status.RUNNING


def test_what_was_paid_for_is_used_when_the_submit_is_tried_again(road, chain):
    take, sessions = road.take(), []
    chain.says("submit", Unreachable("fal could not be reached.", **SAID))
    adapter = ADAPTERS["fal"]

    async def submit(self, prepared):
        sessions.append(dict(prepared.session))
        return await self.script.answer("submit", prepared.task)

    adapter.submit = submit
    road.send(seconds=0.3)
    road.due(take)
    road.send(seconds=0.3)

    assert names(chain) == ["begin", "submit", "submit"]
    assert sessions == [{"session_id": "session-1"}] * 2
    assert attempts_of(take) == [("identify-face", "accepted"), ("submit", "not_sent"), ("submit", "accepted")]


def test_a_session_that_is_too_old_is_begun_anew(road, chain):
    take = road.take()
    chain.says("submit", Unreachable("fal could not be reached.", **SAID))
    road.send(seconds=0.3)
    take.attempts.filter(number=1).update(closed_at=timezone.now() - timedelta(days=1))

    road.due(take)
    road.send(seconds=0.3)

    assert names(chain) == ["begin", "submit", "begin", "submit"]


@pytest.fixture
def claimed(road):
    """A take that a pump has claimed; then its process stops."""
    take = road.take()
    pump = SubmitPump(seconds=0)
    pump._lease()
    claim = pump.claim(1)[0]
    pump._let_go()
    return take, claim


def test_a_process_that_died_during_the_call_leaves_a_take_that_ends(road, chain, claimed):
    take, claim = claimed
    assert mark_sent(claim, "identify-face")
    road.put(take, lease_until=Now())

    for _ in range(2):
        lifecycle.tick()
        road.send(seconds=0.1)
        road.follow(seconds=0.1)

    assert names(chain) == []
    assert status_of(take) == Status.FAILED
    assert take.failure_code == "preparation_lost"
    assert attempts_of(take) == [("identify-face", "uncertain")]
    assert road.is_released(take)


def test_its_late_answer_is_not_used(road, chain, claimed):
    take, claim = claimed
    mark_sent(claim, "identify-face")
    road.put(take, lease_until=Now())
    lifecycle.tick()

    assert close_step(claim, {"session_id": "late"}) is None

    assert attempts_of(take) == [("identify-face", "uncertain")]


def test_a_process_that_died_after_the_answer_goes_on_from_there(road, chain, claimed):
    take, claim = claimed
    mark_sent(claim, "identify-face")
    assert close_step(claim, {"session_id": "s-9"})
    road.put(take, lease_until=Now())

    lifecycle.tick()
    assert status_of(take) == Status.QUEUED
    road.send(seconds=0.3)

    assert names(chain) == ["submit"]
    assert status_of(take) == Status.RUNNING


def test_a_cancel_after_the_preparation_says_that_it_may_cost(road, chain):
    take = road.take()

    def begin(task):
        lifecycle.cancel(generation=take, member=road.member, now=timezone.now())
        return Prepared(task, {}, session={"session_id": "s-1"})

    chain.says("begin", begin)
    road.send(seconds=0.3)

    assert status_of(take) == Status.CANCELED
    assert names(chain) == ["begin"]
    assert take.events.filter(note__contains="may have charged for preparing it").exists()
    assert road.is_released(take)
