"""What the control address orders beyond single faults: lost shares, balances, latency, skew, expiry."""

import time

import httpx
import jwt
import pytest

from generations.sandbox.kling_auth import STATUS_OF
from tests.sandbox.conftest import FalClient, KlingClient
from tests.sandbox_server import running_sandbox


def submits(client, count):
    """How many replies came and how many were lost."""
    lost = 0
    for number in range(count):
        try:
            client(number)
        except httpx.RemoteProtocolError:
            lost += 1
    return count - lost, lost


def test_a_share_of_the_replies_is_lost_but_every_task_is_made_and_billed(tmp_path):
    with running_sandbox(tmp_path, speed=400) as sandbox:
        fal = FalClient(sandbox)
        sandbox.control(lose={"provider": "fal", "share": 0.2, "seed": 7})
        _, lost = submits(lambda number: fal.start(prompt=f"boat {number}"), 60)
        rows = [sandbox.wait_for(row["task_id"]) for row in sandbox.bill()]
        rule = sandbox.state()["losing"]["fal"]
        sandbox.control(clear=True)
        _, later = submits(lambda number: fal.start(prompt=f"ship {number}"), 10)

    assert 4 <= lost <= 22
    assert (rule["accepted"], rule["lost"]) == (60, lost)
    assert len(rows) == 60 and {row["billed"]["amount"] for row in rows} == {"5"}
    assert sum("lost reply" in row["faults"] for row in rows) == lost
    assert later == 0


def test_the_same_seed_loses_the_same_replies(tmp_path):
    def pattern(sandbox):
        sandbox.control(lose={"provider": "fal", "share": 0.5, "seed": 3})
        fal, before = FalClient(sandbox), len(sandbox.bill())
        submits(lambda number: fal.start(prompt=f"boat {number}"), 20)
        return ["lost reply" in row["faults"] for row in sandbox.bill()[before:]]

    with running_sandbox(tmp_path) as sandbox:
        assert pattern(sandbox) == pattern(sandbox)


def test_every_nth_reply_of_one_provider_is_lost(tmp_path):
    with running_sandbox(tmp_path) as sandbox:
        kling, fal = KlingClient(sandbox), FalClient(sandbox)
        sandbox.control(lose={"provider": "kling", "every": 3})

        assert submits(lambda number: kling.start(external_task_id=f"id-{number}"), 9) == (6, 3)
        assert submits(lambda number: fal.start(), 3) == (3, 0)
        assert all(kling.query(f"id-{number}").status_code == 200 for number in range(9))


def test_units_run_out_and_come_back_with_a_refill(sandbox):
    kling = KlingClient(sandbox)
    key = kling.headers["Authorization"].removeprefix("Bearer ")
    sandbox.control(balance={"provider": "kling", "key": key, "amount": "1.5", "pack": "kling_unit"})

    first, second = kling.start(), kling.create()
    picture = kling.post("/v1/images/generations", prompt="a boat")
    sandbox.control(balance={"provider": "kling", "key": key, "amount": "5", "pack": "kling_unit"})

    assert kling.finish(first)["final_unit_deduction"] == "1"
    assert (second.status_code, second.json()["code"]) == (429, 1102)
    assert picture.json()["code"] == 0  # it is paid from the other pack
    assert kling.create().json()["code"] == 0


def test_the_packs_of_an_account_can_be_asked_for_once_a_second(tmp_path):
    with running_sandbox(tmp_path, speed=1) as sandbox:
        kling = KlingClient(sandbox)
        span = {"start_time": 0, "end_time": 1}
        packs = kling.get("/account/costs", **span).json()["data"]["resource_pack_subscribe_infos"]
        again = kling.get("/account/costs", **span).json()
        time.sleep(1.05)
        one = kling.get("/account/costs", **span, resource_pack_name=packs[0]["resource_pack_name"]).json()["data"]

    assert [pack["status"] for pack in packs] == ["online", "online"]
    assert packs[0]["total_quantity"] >= packs[0]["remaining_quantity"] > 0
    assert again["code"] == 1302
    assert len(one["resource_pack_subscribe_infos"]) == 1


