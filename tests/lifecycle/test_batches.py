"""Many takes under way in one pump: every answer is written down, in whichever batch it comes."""

import asyncio
from itertools import count

from generations.models import Status
from generations.providers import Operation
from tests.fakes import finished
from tests.road import status_of

SPREAD_SECONDS = 0.15


def one_after_another(make):
    """Answers that come so far apart that each is a batch of its own."""
    places = count()

    async def answer(about):
        place = next(places)
        await asyncio.sleep(place * SPREAD_SECONDS)
        return make(place)

    return [answer] * 4


def test_submits_that_are_answered_one_after_another_all_run(road, script):
    takes = [road.take() for _ in range(4)]
    script.says("submit", *one_after_another(lambda place: Operation(f"task-{place}")))

    road.send()

    assert [status_of(take) for take in takes] == [Status.RUNNING] * 4
    assert script.count("submit") == 4


def test_looks_that_are_answered_one_after_another_all_count(road, script):
    takes = [road.running() for _ in range(4)]
    script.says("follow", *one_after_another(lambda place: finished("https://files.test/film.mp4")))

    road.follow()

    assert [status_of(take) for take in takes] == [Status.INGESTING] * 4
    assert script.count("follow") == 4
