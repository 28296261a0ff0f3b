"""A lost answer on fal, which cannot be asked by our own number: what a person finds and decides at the sandbox."""

import itertools

import pytest
from django.utils import timezone

from generations import lifecycle
from generations.errors import Refused
from generations.lifecycle import CannotDecide
from generations.models import ProviderCall, Status
from tests.make import make_recipe

_numbers = itertools.count(1)
WHY = "Read in fal's list of requests"


@pytest.fixture
def unclear(studio):
    """Make a take whose answer was lost: with a job at the provider, or without one."""

    def unclear(prompt="A ship [lost reply]"):
        recipe = make_recipe(prompt=f"{prompt}, {next(_numbers)}")
        take = studio.take(recipe=recipe, account=studio.accounts["fal"])
        studio.until_it_rests(take)
        assert take.status == Status.UNCERTAIN
        return take

    return unclear


def decided(take, **facts):
    return {"reason": WHY, "now": timezone.now(), "actor_id": None} | facts


def test_the_job_that_was_found_comes_home_and_is_paid_once(studio, unclear):
    take = unclear()
    [job] = studio.bill(take)

    lifecycle.bind(take, task_id=job["task_id"], **decided(take))
    studio.until_it_rests(take)

    assert (take.status, take.assets.count()) == (Status.DONE, 1)
    assert len(studio.bill(take)) == 1
    assert studio.balances() == {"held": 0, "spent": take.hold_credits, "shortfall": 0}
    assert take.events.filter(note__contains=WHY).exists()


@pytest.mark.parametrize("task_id", ["00000000-0000-4000-8000-000000000000", "../../../admin", "a b"])
def test_what_fal_does_not_know_binds_nothing(studio, unclear, task_id):
    take = unclear()

    with pytest.raises(Refused, match="fal"):
        lifecycle.bind(take, task_id=task_id, **decided(take))

    take.refresh_from_db()
    assert (take.status, take.provider_task_id) == (Status.UNCERTAIN, None)
    assert studio.held == take.hold_credits


def test_one_job_is_not_two_takes(studio, unclear):
    first, second = unclear(), unclear()
    [job] = studio.bill(first)
    lifecycle.bind(first, task_id=job["task_id"], **decided(first))

    with pytest.raises(CannotDecide, match=first.name):
        lifecycle.bind(second, task_id=job["task_id"], **decided(second))

    [other] = studio.bill(second)
    lifecycle.bind(second, task_id=other["task_id"], **decided(second))
    for take in (first, second):
        assert studio.until_it_rests(take).status == Status.DONE


def test_what_was_surely_not_taken_is_sent_once_more(studio, unclear):
    studio.sandbox.control(fault="lost request", provider="fal")
    take = unclear("A ship of which the request was lost")
    assert studio.bill(take) == []
    studio.sandbox.control(clear=True)

    lifecycle.send_again(take, **decided(take))
    studio.until_it_rests(take)

    assert take.status == Status.DONE
    assert [row["task_id"] for row in studio.bill(take)] == [take.provider_task_id]
    assert studio.balances() == {"held": 0, "spent": take.hold_credits, "shortfall": 0}


def test_a_take_that_was_given_up_can_still_be_fetched(studio, unclear):
    take = unclear()
    lifecycle.give_up(take, **decided(take))
    take.refresh_from_db()
    assert studio.is_released(take)
    [job] = studio.bill(take)

    assert lifecycle.recover(take, task_id=job["task_id"], **decided(take))
    studio.until_it_rests(take)

    assert (take.status, take.assets.count()) == (Status.DONE, 1)
    assert studio.balances() == {"held": 0, "spent": take.hold_credits, "shortfall": take.hold_credits}
    assert ProviderCall.objects.filter(generation=take).exists()
