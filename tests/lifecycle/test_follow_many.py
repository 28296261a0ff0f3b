"""A provider that answers about many jobs in one request is asked about many."""

import pytest
from django.utils import timezone

from generations import lifecycle
from generations.models import Status
from generations.providers import ADAPTERS, Failed, Garbled, Pending, Unreachable
from tests.fakes import Script, finished, scripted
from tests.make import make_account
from tests.road import pause_of, status_of

SAID = {"provider": "kling"}


@pytest.fixture
def batches(monkeypatch):
    """Kling answers about three jobs at a time, by this script: one answer per job, in the order of the questions."""
    script = Script()
    sizes = []

    async def follow_many(self, items):
        sizes.append(len(items))
        return await script.answer("follow_many", [operation for operation, _ in items])

    script.sizes = sizes
    monkeypatch.setitem(ADAPTERS, "kling", scripted(script, batch_size=3, follow_many=follow_many))
    return script


def each(answer):
    return lambda operations: [answer(operation) for operation in operations]


def test_due_questions_of_an_account_are_asked_together(kling_road, batches):
    takes = [kling_road.running() for _ in range(7)]
    batches.says("follow_many", *[each(lambda _: Pending(rendering=True)) for _ in range(2)])

    kling_road.follow()

    assert sorted(batches.sizes) == [3, 3]
    assert batches.count("follow") == 1  # the seventh
    assert all(pause_of(take) > 1 for take in takes)


def test_each_take_gets_its_own_answer(kling_road, batches):
    pending, done, failed = [kling_road.running() for _ in range(3)]
    answers = {
        pending.provider_task_id: Pending(rendering=True),
        done.provider_task_id: finished("https://files.test/a.mp4"),
        failed.provider_task_id: Failed("internal_error", "the runner broke", None),
    }
    batches.says("follow_many", each(lambda operation: answers[operation.task_id]))

    kling_road.follow()

    assert [status_of(take) for take in (pending, done, failed)] == [Status.RUNNING, Status.INGESTING, Status.FAILED]
    assert pending.is_rendering


def test_an_error_about_one_take_concerns_no_other(kling_road, batches):
    lost, well = kling_road.running(), kling_road.running()
    answers = {
        lost.provider_task_id: Garbled("Kling sent an answer that cannot be read.", **SAID),
        well.provider_task_id: Pending(rendering=True),
    }
    batches.says("follow_many", each(lambda operation: answers[operation.task_id]))

    kling_road.follow()

    lost.refresh_from_db()
    well.refresh_from_db()
    assert (lost.tries, lost.waiting_for) == (1, "Kling sent an answer that cannot be read.")
    assert (well.tries, well.is_rendering) == (0, True)


def test_a_request_that_fails_is_a_try_of_every_take_in_it(kling_road, batches):
    takes = [kling_road.running() for _ in range(3)]
    batches.says("follow_many", Unreachable("Kling could not be reached.", **SAID))

    kling_road.follow()

    assert [status_of(take) for take in takes] == [Status.RUNNING] * 3
    assert [(take.tries, take.waiting_for) for take in takes] == [(1, "Kling could not be reached.")] * 3


def test_an_answer_too_few_is_a_defect_that_ends_nothing(kling_road, batches):
    takes = [kling_road.running() for _ in range(3)]
    batches.says("follow_many", [Pending(rendering=True)])

    kling_road.follow(seconds=1)

    assert [status_of(take) for take in takes] == [Status.RUNNING] * 3
    assert not any(take.is_rendering for take in takes)


def test_takes_of_two_accounts_are_never_in_one_request(kling_road, batches):
    other = make_account(kling_road.team, "kling")
    for _ in range(2):
        kling_road.running()
        kling_road.put(kling_road.running(), account=other)
    batches.says("follow_many", *[each(lambda _: Pending(rendering=True)) for _ in range(2)])

    kling_road.follow()

    assert batches.sizes == [2, 2]


def test_a_wish_to_cancel_goes_out_before_the_question(kling_road, batches):
    takes = [kling_road.running() for _ in range(3)]
    lifecycle.cancel(generation=takes[1], member=kling_road.member, now=timezone.now())
    batches.says("follow_many", each(lambda _: Pending(rendering=True)))

    kling_road.follow()

    assert [operation.task_id for operation in batches.about("cancel")] == [takes[1].provider_task_id]
    for take in takes:
        take.refresh_from_db()
    assert [take.cancel_sent_at is not None for take in takes] == [False, True, False]


def test_a_provider_without_such_a_request_is_asked_one_by_one(road, script):
    for _ in range(3):
        road.running()

    road.follow()

    assert script.count("follow") == 3


async def test_the_usual_answer_about_many_is_asked_one_by_one(script):
    adapter = ADAPTERS["fal"](None, None)
    error = Unreachable("fal could not be reached.", provider="fal")
    script.says("follow", Pending(rendering=True), error, finished("https://files.test/a.mp4"))

    answers = await adapter.follow_many([("one", None), ("two", None), ("three", None)])

    assert answers == [Pending(rendering=True), error, finished("https://files.test/a.mp4")]
    assert script.about("follow") == ["one", "two", "three"]