def test_pictures_take_as_many_slots_as_there_are(tmp_path):
    with running_sandbox(tmp_path, kling_concurrency=4) as sandbox:
        kling = KlingClient(sandbox)
        path = "/v1/images/generations"
        codes = [kling.post(path, prompt="a [render 2s]", n=n).json()["code"] for n in (3, 2, 1)]
        film = kling.create()

    assert codes == [0, 1303, 0]
    assert film.json()["code"] == 0  # films have slots of their own


def test_latency_delays_every_request_of_one_provider(sandbox):
    fal, kling = FalClient(sandbox), KlingClient(sandbox)
    sandbox.control(latency={"provider": "fal", "seconds": 0.5})
    try:
        before = time.monotonic()
        fal.start()
        late = time.monotonic() - before
        before = time.monotonic()
        kling.start()
        prompt = time.monotonic() - before
    finally:
        sandbox.control(clear=True)

    assert late >= 0.5 > prompt


def test_a_provider_whose_clock_is_off_refuses_good_tokens_and_dates_its_webhooks_wrong(sandbox, hooks):
    now = int(time.time())
    token = jwt.encode({"iss": "skewed", "exp": now + 1800, "nbf": now - 5}, "s" * 32, headers={"typ": "JWT"})
    kling, fal = KlingClient(sandbox, token), FalClient(sandbox)
    sandbox.control(clock_skew=-600)
    try:
        early = kling.create().json()["code"]
        sandbox.control(clock_skew=2000)
        late = kling.create().json()["code"]
        fal.start(hook=hooks.url)
        hooks.wait()
    finally:
        sandbox.control(clear=True)

    assert (early, late, kling.create().json()["code"]) == (1003, 1004, 0)
    assert int(hooks.got[0][0]["x-fal-webhook-timestamp"]) - now > 1900


def test_results_expire(tmp_path):
    with running_sandbox(tmp_path) as sandbox:
        fal = FalClient(sandbox)
        url = sandbox.wait_for(fal.start())["output_url"]
        before = sandbox.http.get(url).status_code
        sandbox.control(result_seconds=0.001)

        assert (before, sandbox.http.get(url).status_code) == (200, 403)


@pytest.mark.parametrize("code", sorted(STATUS_OF))
def test_kling_answers_with_any_code_of_its_table(kling, code):
    reply = kling.create(prompt=f"a boat [code {code}]")

    assert (reply.status_code, reply.json()["code"]) == (STATUS_OF[code], code)
    assert kling.list().json()["data"] == []


@pytest.mark.parametrize("status", [400, 401, 403, 422, 499, 500, 502, 503, 504])
def test_fal_answers_with_any_status_of_its_tables(fal, status):
    reply = fal.submit(fault=f"code {status}")

    assert reply.status_code == status
    assert reply.json()["detail"]


def test_a_429_comes_with_and_without_retry_after(fal, kling):
    assert [fal.submit(fault=name).headers.get("retry-after") for name in ("429", "429 bare")] == ["2", None]
    assert [kling.create(fault=name).headers.get("retry-after") for name in ("429", "429 bare")] == ["2", None]


def test_an_account_without_money_is_refused_in_each_ones_words(fal, kling):
    assert fal.submit(fault="no funds").status_code == 403
    assert kling.create(fault="no funds").json()["code"] == 1102


def test_what_is_not_safe_ends_as_moderated(fal, kling):
    task_id = fal.start(prompt="a boat [nsfw]")
    fal.finish(task_id)

    assert fal.result(task_id).json()["detail"][0]["type"] == "content_policy_violation"
    assert kling.finish(kling.start(prompt="a boat [nsfw]"))["task_status"] == "failed"


def test_a_late_webhook_comes_after_the_later_ones(kling, hooks):
    kling.start(prompt="a boat [late webhook 1.5s once]", callback_url=hooks.url)

    words = [event["task_status"] for event in hooks.wait(3)]

    assert words == ["processing", "succeed", "submitted"]


@pytest.mark.parametrize(
    "order",
    [
        {"lose": {"provider": "x", "share": 0.1}},
        {"lose": {"provider": "fal", "share": 2}},
        {"lose": 5},
        {"balance": {"provider": "fal", "key": "a", "amount": "much"}},
        {"latency": {"provider": "fal"}},
        {"clock_skew": "soon"},
    ],
)
def test_an_order_that_makes_no_sense_is_refused(sandbox, order):
    reply = sandbox.http.post("/_control", json=order)

    assert reply.status_code == 400 and reply.json()["error"]
