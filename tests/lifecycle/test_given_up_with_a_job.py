"""A take whose job the provider did not bring to an end was given up, and the provider ends it after all."""

from decimal import Decimal

import pytest
from django.utils import timezone

from generations import lifecycle
from generations.lifecycle.decision import CannotDecide
from generations.models import CallbackReceipt, Generation, Status
from generations.providers import Cost, Failed
from tests.fakes import finished
from tests.road import status_of


@pytest.fixture
def given_up(road, script):
    take = road.running(status=Status.UNCERTAIN, due_at=None)
    lifecycle.give_up(take, reason="A day is enough.", now=timezone.now(), actor_id=None)
    assert status_of(take) == Status.FAILED
    return take


def recover(take, task_id):
    return lifecycle.recover(take, task_id=task_id, reason="It is there.", now=timezone.now(), actor_id=None)


def test_its_own_job_is_fetched_on_the_providers_evidence(road, script, given_up):
    script.says("follow", *[finished("https://files.test/film.mp4")] * 2)

    assert recover(given_up, given_up.provider_task_id)

    assert status_of(given_up) == Status.INGESTING
    assert road.is_released(given_up)


def test_a_job_that_failed_after_all_is_settled_and_off_the_list(road, script, given_up):
    script.says("follow", *[Failed("timeout", "Too long.", Cost(Decimal(0), "fal_unit"))] * 2)

    assert not recover(given_up, given_up.provider_task_id)

    assert status_of(given_up) == Status.FAILED and given_up.failure_code == "timeout"
    assert road.is_released(given_up)
    with pytest.raises(CannotDecide):
        recover(given_up, given_up.provider_task_id)


def test_another_job_is_none_of_its(road, script, given_up):
    with pytest.raises(CannotDecide):
        recover(given_up, "task-of-nobody")

    assert status_of(given_up) == Status.FAILED


def test_word_of_it_shows_it_to_who_decides(road, script, given_up):
    assert not lifecycle.heard_of_late(Generation.objects.all())

    CallbackReceipt.objects.create(
        account=road.account,
        generation=given_up,
        delivery_id="d-1",
        task_id=given_up.provider_task_id,
        body_sha256="0" * 64,
        received_at=timezone.now(),
    )

    assert list(lifecycle.heard_of_late(Generation.objects.all())) == [given_up]
