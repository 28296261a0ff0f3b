"""What a process that died left behind, and what becomes of it. The rows are written as it would have left them."""

import pytest
from django.db.models.functions import Now

from generations import lifecycle
from generations.lifecycle import SubmitPump
from generations.lifecycle.attempts import mark_sent
from generations.models import Attempt, GenerationEvent, Status
from generations.providers import Operation
from tests.road import status_of


@pytest.fixture
def claimed(road):
    """A take that a submit pump has claimed, and the claim; then the pump's process stops."""
    take = road.take()
    pump = SubmitPump(seconds=0)
    pump._lease()
    claim = pump.claim(1)[0]
    pump._let_go()
    take.refresh_from_db()
    return take, claim


def dead(road, take):
    """The lease of whoever worked on a take is over."""
    return road.put(take, lease_until=Now())


def test_a_claim_without_a_sent_mark_goes_back_in_line_once(road, script, claimed):
    take, _claim = claimed
    dead(road, take)

    found = [lifecycle.tick() for _ in range(3)]

    assert status_of(take) == Status.QUEUED
    assert [(tick["expired"], tick["unsent"]) for tick in found] == [(1, 1), (0, 0), (0, 0)]
    assert take.attempts.get().outcome == "not_sent"
    assert GenerationEvent.objects.filter(generation=take, kind=Status.QUEUED).count() == 1
    assert road.held == take.hold_credits


def test_a_worker_that_wakes_up_after_that_may_not_send(road, script, claimed):
    take, claim = claimed
    dead(road, take)
    lifecycle.tick()

    assert not mark_sent(claim)

    road.send()
    assert status_of(take) == Status.RUNNING
    assert [attempt.sent_at is not None for attempt in take.attempts.order_by("number")] == [False, True]


def test_a_worker_whose_lease_is_over_may_not_send_even_before_the_tick(road, script, claimed):
    take, claim = claimed
    dead(road, take)

    assert not mark_sent(claim)

    assert take.attempts.get().sent_at is None


def test_a_worker_with_its_lease_may_send_once(road, claimed):
    take, claim = claimed

    assert mark_sent(claim)
    assert not mark_sent(claim)
    assert take.attempts.get().sent_at is not None


def test_a_sent_mark_without_an_answer_is_unclear(road, script, claimed):
    take, claim = claimed
    mark_sent(claim)
    dead(road, take)

    for _ in range(3):
        lifecycle.tick()
        road.send(seconds=0.1)
        road.follow()

    assert status_of(take) == Status.UNCERTAIN
    assert script.count("submit") == 0
    assert take.attempts.get().closed_at is None
    assert take.due_at is None, "fal cannot be asked: a webhook or a person comes next"
    assert "person" in take.waiting_for
    assert road.held == take.hold_credits


def test_a_renewed_lease_is_not_expired(road, claimed):
    take, _claim = claimed

    assert lifecycle.tick()["expired"] == 0

    assert status_of(take) == Status.SUBMITTING


def test_a_pump_renews_the_leases_of_what_is_under_way(road, claimed):
    take, claim = claimed
    before = take.lease_until

    SubmitPump(seconds=0).renew([claim])

    take.refresh_from_db()
    assert take.lease_until > before
    road.put(take, lease_token=take.lease_token + 1)
    SubmitPump(seconds=0).renew([claim])
    renewed, _ = take.lease_until, take.refresh_from_db()
    assert take.lease_until == renewed, "another worker's lease is not ours to renew"


def test_a_late_answer_of_a_worker_without_lease_still_binds(road, script, claimed):
    from generations.lifecycle.apply_submit import apply_submit
    from generations.lifecycle.claim import Result

    take, claim = claimed
    mark_sent(claim)
    dead(road, take)
    lifecycle.tick()
    assert status_of(take) == Status.UNCERTAIN

    apply_submit(Result(claim, was_sent=True, answer=Operation("late-1")))

    assert status_of(take) == Status.RUNNING
    assert take.provider_task_id == "late-1"
    assert take.attempts.get().outcome == "accepted"


def test_a_late_refusal_of_a_closed_attempt_decides_nothing(road, script, claimed):
    from generations.lifecycle.apply_submit import apply_submit
    from generations.lifecycle.claim import Result
    from generations.providers import Rejected

    take, claim = claimed
    dead(road, take)
    lifecycle.tick()
    road.send()

    apply_submit(Result(claim, was_sent=True, error=Rejected("fal refused this.", provider="fal")))

    assert status_of(take) == Status.RUNNING
    assert road.held == take.hold_credits


def test_a_cancel_that_came_meanwhile_ends_what_was_never_sent(road, script, claimed):
    take, _claim = claimed
    lifecycle.cancel(generation=take, member=road.member, now=take.created_at)
    dead(road, take)

    lifecycle.tick()

    assert status_of(take) == Status.CANCELED
    assert road.is_released(take)


def test_a_dead_follow_pump_is_replaced_when_its_lease_ends(road, script):
    take = road.running(lease_until=Now(), lease_token=3)

    road.follow()

    assert script.count("follow") >= 1
    assert status_of(take) == Status.RUNNING
    assert take.lease_token > 3


def test_a_take_that_somebody_works_on_is_left_alone(road, script):
    from datetime import timedelta

    road.running(lease_until=Now() + timedelta(seconds=60))

    road.follow()

    assert script.count("follow") == 0


def test_an_attempt_opens_only_once(road, claimed):
    from django.db import IntegrityError, transaction

    take, _claim = claimed

    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.create(generation=take, number=2, lease_token=9)
