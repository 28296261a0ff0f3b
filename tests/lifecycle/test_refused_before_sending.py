"""What an adapter refuses before anything is sent ends the take: nobody tries it for ever."""

import pytest
from django.db.models.functions import Now

from generations import lifecycle
from generations.errors import InvalidRecipe, Refused
from generations.models import Status
from tests.road import status_of


@pytest.mark.parametrize("error", [InvalidRecipe({"duration": "No such duration."}), Refused("Too large a file.")])
def test_what_a_newer_catalog_refuses_fails_and_returns_the_hold(road, script, error):
    take = road.take()
    script.says("prepare", error)

    road.send(seconds=0.2)
    road.put(take, lease_until=Now(), due_at=Now())
    lifecycle.tick()

    assert status_of(take) == Status.FAILED
    assert take.failure_public == error.public
    assert take.attempts.get().outcome == "not_sent"
    assert road.is_released(take)
