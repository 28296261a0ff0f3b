"""Official Kling: the contract, and what is peculiar to it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import jwt
import pytest
from standardwebhooks import Webhook

from generations import providers
from generations.errors import Refused
from generations.providers import (
    Busy,
    CallbackInvalid,
    Cost,
    Garbled,
    Misconfigured,
    Operation,
    Rejected,
    Uncertain,
    Unreachable,
)
from tests.providers.contract import NOW, AdapterContract
from tests.providers.make import SECRETS, Wire, find_route, make_account, make_delivery, make_task, recorded
from tests.providers.secret_check import check_no_secret

ROUTE = find_route("kling", "kling-v2-master", "image_to_video", "master")
TASK = "758213946091823104"
OUR_ID = "3f0c2f4e-our-own-id"
HOST = "https://api-singapore.klingai.com"
WEBHOOK_SECRET = SECRETS["kling"]["webhook_secret"]
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

    def sign(self, body, at):
        delivery = make_delivery(body, {}, at)
        return (make_delivery(delivery.body, signature_headers(delivery.body, at), at),)


def signature_headers(body, at, secret=WEBHOOK_SECRET, delivery_id="msg-1"):
    signature = Webhook(secret).sign(delivery_id, at, body.decode("utf-8", "replace"))
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": f"v1,AAAA v2,whatever {signature}",
    }


async def call(method, *answers, account=None, **facts):
    wire = Wire(*(recorded("kling", item) if isinstance(item, str) else item for item in answers))
    async with wire.http() as http:
        adapter = providers.get(account or make_account("kling"), http)
        return await getattr(adapter, method)(**facts), wire


async def follow(*answers, account=None):
    outcome, wire = await call("follow", *answers, account=account, operation=Operation(TASK), route=ROUTE)
    return outcome, wire


async def submit(tmp_path, *answers, **facts):
    task = make_task(ROUTE, tmp_path, **facts)
    prepared = providers.Prepared(task, {file.key: "aW1hZ2U=" for file in task.files})
    return await call("submit", *answers, prepared=prepared)


# account


async def test_a_pair_of_keys_signs_a_token_for_half_an_hour():
    _, wire = await follow("submitted")

    kind, token = wire.last.headers["authorization"].split()
    claims = jwt.decode(token, SECRETS["kling"]["secret_key"], algorithms=["HS256"])
    now = datetime.now(UTC).timestamp()
    assert kind == "Bearer"
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    assert claims["iss"] == SECRETS["kling"]["access_key"]
    assert set(claims) == {"iss", "exp", "nbf"}
    assert now + 1_700 < claims["exp"] <= now + 1_800
    assert now - 15 < claims["nbf"] <= now - 4


async def test_an_api_key_is_sent_as_it_is():
    account = make_account("kling", credentials={"api_key": " api-key-0123456789 "})

    _, wire = await follow("submitted", account=account)

    assert wire.last.headers["authorization"] == "Bearer api-key-0123456789"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, HOST),
        ({"region": "global"}, HOST),
        ({"region": "cn"}, "https://api-beijing.klingai.com"),
        ({"origin": "http://127.0.0.1:8100"}, "http://127.0.0.1:8100/kling"),
    ],
)
async def test_the_region_decides_the_host(facts, expected):
    _, wire = await follow("submitted", account=make_account("kling", **facts))

    assert str(wire.last.url) == f"{expected}/v1/videos/image2video/{TASK}"


async def test_an_unknown_region_is_misconfigured():
    with pytest.raises(Misconfigured):
        await follow(account=make_account("kling", region="moon"))


@pytest.mark.parametrize(
    ("credentials", "is_complete"),
    [
        ({}, False),
        ({"access_key": "a"}, False),
        ({"secret_key": "s"}, False),
        ({"access_key": "a", "secret_key": " "}, False),
        ({"access_key": "a", "secret_key": "s"}, True),
        ({"api_key": "k"}, True),
        ({"api_key": "k", "webhook_secret": "whsec_"}, False),
        ({"api_key": "k", "webhook_secret": WEBHOOK_SECRET}, True),
    ],
)
def test_it_needs_a_pair_or_an_api_key(credentials, is_complete):
    problem = providers.adapter_class("kling").check_credentials(credentials)

    assert (problem is None) is is_complete


@pytest.mark.parametrize("situation", ["1203", "1201", "submitted"])
async def test_checking_an_account_looks_for_a_task_that_is_not_there(situation):
    sentence, wire = await call("check_account", situation)

    assert "accepted" in sentence
    assert wire.last.method == "GET"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("1002", Misconfigured), ("1102", Misconfigured), ("5001", Garbled), (httpx.Response(404), Garbled)],
)
async def test_an_account_that_is_not_served_fails_the_check(answer, expected):
    with pytest.raises(expected):
        await call("check_account", answer)


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


# webhooks


async def read(delivery, account=None):
    hint, _ = await call("read_callback", delivery=delivery, account=account)
    return hint


async def test_the_official_test_vector_is_verified():
    body = (
        b'{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}'
    )
    headers = {
        "webhook-id": "9876543210",
        "webhook-timestamp": "1781080794",
        "webhook-signature": "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=",
    }
    delivery = make_delivery(body, headers, datetime.fromtimestamp(1781080800, UTC))

    hint = await read(delivery)

    assert (hint.task_id, hint.delivery_id, hint.verified) == ("1234567890", "9876543210", True)


@pytest.mark.parametrize("situation", ["callback_legacy", "callback_new"])
async def test_without_a_secret_a_delivery_is_an_unverified_hint(situation):
    account = make_account("kling", credentials={"api_key": "api-key-0123456789"})
    delivery = make_delivery(recorded("kling", situation).json(), {"webhook-id": "chosen-by-anyone"}, NOW)

    hint = await read(delivery, account)

    assert (hint.task_id, hint.verified) == (TASK, False)
    status = "succeed" if situation == "callback_legacy" else "succeeded"
    assert hint.delivery_id == f"{TASK}:{status}:1763726564000"


async def test_with_a_secret_an_unsigned_delivery_is_refused():
    with pytest.raises(CallbackInvalid):
        await read(make_delivery(recorded("kling", "callback_legacy").json(), {}, NOW))


async def test_the_signature_of_another_secret_is_refused():
    body = make_delivery(TestContract.callback, {}, NOW).body
    headers = signature_headers(body, NOW, secret="whsec_b3RoZXIgc2VjcmV0")

    with pytest.raises(CallbackInvalid):
        await read(make_delivery(body, headers, NOW))


async def test_a_webhook_secret_that_is_none_is_misconfigured():
    account = make_account("kling", credentials={"api_key": "k", "webhook_secret": "whsec_"})

    with pytest.raises(Misconfigured):
        await read(make_delivery(TestContract.callback, {}, NOW), account)
