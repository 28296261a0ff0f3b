"""A job that its provider cannot be asked about any more waits for a person after a day, not for ever for nobody."""

from datetime import timedelta

import pytest
from django.utils import timezone

from generations import lifecycle
from generations.models import Status
from generations.providers import Busy, Garbled, Misconfigured, Unreachable
from tests.road import status_of

SAID = {"provider": "fal"}


@pytest.fixture
def old(road):
    return road.running(submitted_at=timezone.now() - timedelta(hours=25))


@pytest.mark.parametrize("error", [Garbled, Misconfigured])
def test_a_provider_that_answers_but_never_says_leaves_it_to_a_person(road, script, old, error):
    script.says("follow", error("fal sent an answer that cannot be used.", status=404, **SAID))

    road.follow(seconds=0.2)

    assert status_of(old) == Status.UNCERTAIN
    assert (old.due_at, old.provider_task_id) == (None, f"task-of-{old.pk}")
    assert "fal sent an answer that cannot be used." in old.waiting_for
    assert road.held == old.hold_credits
    lifecycle.give_up(old, reason="It is gone.", now=timezone.now(), actor_id=None)
    assert road.is_released(old)


@pytest.mark.parametrize("error", [Unreachable, Busy])
def test_a_provider_that_is_away_is_asked_until_it_is_back(road, script, old, error):
    script.says("follow", error("fal is away.", **SAID))

    road.follow(seconds=0.2)

    assert status_of(old) == Status.RUNNING
    assert old.due_at is not None


def test_an_answer_that_cannot_be_read_is_asked_for_again_on_the_first_day(road, script):
    take = road.running(submitted_at=timezone.now() - timedelta(hours=23))
    script.says("follow", Garbled("fal sent an answer that cannot be used.", **SAID))

    road.follow(seconds=0.2)

    assert status_of(take) == Status.RUNNING


def test_a_take_whose_route_is_lost_waits_for_a_person(road, script, old):
    road.put(old, quote_json=old.quote_json | {"route": "fal:kling-v9:text_to_video:std"})

    road.follow(seconds=0.2)

    assert status_of(old) == Status.UNCERTAIN
    assert "no longer" in old.waiting_for
