"""Official Kling, older generation: the contract, and what is peculiar to it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from generations import providers
from generations.errors import Refused
from generations.providers import (
    Busy,
    Cost,
    Garbled,
    Misconfigured,
    Operation,
    Rejected,
    Uncertain,
    Unreachable,
)
from tests.providers.contract import AdapterContract
from tests.providers.make import find_route, make_account, make_task, recorded
from tests.providers.make_kling import HOST, OUR_ID, TASK, call, signed
from tests.providers.secret_check import check_no_secret

ROUTE = find_route("kling", "kling-v2-master", "image_to_video", "master")
MISCONFIGURED = ("1000", "1001", "1002", "1003", "1004", "1100", "1101", "1102", "1103", "1304")


class TestContract(AdapterContract):
    slug = "kling"
    task_id = TASK
    queued, rendering, finished, failed = "submitted", "processing", ("succeed",), ("failed",)
    callback = recorded("kling", "callback_legacy").json()
    submit_errors = {
        **dict.fromkeys(MISCONFIGURED, Misconfigured),
        **dict.fromkeys(("1302", "1303"), Busy),
        **dict.fromkeys(("1200", "1201+1203", "1201+1201", "1202", "1203", "1300", "1301"), Rejected),
        **dict.fromkeys(("5000", "5001", "5002"), Uncertain),
        "html": Uncertain,
        "html_200": Uncertain,
        "html_413": Rejected,
        "wrong_shape": Uncertain,
        "accepted_without_id": Uncertain,
    }
    follow_errors = {
        **dict.fromkeys(MISCONFIGURED, Misconfigured),
        **dict.fromkeys(("1302", "1303"), Busy),
        **dict.fromkeys(("1200", "1201", "1202", "1203", "1300", "1301", "5000", "5001", "5002"), Garbled),
        "html": Garbled,
        "html_200": Garbled,
        "wrong_shape": Garbled,
        "unknown_state": Garbled,
        "succeed_without_video": Garbled,
        "other_task": Garbled,
    }

    @property
    def route(self):
        return ROUTE

    def sign(self, body, at):
        return (signed(body, at),)


async def follow(*answers, account=None):
    outcome, wire = await call("follow", *answers, account=account, operation=Operation(TASK), route=ROUTE)
    return outcome, wire


async def submit(tmp_path, *answers, **facts):
    task = make_task(ROUTE, tmp_path, **facts)
    prepared = providers.Prepared(task, {file.key: "aW1hZ2U=" for file in task.files})
    return await call("submit", *answers, prepared=prepared)


# submit


async def test_our_own_id_and_the_callback_travel_in_the_body(tmp_path):
    operation, wire = await submit(tmp_path, "accepted", callback_url="https://site.example/hooks/kling/1")

    assert str(wire.last.url) == f"{HOST}/v1/videos/image2video"
    assert wire.last_body["external_task_id"] == OUR_ID
    assert wire.last_body["callback_url"] == "https://site.example/hooks/kling/1"
    assert operation == Operation(TASK, {}, "CjMT7WdPwbcAAAAAABcnew")


async def test_files_are_sent_as_base64_without_a_prefix(tmp_path):
    prepared, wire = await call("prepare", task=make_task(ROUTE, tmp_path))

    assert list(prepared.references.values()) == ["Zmlyc3RfZnJhbWUgMA=="]
    assert not wire.requests


async def test_a_refusal_is_free_and_says_whether_it_was_moderation(tmp_path):
    for situation, moderated in (("1200", False), ("1300", True), ("1301", True)):
        with pytest.raises(Rejected) as caught:
            await submit(tmp_path, situation)
        assert caught.value.charged == Cost(Decimal(0), "kling_unit")
        assert caught.value.moderated is moderated
        assert caught.value.provider_code == situation


async def test_an_own_id_that_exists_is_the_take_itself(tmp_path):
    operation, wire = await submit(tmp_path, "1201_exists", "processing")

    assert operation.task_id == TASK
    assert [request.method for request in wire.requests] == ["POST", "GET"]
    assert wire.last.url.path.endswith(f"/image2video/{OUR_ID}")


@pytest.mark.parametrize("answer", ["5000", "html", "1302", httpx.ReadError("cut")])
async def test_a_bad_value_that_cannot_be_told_from_a_double_is_uncertain(tmp_path, answer):
    with pytest.raises(Uncertain) as caught:
        await submit(tmp_path, "1201", answer)

    assert caught.value.provider_code == "1201"
    check_no_secret("kling", caught.value)


async def test_the_code_decides_and_not_http(tmp_path):
    with pytest.raises(Misconfigured):
        await submit(tmp_path, httpx.Response(200, json={"code": 1102, "message": "Account balance not enough"}))
    with pytest.raises(Uncertain):
        await submit(tmp_path, httpx.Response(200, json={"code": 7777, "message": "?"}))
    with pytest.raises(Uncertain):
        await submit(tmp_path, httpx.Response(500, json=recorded("kling", "accepted").json()))


async def test_a_wait_that_is_named_is_kept(tmp_path):
    with pytest.raises(Busy) as caught:
        await submit(tmp_path, "1303_with_retry_after")

    assert caught.value.retry_after_seconds == 3.0


# follow


@pytest.mark.parametrize("situation", ["succeed", "succeed_new_word"])
async def test_a_finished_take_tells_its_units_and_when_its_link_ends(situation):
    outcome, _ = await follow(situation)

    (output,) = outcome.outputs
    assert outcome.cost == Cost(Decimal(10), "kling_unit")
    assert output.provider_id == "758213999000111222"
    assert output.expires_at == datetime.fromtimestamp(1763726564, UTC) + timedelta(days=30)


async def test_a_finished_take_without_a_deduction_leaves_the_cost_open():
    answer = recorded("kling", "succeed").json()
    del answer["data"]["final_unit_deduction"], answer["data"]["updated_at"]

    outcome, _ = await follow(httpx.Response(200, json=answer))

    assert outcome.cost is None
    assert outcome.outputs[0].expires_at is None


@pytest.mark.parametrize(
    ("situation", "units"), [("failed", None), ("failed_free", Decimal(0)), ("failed_charged", Decimal("3.5"))]
)
async def test_a_failure_is_free_only_where_kling_says_so(situation, units):
    outcome, _ = await follow(situation)

    assert outcome.charged == (None if units is None else Cost(units, "kling_unit"))


async def test_the_reason_is_the_tasks_and_not_the_envelopes():
    outcome, _ = await follow("failed")

    assert outcome.reason == "Failure to pass the risk control system"
    assert outcome.moderated  # only the words say so


# find


async def test_it_finds_a_job_by_our_own_id():
    operation, wire = await call("find", "processing", our_id=OUR_ID, route=ROUTE)

    assert operation.task_id == TASK
    assert str(wire.last.url) == f"{HOST}/v1/videos/image2video/{OUR_ID}"


@pytest.mark.parametrize("answer", ["1201", "1202", "1203", httpx.Response(404, text="not found")])
async def test_a_job_that_is_not_there_is_none(answer):
    found, _ = await call("find", answer, our_id=OUR_ID, route=ROUTE)

    assert found is None


def test_not_finding_it_proves_nothing():
    adapter = providers.adapter_class("kling")

    assert adapter.can_find
    assert not adapter.absence_is_proof


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("5000", Garbled),
        ("html", Garbled),
        ("1302", Busy),
        ("1002", Misconfigured),
        (httpx.ReadError("x"), Unreachable),
    ],
)
async def test_a_lookup_without_an_answer_is_no_absence(answer, expected):
    with pytest.raises(expected):
        await call("find", answer, our_id=OUR_ID, route=ROUTE)


async def test_a_job_with_another_id_is_not_ours():
    answer = recorded("kling", "processing").json()
    answer["data"]["task_info"]["external_task_id"] = "somebody-else"

    with pytest.raises(Garbled):
        await call("find", httpx.Response(200, json=answer), our_id=OUR_ID, route=ROUTE)


@pytest.mark.parametrize(("external_id", "is_ours"), [(OUR_ID, True), ("somebody-else", False), (None, False)])
async def test_a_named_job_is_confirmed_by_our_own_id_alone(external_id, is_ours):
    answer = recorded("kling", "processing").json()
    answer["data"]["task_info"] = {"external_task_id": external_id} if external_id else {}
    job = Operation(answer["data"]["task_id"])

    said, _ = await call("confirm", httpx.Response(200, json=answer), operation=job, our_id=OUR_ID, route=ROUTE)

    assert said is is_ours


async def test_an_operation_is_made_from_a_task_id_only():
    adapter, account = providers.adapter_class("kling"), make_account("kling")

    assert adapter.operation_for(TASK, ROUTE, account) == Operation(TASK)
    with pytest.raises(Refused):
        adapter.operation_for("a/../b", ROUTE, account)
