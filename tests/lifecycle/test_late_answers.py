"""An answer that comes when the take no longer waits for it is never lost: it is evidence, and somebody sees it."""

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from generations import lifecycle
from generations.lifecycle import SubmitPump
from generations.lifecycle.apply_submit import apply_submit
from generations.lifecycle.attempts import mark_sent
from generations.lifecycle.claim import Result
from generations.models import AuditEvent, Status
from generations.portal.activity import activity_of
from generations.providers import Operation
from tests.road import status_of


@pytest.fixture
def given_up(road):
    """A take whose worker is still out, and that a person has given up meanwhile."""
    take = road.take()
    pump = SubmitPump(seconds=0)
    pump._lease()
    claim = pump.claim(1)[0]
    pump._let_go()
    mark_sent(claim)
    road.put(take, lease_until=Now())
    lifecycle.tick()
    assert status_of(take) == Status.UNCERTAIN
    lifecycle.give_up(take, reason="Nobody knows.", now=timezone.now(), actor_id=None)
    return take, claim


def test_a_job_that_was_taken_after_all_is_evidence(road, script, given_up):
    take, claim = given_up

    apply_submit(Result(claim, was_sent=True, answer=Operation("late-1", request_id="req-1")))

    assert status_of(take) == Status.FAILED
    attempt = take.attempts.get()
    assert (attempt.outcome, attempt.provider_task_id) == ("given_up", "late-1")
    assert attempt.evidence["late_task_id"] == "late-1"
    assert AuditEvent.objects.get(verb="late_answer").facts["task"] == "late-1"
    assert road.is_released(take)


def test_a_person_reads_of_it_in_the_activity(road, script, given_up):
    take, claim = given_up

    apply_submit(Result(claim, was_sent=True, answer=Operation("late-1")))

    (line,) = [line for line in activity_of(take).lines if line.text == "A late answer came in."]
    assert "took this take as late-1" in line.detail and "may charge for it" in line.detail
    assert line.tone == "warn"


@pytest.fixture
def back_in_line(road, given_up):
    """The same, but it was sent back in line, because it seemed to be surely not taken."""
    take, claim = given_up
    take.attempts.update(outcome="absent")
    again = {"status": Status.QUEUED, "finished_at": None, "due_at": Now(), "charged_credits": None}
    yield road.put(take, **again), claim
    road.put(take, status=Status.FAILED, finished_at=Now(), charged_credits=0)  # its hold went back before this test


def test_a_take_in_line_that_was_taken_after_all_is_not_sent_again(road, script, back_in_line):
    take, claim = back_in_line

    apply_submit(Result(claim, was_sent=True, answer=Operation("late-1")))
    road.send(seconds=0.3)

    assert script.count("submit") == 0
    assert status_of(take) == Status.RUNNING
    assert (take.provider_task_id, take.attempts.get().outcome) == ("late-1", "found")


def test_a_take_that_moved_since_is_left_where_it_is(road, script, back_in_line):
    take, claim = back_in_line
    take.log("moved", "Moved.", **{"from": "elsewhere", "to": "here"})

    apply_submit(Result(claim, was_sent=True, answer=Operation("late-1")))

    assert status_of(take) == Status.QUEUED
    assert "may be charged twice" in take.events.get(kind="late_answer").note


def test_a_job_beside_the_one_that_runs_is_an_alarm_too(road, script, given_up):
    take, claim = given_up
    road.put(take, status=Status.RUNNING, provider_task_id="other-1", finished_at=None)

    apply_submit(Result(claim, was_sent=True, answer=Operation("late-1")))

    assert status_of(take) == Status.RUNNING and take.provider_task_id == "other-1"
    assert "may be charged twice" in take.events.get(kind="late_answer").note
    assert AuditEvent.objects.get(verb="late_answer").facts == {"task": "late-1", "attempt": 1}
    road.put(take, status=Status.FAILED, finished_at=Now())


def test_an_answer_that_the_take_has_already_is_no_alarm(road, script, given_up):
    """A webhook was faster: the take runs under that job, and nobody has to look."""
    take, claim = given_up
    running = {"status": Status.RUNNING, "provider_task_id": "late-1", "finished_at": None}
    road.put(take, **running)

    apply_submit(Result(claim, was_sent=True, answer=Operation("late-1")))

    assert not AuditEvent.objects.filter(verb="late_answer").exists()
    assert take.events.get(kind="late_answer").note == "An answer came after the take had gone on."
    road.put(take, status=Status.FAILED, finished_at=Now())
