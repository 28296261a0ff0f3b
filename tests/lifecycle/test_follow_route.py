"""A take is asked about on the route that it was sent on, also where its provider has it on two."""

import pytest

from generations import catalog
from generations.models import Status
from generations.providers import ADAPTERS, Pending
from tests.every_recipe import plainest
from tests.fakes import Script, scripted
from tests.road import status_of

NEW, OLD = (catalog.load().route(f"kling:kling-v3:image_to_video:std{generation}") for generation in (":new", ""))


@pytest.fixture
def asked(monkeypatch):
    """On which route each job was asked about."""
    routes = {}

    async def follow_many(self, items):
        routes.update((operation.task_id, route.key) for operation, route in items)
        return [Pending(rendering=True) for _ in items]

    monkeypatch.setitem(ADAPTERS, "kling", scripted(Script(), batch_size=20, follow_many=follow_many))
    return routes


def running(road, route_key):
    take = road.running(recipe_json=plainest(OLD).as_json())
    return road.put(take, quote_json=take.quote_json | {"route": route_key})


def test_each_take_is_asked_about_in_the_generation_that_has_it(kling_road, asked):
    new, old = running(kling_road, NEW.key), running(kling_road, OLD.key)

    kling_road.follow()

    assert asked == {new.provider_task_id: NEW.key, old.provider_task_id: OLD.key}


def test_a_route_that_the_catalog_has_lost_stops_no_other(kling_road, asked):
    lost, old = running(kling_road, "kling:kling-v9:image_to_video:std"), running(kling_road, OLD.key)
    other = running(kling_road, OLD.key)

    kling_road.follow()

    assert set(asked) == {old.provider_task_id, other.provider_task_id}
    assert status_of(lost) == Status.RUNNING
