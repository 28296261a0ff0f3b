"""Many jobs asked about at once: up to 20 of the newer API in one request, those of the older one singly."""

import httpx

from generations import providers
from generations.providers import Busy, Failed, Finished, Garbled, Misconfigured, Operation, Pending, Unreachable
from tests.providers.make import Wire, make_account, recorded
from tests.providers.make_kling import PAIR_ONLY, TASK, find

NEW = find("kling-v3", "image_to_video", "std", "new")
OLD = find("kling-v3", "image_to_video")


def listed(*situations):
    """One answer with the task of each situation, each under an id of its own: its place in the list."""
    body = recorded("kling", "new_succeeded").json()
    tasks = [recorded("kling", situation).json()["data"][0] | {"id": f"{n}"} for n, situation in enumerate(situations)]
    return httpx.Response(200, json=body | {"data": tasks[::-1]})


class WireByPath(Wire):
    """Answers by the path: calls that go out beside each other have no order."""

    def __init__(self, answers):
        super().__init__()
        self.by_path = answers

    def __call__(self, request):
        return self.by_path[request.url.path]


async def follow_many(items, *answers, account=None):
    wire = Wire(*(recorded("kling", item) if isinstance(item, str) else item for item in answers))
    async with wire.http() as http:
        adapter = providers.get(account or make_account("kling"), http)
        return await adapter.follow_many(items), wire


async def test_twenty_jobs_are_one_request_and_each_gets_its_own_answer():
    jobs = [(Operation(str(number)), NEW) for number in range(20)]
    situations = ["new_processing", "new_succeeded", "new_failed", "new_submitted"] * 5

    states, wire = await follow_many(jobs, listed(*situations))

    assert [type(state) for state in states] == [Pending, Finished, Failed, Pending] * 5
    assert len(wire.requests) == 1
    assert wire.last.url.params["task_ids"].split(",") == [operation.task_id for operation, _ in jobs]
    assert providers.adapter_class("kling").batch_size == 20


async def test_a_job_that_is_missing_or_unreadable_spoils_no_other():
    jobs = [(Operation(number), NEW) for number in ("0", "1", "unknown")]

    first, second, third = (await follow_many(jobs, listed("new_processing", "new_unknown_state")))[0]

    assert first == Pending(rendering=True)
    assert isinstance(second, Garbled)
    assert isinstance(third, Garbled)


async def test_an_answer_that_does_not_come_is_an_error_for_each_that_it_was_about():
    jobs = [(Operation("0"), NEW), (Operation("1"), NEW)]

    for answer, expected in (("1302", Busy), ("1002", Misconfigured), (httpx.ReadError("cut"), Unreachable)):
        states, _ = await follow_many(jobs, answer)
        assert [type(state) for state in states] == [expected, expected]


async def test_both_generations_in_one_batch_keep_their_places():
    answers = {
        "/tasks": listed("new_processing", "new_succeeded"),
        f"{OLD.endpoint}/{TASK}": recorded("kling", "succeed"),
        f"{OLD.endpoint}/lost": recorded("kling", "1203"),
    }
    jobs = [(Operation(TASK), OLD), (Operation("0"), NEW), (Operation("lost"), OLD), (Operation("1"), NEW)]

    async with WireByPath(answers).http() as http:
        states = await providers.get(make_account("kling"), http).follow_many(jobs)

    assert [type(state) for state in states] == [Finished, Pending, Garbled, Finished]


async def test_an_account_without_an_api_key_still_follows_its_older_jobs():
    jobs = [(Operation("0"), NEW), (Operation(TASK), OLD)]

    (new, old), wire = await follow_many(jobs, "processing", account=make_account("kling", credentials=PAIR_ONLY))

    assert isinstance(new, Misconfigured)
    assert old == Pending(rendering=True)
    assert len(wire.requests) == 1


async def test_nothing_to_ask_is_no_request():
    states, wire = await follow_many([])

    assert states == []
    assert not wire.requests
