"""A result that comes with the answer to the submit itself: there is no job to follow, so it is kept or it is lost."""

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from generations import ledger, lifecycle
from generations.lifecycle import SubmitPump
from generations.lifecycle.apply_submit import apply_submit
from generations.lifecycle.attempts import mark_sent
from generations.lifecycle.claim import Result
from generations.models import AuditEvent, Status
from tests.fakes import finished
from tests.road import status_of

URL = "https://files.test/speech.mp3"


@pytest.fixture
def overtaken(road, script):
    """A take whose worker is still out after its lease has ended, and its claim."""
    take = road.take()
    pump = SubmitPump(seconds=0)
    pump._lease()
    claim = pump.claim(1)[0]
    pump._let_go()
    mark_sent(claim)
    road.put(take, lease_until=Now())
    lifecycle.tick()
    assert status_of(take) == Status.UNCERTAIN
    yield take, claim
    if status_of(take) == Status.INGESTING:
        road.put(take, status=Status.UNCERTAIN)
        lifecycle.give_up(take, reason="The test is over.", now=timezone.now(), actor_id=None)


def answer(claim):
    apply_submit(Result(claim, was_sent=True, answer=finished(URL, request_id="req-1")))


def test_a_result_whose_worker_lost_its_lease_is_brought_home(road, overtaken):
    take, claim = overtaken

    answer(claim)

    assert status_of(take) == Status.INGESTING
    assert take.outputs_json[0]["url"] == URL
    assert (take.attempts.get().outcome, take.attempts.get().request_id) == ("accepted", "req-1")


def test_a_take_in_line_that_was_made_after_all_is_not_sent_again(road, script, overtaken):
    take, claim = overtaken
    lifecycle.send_again(take, reason="It is not there.", now=timezone.now(), actor_id=None)
    assert status_of(take) == Status.QUEUED

    answer(claim)
    road.send(seconds=0.2)

    assert status_of(take) == Status.INGESTING
    assert script.count("submit") == 0
    assert take.attempts.get().outcome == "found"


def test_a_result_for_a_take_that_was_given_up_is_an_alarm_and_can_be_fetched(road, overtaken):
    take, claim = overtaken
    lifecycle.give_up(take, reason="Nobody knows.", now=timezone.now(), actor_id=None)

    answer(claim)

    assert status_of(take) == Status.FAILED
    assert "after the take had ended" in take.events.get(kind="late_answer").note
    assert AuditEvent.objects.get(verb="late_answer").facts == {"attempt": 1}
    assert road.is_released(take)
    lifecycle.retry(take, now=timezone.now(), actor_id=None)
    assert status_of(take) == Status.INGESTING and take.outputs_json[0]["url"] == URL


def test_the_same_answer_written_down_twice_is_no_alarm(road, overtaken):
    take, claim = overtaken

    answer(claim)
    answer(claim)

    assert status_of(take) == Status.INGESTING
    assert not take.events.filter(kind="late_answer").exists()
    assert [line.kind for line in ledger.movements_of(take)] == ["hold"]
