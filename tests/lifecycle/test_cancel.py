"""Cancelling: free while a take is in line, a wish once the provider may have it."""

import pytest
from django.utils import timezone

from generations import lifecycle
from generations.choices import Role
from generations.errors import NotAllowed
from generations.lifecycle import cancel as cancel_door
from generations.models import AuditEvent, Status
from tests.make import make_member
from tests.road import status_of


@pytest.fixture
def cancel(desk):
    return lambda take, member=None: lifecycle.cancel(generation=take, member=member or desk.member, now=timezone.now())


@pytest.mark.parametrize("status", [Status.QUEUED, Status.AWAITING_APPROVAL])
def test_in_line_everything_comes_back_at_once(desk, cancel, status):
    take = desk.put(desk.take(), status=status)

    assert cancel(take)

    assert status_of(take) == Status.CANCELED
    assert desk.is_released(take)
    event = AuditEvent.objects.get(verb="cancel")
    assert (event.actor, event.target_id) == (desk.member.user, str(take.public_id))


@pytest.mark.parametrize("status", [Status.SUBMITTING, Status.RUNNING, Status.UNCERTAIN])
def test_once_the_provider_may_have_it_the_wish_is_noted_and_the_hold_stays(desk, cancel, status):
    take = desk.running(status=status)

    assert not cancel(take)

    assert status_of(take) == status
    assert take.cancel_requested_at is not None
    assert desk.held == take.hold_credits


def test_asking_twice_is_one_wish(desk, cancel):
    take = desk.running()
    cancel(take)
    first = take.cancel_requested_at

    cancel(take)

    take.refresh_from_db()
    assert take.cancel_requested_at == first
    assert take.events.filter(kind="cancel_requested").count() == 1


@pytest.mark.parametrize("status", [Status.INGESTING, Status.DONE, Status.FAILED, Status.CANCELED])
def test_after_the_provider_is_done_there_is_nothing_to_cancel(desk, cancel, status):
    take = desk.running(status=status, finished_at=timezone.now())

    assert not cancel(take)

    assert status_of(take) == status
    assert take.cancel_requested_at is None
    desk.put(take, status=Status.RUNNING)


def test_a_take_that_goes_back_in_line_at_that_moment_is_canceled_all_the_same(desk, cancel, monkeypatch):
    import sys

    module = sys.modules[cancel_door.__module__]
    take, real = desk.running(status=Status.SUBMITTING), module._ask_to_stop

    def back_in_line(generation, now):
        desk.put(take, status=Status.QUEUED)
        return real(generation, now)

    monkeypatch.setattr(module, "_ask_to_stop", back_in_line)

    assert cancel(take)
    assert desk.is_released(take)


def test_the_take_of_somebody_else_is_not_ours_to_cancel(desk, cancel):
    take, stranger = desk.take(), make_member(desk.team, Role.CREATOR)

    with pytest.raises(NotAllowed) as raised:
        cancel(take, stranger)

    assert str(desk.member.user) in raised.value.public
    assert status_of(take) == Status.QUEUED
    assert desk.held == take.hold_credits


def test_a_producer_may_cancel_what_others_made(desk, cancel):
    assert cancel(desk.take(), make_member(desk.team, Role.PRODUCER))
