"""Webhooks over a real port: they make us look at once, and clear up what fal cannot be asked."""

import time

import pytest

from generations.models import CallbackReceipt, Generation, Status
from tests.make import make_recipe


@pytest.fixture
def reachable(studio, live_server, settings):
    """The studio, with an address at which providers can call it."""
    settings.PUBLIC_URL = live_server.url
    return studio


def wait_for(found, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found():
            return
        time.sleep(0.03)
    raise AssertionError("It did not come.")


@pytest.mark.parametrize("provider", ["fal", "kling"])
def test_the_end_is_noticed_without_waiting_for_the_next_question(reachable, provider):
    recipe = make_recipe(prompt=f"Called back by {provider}")
    take = reachable.take(recipe=recipe, account=reachable.accounts[provider])
    reachable.send(seconds=0.5)
    row = Generation.objects.filter(pk=take.pk)
    assert row.filter(status=Status.RUNNING).exists()

    wait_for(lambda: reachable.sandbox.bill()[-1]["state"] == "done")
    wait_for(lambda: row.exclude(woken_at=None).exists())
    wait_for(lambda: reachable.follow(seconds=0.1) is not None and row.filter(status=Status.INGESTING).exists(), 5)

    receipt = CallbackReceipt.objects.order_by("pk").last()
    assert (receipt.generation_id, receipt.is_verified) == (take.pk, provider == "fal")
    reachable.until_it_rests(take)
    assert take.status == Status.DONE


def test_on_fal_a_lost_answer_is_cleared_up_by_the_webhook(reachable):
    take = reachable.take(recipe=make_recipe(prompt="Lost and found [lost reply]"))

    reachable.until_it_rests(take, waits=[Status.UNCERTAIN])
    assert take.status == Status.UNCERTAIN
    wait_for(lambda: CallbackReceipt.objects.filter(generation=take).exists())
    take.refresh_from_db()
    assert take.due_at is not None
    reachable.until_it_rests(take)

    assert take.status == Status.DONE
    assert take.attempts.get().outcome == "found"
    assert [row["task_id"] for row in reachable.bill(take)] == [take.provider_task_id]
    assert reachable.balances() == {"held": 0, "spent": take.hold_credits, "shortfall": 0}


@pytest.mark.parametrize("trouble", ["forged webhook", "stale webhook", "no webhook", "double webhook"])
def test_a_bad_webhook_neither_helps_nor_harms(reachable, trouble):
    take = reachable.take(recipe=make_recipe(prompt=f"A ship [{trouble}]"))

    reachable.until_it_rests(take)

    assert take.status == Status.DONE
    assert len(reachable.bill(take)) == 1
    wanted = 1 if trouble == "double webhook" else 0
    wait_for(lambda: CallbackReceipt.objects.filter(generation=take).count() == wanted)
