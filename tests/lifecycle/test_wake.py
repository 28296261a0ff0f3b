"""A webhook only makes us look sooner."""

import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from generations import lifecycle
from generations.models import CallbackReceipt, Status
from generations.providers import Callback
from tests.road import seconds_until, status_of


@pytest.fixture
def hear(desk):
    def hear(take, delivery="delivery-1", task_id="task-1", verified=True):
        callback = Callback(delivery, task_id, verified)
        return lifecycle.wake(
            account=desk.account, generation=take, callback=callback, body_sha256="0" * 64, now=timezone.now()
        )

    return hear


def later(seconds=50):
    return timezone.now() + timedelta(seconds=seconds)


def test_a_running_take_is_due_at_once(desk, hear):
    take = desk.running(due_at=later())

    assert hear(take)

    take.refresh_from_db()
    assert seconds_until(take.due_at) <= 0
    receipt = CallbackReceipt.objects.get()
    assert (receipt.generation, receipt.task_id, receipt.is_verified) == (take, "task-1", True)


def test_a_repeated_delivery_is_stored_once_and_changes_nothing(desk, hear):
    take = desk.running(due_at=later())
    hear(take)
    desk.put(take, due_at=later())

    assert not hear(take)

    take.refresh_from_db()
    assert seconds_until(take.due_at) > 40
    assert CallbackReceipt.objects.count() == 1


def test_a_burst_makes_us_look_once_a_second(desk, hear):
    take = desk.running(due_at=later())
    hear(take, "delivery-1")
    desk.put(take, due_at=later())

    hear(take, "delivery-2")

    take.refresh_from_db()
    assert 0 < seconds_until(take.due_at) <= 1


def test_a_take_that_is_being_sent_is_not_made_claimable(desk, hear):
    until = later(12)
    take = desk.put(desk.take(), status=Status.SUBMITTING, lease_until=until, due_at=until)
    attempt = desk.attempt(take, sent_at=timezone.now())

    assert hear(take)

    assert status_of(take) == Status.SUBMITTING
    assert (take.due_at, take.lease_until) == (until, until)
    attempt.refresh_from_db()
    assert attempt.evidence == {"hint_task_id": "task-1"}


@pytest.mark.parametrize("status", [Status.QUEUED, Status.INGESTING, Status.DONE, Status.FAILED, Status.CANCELED])
def test_word_about_a_take_that_nobody_asks_about_changes_nothing(desk, hear, status):
    take = desk.put(desk.take(), status=status, due_at=None, finished_at=timezone.now())
    before = (take.changed_at, take.events.count())

    assert hear(take)

    assert status_of(take) == status
    assert (take.due_at, take.changed_at, take.events.count()) == (None, *before)
    desk.put(take, status=Status.QUEUED)


def test_the_first_hint_is_kept_until_it_is_checked(desk, hear):
    take = desk.put(desk.take(), status=Status.UNCERTAIN)
    attempt = desk.attempt(take, sent_at=timezone.now(), evidence={"error": "uncertain"})

    hear(take, "delivery-1", "task-1")
    hear(take, "delivery-2", "task-2")

    attempt.refresh_from_db()
    assert attempt.evidence == {"error": "uncertain", "hint_task_id": "task-1"}


def test_a_closed_attempt_takes_no_hint(desk, hear):
    take = desk.running()

    hear(take)

    assert take.attempts.get().evidence == {}


def test_a_delivery_that_could_not_be_dealt_with_counts_as_new_again(desk, hear, monkeypatch):
    take = desk.put(desk.take(), status=Status.UNCERTAIN)
    attempt = desk.attempt(take, sent_at=timezone.now())

    def broken(*args):
        raise ValueError("the process dies here")

    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["generations.lifecycle.wake"], "_keep_hint", broken)
        with pytest.raises(ValueError):
            hear(take)

    assert hear(take)
    attempt.refresh_from_db()
    assert attempt.evidence == {"hint_task_id": "task-1"}


def test_word_about_no_take_is_only_noted(desk, hear):
    assert hear(None)
    assert CallbackReceipt.objects.get().generation is None
