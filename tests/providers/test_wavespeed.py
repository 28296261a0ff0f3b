"""WaveSpeedAI: the contract, and what is peculiar to it. Answers are written from docs/providers.md section 4."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from generations import providers
from generations.errors import Refused
from generations.providers import (
    Balance,
    Busy,
    CallbackInvalid,
    Cost,
    Finished,
    Garbled,
    Misconfigured,
    Operation,
    Pending,
    Rejected,
    Sought,
    Uncertain,
    Unreachable,
)
from tests.providers.contract import NOW, AdapterContract
from tests.providers.make import (
    SECRETS,
    Wire,
    find_route,
    make_account,
    make_delivery,
    make_recipe,
    make_task,
    recorded,
)
from tests.providers.secret_check import check_no_secret

ROUTE = find_route("wavespeed", "kling-v2-master", "image_to_video", "master")
TASK = "9f2c41d7a0b84e6d9c3517fa2be80146"
API = "https://api.wavespeed.ai/api/v3"
RESULT = f"{API}/predictions/{TASK}/result"
SECRET = SECRETS["wavespeed"]["webhook_secret"]
CALLBACK = "https://site.example/hooks/wavespeed/1"
BROKEN = ("5000", "5003", "5004")
REFUSED = ("1200", "1400", "1401", "1402", "1403", "1405")


class TestContract(AdapterContract):
    slug = "wavespeed"
    task_id = TASK
    before_submit = ("ticket", "stored", "price")
    queued, rendering, finished, failed = "created", "processing", ("completed",), ("failed",)
    callback = recorded("wavespeed", "callback").json()
    submit_errors = {
        **dict.fromkeys(("401", "401_in_200", "402", "403", "404"), Misconfigured),
        **dict.fromkeys(("429", "429_with_retry_after"), Busy),
        **dict.fromkeys(("400", *REFUSED, *(f"{code}_in_200" for code in REFUSED)), Rejected),
        **dict.fromkeys(("500", "503", *BROKEN, *(f"{code}_in_200" for code in BROKEN)), Uncertain),
        **dict.fromkeys(("html", "html_200", "wrong_shape", "accepted_without_id"), Uncertain),
    }
    follow_errors = {
        **dict.fromkeys(("401", "401_in_200", "402", "403"), Misconfigured),
        **dict.fromkeys(("429", "429_with_retry_after"), Busy),
        **dict.fromkeys(("400", "404", "500", "503", *BROKEN), Garbled),
        **dict.fromkeys(("html", "html_200", "wrong_shape", "unknown_state", "other_task"), Garbled),
        "completed_without_output": Garbled,
    }

    async def test_a_finished_job_has_its_file_and_its_cost(self):
        # It has a file only: the answer names no cost, so the quoted price is what was charged.
        outcome = await self.follow("completed")

        assert isinstance(outcome, Finished)
        assert [(output.kind, output.url[:8]) for output in outcome.outputs] == [("video", "https://")]
        assert outcome.cost is None

    def sign(self, body, at):
        delivery = make_delivery(body, {}, at)
        return (make_delivery(delivery.body, signature_headers(delivery.body, at), at),)


def signature_headers(body, at, secret=SECRET, delivery_id="msg-1", version="v3"):
    """As the documents say it, written apart from the adapter: hex, and the secret's own bytes after its prefix."""
    timestamp = str(int(at.timestamp()))
    key = secret.split("_", 1)[1].encode("utf-8")
    content = b".".join([delivery_id.encode(), timestamp.encode(), body])
    digest = hmac.new(key, content, hashlib.sha256).hexdigest()
    return {"webhook-id": delivery_id, "webhook-timestamp": timestamp, "webhook-signature": f"{version},{digest}"}


async def call(method, *answers, account=None, **facts):
    wire = Wire(*(recorded("wavespeed", item) if isinstance(item, str) else item for item in answers))
    async with wire.http() as http:
        adapter = providers.get(account or make_account("wavespeed"), http)
        return await getattr(adapter, method)(**facts), wire


async def follow(*answers, operation=None, route=ROUTE, account=None):
    return await call("follow", *answers, account=account, operation=operation or Operation(TASK), route=route)


async def submit(tmp_path, *answers, options=(), account=None, **facts):
    task = make_task(ROUTE, tmp_path, *options, **facts)
    prepared = providers.Prepared(
        task, {file.key: f"https://static.wavespeed.example/{file.role}" for file in task.files}
    )
    return await call("submit", *answers, account=account, prepared=prepared)


# account


@pytest.mark.parametrize(("facts", "host"), [({}, API), ({"origin": "http://127.0.0.1:8100"}, None)])
async def test_the_key_goes_to_wavespeed_or_to_the_sandbox_as_a_bearer(facts, host):
    _, wire = await follow("processing", account=make_account("wavespeed", **facts))

    expected = host or "http://127.0.0.1:8100/wavespeed/api/v3"
    assert str(wire.last.url) == f"{expected}/predictions/{TASK}/result"
    assert wire.last.headers["authorization"] == f"Bearer {SECRETS['wavespeed']['key']}"


async def test_checking_an_account_reads_its_balance():
    sentence, wire = await call("check_account", "balance")

    assert sentence == "WaveSpeedAI accepted the key. Its balance is 87.41 US dollars."
    assert str(wire.last.url) == f"{API}/balance"


async def test_the_balance_is_in_dollars():
    found, _ = await call("read_balance", "balance")

    assert found == (Balance(Decimal("87.4125"), "usd"),)


@pytest.mark.parametrize(("answer", "expected"), [("401", Misconfigured), ("500", Garbled), ("html_200", Garbled)])
async def test_an_account_that_is_not_served_fails_the_check(answer, expected):
    with pytest.raises(expected):
        await call("check_account", answer)


@pytest.mark.parametrize(
    ("credentials", "is_complete"),
    [
        ({}, False),
        ({"key": " "}, False),
        ({"key": "k"}, True),
        ({"key": "k", "webhook_secret": "whsec_"}, False),
        ({"key": "k", "webhook_secret": "abc"}, False),
        ({"key": "k", "webhook_secret": SECRET}, True),
    ],
)
def test_it_needs_a_key_and_a_webhook_secret_is_whole(credentials, is_complete):
    problem = providers.adapter_class("wavespeed").check_credentials(credentials)

    assert (problem is None) is is_complete


async def test_the_list_price_is_asked_with_the_same_input_and_the_reduced_one_counts(tmp_path):
    task = make_task(ROUTE, tmp_path)
    prepared = providers.Prepared(task, {file.key: "https://static.wavespeed.example/a" for file in task.files})

    found, wire = await call("read_list_price", "price", prepared=prepared)

    assert (found.amount, found.currency, found.unit) == (Decimal("1.17"), "usd", "call")
    assert str(wire.last.url) == f"{API}/model/price"
    assert wire.last_body["model_id"] == ROUTE.endpoint
    assert wire.last_body["inputs"]["duration"] == 5


async def test_the_price_of_the_very_task_is_what_it_cost(tmp_path):
    """docs/providers.md 4.2: no answer about a prediction names a cost, `/model/price` does."""
    prepared, wire = await call("prepare", "ticket", "stored", "price", task=make_task(ROUTE, tmp_path))
    assert wire.last_body["inputs"]["image"] == "https://static.wavespeed.example/in/9c/first_frame.png"

    operation, _ = await call("submit", "accepted", prepared=prepared)
    outcome, _ = await follow("completed", operation=operation)
    kept, _ = await follow("completed", operation=Operation(TASK, json.loads(json.dumps(dict(operation.state)))))

    assert outcome.cost == kept.cost == Cost(Decimal("1.17"), "usd")


@pytest.mark.parametrize("answer", [httpx.Response(500), httpx.Response(429), httpx.ConnectError("x"), "html"])
async def test_a_price_that_cannot_be_had_keeps_no_take_from_being_made(tmp_path, answer):
    prepared, wire = await call("prepare", "ticket", "stored", answer, task=make_task(ROUTE, tmp_path))

    assert prepared.session == {} and prepared.references
    assert len(wire.exchanges) == 3


async def test_a_price_in_another_currency_is_no_cost(tmp_path):
    body = recorded("wavespeed", "price").json()
    body["data"]["currency"] = "EUR"

    prepared, _ = await call(
        "prepare", "ticket", "stored", httpx.Response(200, json=body), task=make_task(ROUTE, tmp_path)
    )

    assert prepared.session == {}


async def test_a_price_by_the_length_of_a_file_is_not_asked(tmp_path):
    task = make_task(ROUTE, tmp_path)
    task = replace(task, files=tuple(replace(file, seconds=Decimal(7)) for file in task.files))

    prepared, wire = await call("prepare", "ticket", "stored", task=task)

    assert prepared.session == {} and len(wire.requests) == 2


async def test_a_failure_costs_what_its_answer_says_whatever_the_price_was():
    outcome, _ = await follow("failed", operation=Operation(TASK, {"price": {"amount": "1.17", "currency": "usd"}}))

    assert outcome.charged.amount == 0


# prepare


async def test_a_file_goes_in_two_steps_and_the_store_never_sees_the_key(tmp_path):
    prepared, wire = await call("prepare", "ticket", "stored", "price", task=make_task(ROUTE, tmp_path))

    ticket, put, _price = wire.requests
    assert str(ticket.url) == f"{API}/media/uploads"
    assert json.loads(ticket.content) == {"filename": "first_frame.png", "size": 13, "content_type": "image/png"}
    assert put.method == "PUT"
    assert "authorization" not in put.headers
    assert put.headers["content-type"] == "image/png"
    assert put.content == b"first_frame 0"
    assert list(prepared.references.values()) == ["https://static.wavespeed.example/in/9c/first_frame.png"]
    check_no_secret("wavespeed", wire.exchanges)
    assert "signature=hidden" not in repr(wire.exchanges)


@pytest.mark.parametrize(
    "url",
    [
        "http://uploads.wavespeed-store.example/a",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/a",
        "https://0x7f000001/a",
        "https://2130706433/a",
        "https://localhost/a",
        "https://metadata.google.internal/a",
        "https://user:pass@uploads.example/a",
        "https://uploads.example\\@127.0.0.1/a",
        "https://uploads.example:99999/a",
        "file:///etc/passwd",
        "",
        None,
    ],
)
async def test_a_ticket_that_leads_elsewhere_gets_no_file(tmp_path, url):
    ticket = recorded("wavespeed", "ticket").json()
    ticket["data"]["upload"]["url"] = url
    wire = Wire(httpx.Response(200, json=ticket))
    async with wire.http() as http:
        with pytest.raises(Garbled):
            await providers.get(make_account("wavespeed"), http).prepare(make_task(ROUTE, tmp_path))
    assert len(wire.requests) == 1


async def test_a_sandbox_account_uploads_to_its_sandbox_only(tmp_path):
    account = make_account("wavespeed", origin="http://127.0.0.1:8100")
    ticket = recorded("wavespeed", "ticket").json()
    ticket["data"]["upload"]["url"] = "http://127.0.0.1:8100/wavespeed-cdn/in/1"

    _, wire = await call(
        "prepare", httpx.Response(200, json=ticket), "stored", "price", account=account, task=make_task(ROUTE, tmp_path)
    )
    assert str(wire.requests[1].url) == "http://127.0.0.1:8100/wavespeed-cdn/in/1"

    with pytest.raises(Garbled):
        await call("prepare", "ticket", account=account, task=make_task(ROUTE, tmp_path))


async def test_headers_of_the_ticket_that_belong_to_the_connection_are_left_out(tmp_path):
    ticket = recorded("wavespeed", "ticket").json()
    ticket["data"]["upload"]["headers"] = {
        "x-amz-acl": "private",
        "Authorization": "Bearer other",
        "Host": "elsewhere.example",
        "Content-Length": "1",
        "x-bad": "a\r\nb: c",
        "x-number": 5,
    }

    _, wire = await call(
        "prepare", httpx.Response(200, json=ticket), "stored", "price", task=make_task(ROUTE, tmp_path)
    )

    put = wire.requests[1]
    assert put.headers["x-amz-acl"] == "private"
    assert not {"authorization", "x-bad", "x-number"} & set(put.headers)
    assert put.headers["host"] == "uploads.wavespeed-store.example"
    assert put.headers["content-length"] == "13"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (("401",), Misconfigured),
        (("429",), Busy),
        (("500",), Garbled),
        (("ticket", httpx.Response(403, text="<Error>expired</Error>")), Garbled),
        (("ticket", httpx.Response(500)), Garbled),
        (("ticket", httpx.Response(429)), Busy),
        (("ticket", httpx.ConnectError("x")), Unreachable),
        (("balance",), Garbled),
    ],
)
async def test_an_upload_that_fails_can_be_tried_again_unless_the_key_is_bad(tmp_path, answers, expected):
    with pytest.raises(expected):
        await call("prepare", *answers, task=make_task(ROUTE, tmp_path))


async def test_a_file_over_200_mb_is_refused_before_any_call(tmp_path):
    task = make_task(ROUTE, tmp_path)
    large = type(task.files[0])(
        *(200_000_001 if name == "size_bytes" else getattr(task.files[0], name) for name in task.files[0].__slots__)
    )
    wire = Wire()
    async with wire.http() as http:
        with pytest.raises(Refused):
            await providers.get(make_account("wavespeed"), http).prepare(
                type(task)(task.our_id, task.recipe, task.route, (large,))
            )
    assert not wire.requests


# submit


async def test_the_documented_example_of_the_seed_page_is_what_is_sent(tmp_path):
    options = ("guidance", "negative_prompt")

    operation, wire = await submit(tmp_path, "accepted", options=options, callback_url=CALLBACK)

    assert wire.last.url.copy_with(query=None) == f"{API}/kwaivgi/kling-v2.0-i2v-master"
    assert wire.last.url.params["webhook"] == CALLBACK
    assert wire.last_body == {
        "prompt": wire.last_body["prompt"],
        "image": "https://static.wavespeed.example/first_frame",
        "negative_prompt": wire.last_body["negative_prompt"],
        "guidance_scale": wire.last_body["guidance_scale"],
        "duration": 5,
    }
    assert isinstance(wire.last_body["guidance_scale"], float)
    assert operation == Operation(TASK, {"get": RESULT})


async def test_without_a_public_address_no_webhook_is_asked_for(tmp_path):
    _, wire = await submit(tmp_path, "accepted")

    assert "webhook" not in wire.last.url.params


async def test_a_prediction_that_failed_at_once_is_still_followed(tmp_path):
    # It has an id, so it exists; its own end says whether it was moderation and what it cost.
    operation, _ = await submit(tmp_path, "accepted_and_failed")

    assert operation.task_id == TASK


@pytest.mark.parametrize("situation", [*REFUSED, *(f"{code}_in_200" for code in REFUSED)])
async def test_a_refusal_is_free_and_only_1200_is_moderation(tmp_path, situation):
    with pytest.raises(Rejected) as caught:
        await submit(tmp_path, situation)

    assert caught.value.charged == Cost(Decimal(0), "usd")
    assert caught.value.moderated is situation.startswith("1200")
    assert caught.value.provider_code == situation[:4]


async def test_a_wait_that_is_named_is_kept(tmp_path):
    with pytest.raises(Busy) as caught:
        await submit(tmp_path, "429_with_retry_after")

    assert caught.value.retry_after_seconds == 17.0


# follow


@pytest.mark.parametrize(
    "named",
    [
        "https://evil.example/api/v3/predictions/" + TASK + "/result",
        f"{API}/predictions/{TASK}/result?x=1",
        f"{API}/predictions/{'0' * 32}/result",
        f"http://api.wavespeed.ai/api/v3/predictions/{TASK}/result",
        5,
    ],
)
async def test_a_result_url_that_is_not_its_own_is_never_called(tmp_path, named):
    answer = recorded("wavespeed", "accepted").json()
    answer["data"]["urls"]["get"] = named

    operation, _ = await submit(tmp_path, httpx.Response(200, json=answer))
    _, wire = await follow("processing", operation=Operation(TASK, {"get": named}))

    assert operation.state == {}
    assert str(wire.last.url) == RESULT


async def test_the_other_documented_result_url_is_followed():
    _, wire = await follow("processing", operation=Operation(TASK, {"get": f"{API}/predictions/{TASK}"}))

    assert str(wire.last.url) == f"{API}/predictions/{TASK}"


async def test_a_sync_timeout_is_no_end():
    outcome, _ = await follow("sync_timed_out")

    assert outcome == Pending(rendering=True)


@pytest.mark.parametrize("situation", ["completed", "completed_object", "completed_nsfw"])
async def test_a_finished_take_is_kept_even_where_it_was_flagged(situation):
    outcome, _ = await follow(situation)

    assert isinstance(outcome, Finished)
    assert len(outcome.outputs) == 1


@pytest.mark.parametrize(
    ("situation", "code", "charged", "moderated"),
    [
        ("failed", "1403", Decimal(0), False),
        ("failed_old", "failed", Decimal(0), False),
        ("failed_moderated", "1200", Decimal(0), True),
        ("completed_withheld", "completed", None, True),
        ("cancelled", "cancelled", None, False),
        ("timeout", "timeout", None, False),
        ("deleted", "deleted", None, False),
    ],
)
async def test_failures_are_refunded_and_other_ends_leave_the_cost_open(situation, code, charged, moderated):
    outcome, _ = await follow(situation)

    assert outcome.code == code
    assert outcome.charged == (None if charged is None else Cost(charged, "usd"))
    assert outcome.moderated is moderated


async def test_an_operation_is_made_from_a_prediction_id_only():
    adapter, account = providers.adapter_class("wavespeed"), make_account("wavespeed")

    assert adapter.operation_for(TASK, ROUTE, account) == Operation(TASK)
    with pytest.raises(Refused):
        adapter.operation_for("a/../b", ROUTE, account)


# search


BEGAN = datetime(2026, 11, 21, 11, 59, tzinfo=UTC)
INPUT = {"prompt": "A fox turns its head", "image": "https://static.wavespeed.example/other", "duration": 5}


def sought(*options):
    return Sought("our-id", make_recipe(ROUTE, *options), ROUTE, (BEGAN, BEGAN + timedelta(minutes=1)))


def item(number, **facts):
    made_at = "2026-11-21T11:59:30.120Z"
    return {"id": f"{number:032x}", "model": ROUTE.endpoint, "created_at": made_at, "status": "processing", **facts}


def history(*items):
    return httpx.Response(200, json={"code": 200, "message": "success", "data": {"page": 1, "items": list(items)}})


async def ids(*items, options=()):
    found, _ = await call("search", history(*items), sought=sought(*options))
    return [(int(candidate.operation.task_id, 16), candidate.has_same_input) for candidate in found]


async def test_it_asks_the_history_for_the_model_and_the_minutes():
    _, wire = await call("search", "history_empty", sought=sought())

    assert str(wire.last.url) == f"{API}/predictions"
    assert wire.last_body == {
        "page": 1,
        "page_size": 100,
        "created_after": "2026-11-21T11:59:00.000Z",
        "created_before": "2026-11-21T12:00:00.000Z",
        "model": "kwaivgi/kling-v2.0-i2v-master",
    }


async def test_a_job_with_the_same_input_is_a_candidate_whatever_became_of_it():
    states = ("created", "processing", "completed", "failed", "deleted")

    found = await ids(*(item(number, status=status, input=INPUT) for number, status in enumerate(states)))

    assert found == [(number, True) for number in range(5)]


@pytest.mark.parametrize(
    "facts",
    [
        {"model": "kwaivgi/kling-v2.1-i2v-master"},
        {"created_at": "2026-11-21T11:58:59Z"},
        {"created_at": "2026-11-21T12:00:01Z"},
        {"id": "../x"},
        {"id": None},
        {"input": INPUT | {"prompt": "A dog"}},
        {"input": INPUT | {"duration": 10}},
        {"input": {name: INPUT[name] for name in ("prompt", "duration")}},
        {"input": INPUT | {"end_image": "https://static.wavespeed.example/last"}},
        {"input": INPUT | {"negative_prompt": "blur"}},
    ],
)
async def test_a_job_that_cannot_be_ours_is_none(facts):
    assert await ids(item(1, **{"input": INPUT, **facts})) == []


async def test_defaults_that_the_provider_fills_in_do_not_make_it_another_job():
    given = INPUT | {"guidance_scale": 0.5, "duration": 5.0, "negative_prompt": "", "end_image": "", "seed": -1}

    assert await ids(item(1, input=given)) == [(1, True)]


async def test_a_history_that_shows_no_input_says_so():
    assert await ids(item(1), item(2, input=INPUT, created_at="?", model="")) == [(1, False), (2, True)]


async def test_it_reads_every_page_and_half_a_history_is_no_answer():
    full = history(*(item(number, input=INPUT) for number in range(100)))

    found, wire = await call("search", full, history(item(100, input=INPUT)), sought=sought())
    assert len(found) == 101
    assert [json.loads(request.content)["page"] for request in wire.requests] == [1, 2]

    with pytest.raises(Garbled):
        await call("search", *(history(*(item(1) for _ in range(100))) for _ in range(20)), sought=sought())


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("401", Misconfigured),
        ("429", Busy),
        ("500", Garbled),
        ("balance", Garbled),
        (httpx.ReadError("x"), Unreachable),
    ],
)
async def test_a_history_without_an_answer_is_no_absence(answer, expected):
    with pytest.raises(expected):
        await call("search", answer, sought=sought())


# webhooks


async def read(delivery, **credentials):
    account = make_account("wavespeed", credentials={**SECRETS["wavespeed"], **credentials})
    hint, _ = await call("read_callback", delivery=delivery, account=account)
    return hint


def delivery_of(body, headers):
    return make_delivery(body, headers, NOW)


async def test_the_secret_is_used_as_it_is_written_and_not_decoded():
    body = json.dumps(TestContract.callback).encode()

    hint = await read(delivery_of(body, signature_headers(body, NOW)))

    assert (hint.task_id, hint.delivery_id, hint.verified) == (TASK, "msg-1", True)


@pytest.mark.parametrize("version", ["v1", "V3", "", "v3,v3"])
async def test_only_v3_counts(version):
    body = json.dumps(TestContract.callback).encode()

    with pytest.raises(CallbackInvalid):
        await read(delivery_of(body, signature_headers(body, NOW, version=version)))


async def test_the_signature_of_another_secret_is_refused():
    body = json.dumps(TestContract.callback).encode()

    with pytest.raises(CallbackInvalid):
        await read(delivery_of(body, signature_headers(body, NOW, secret="whsec_other")))


async def test_with_a_secret_an_unsigned_delivery_is_refused():
    with pytest.raises(CallbackInvalid):
        await read(delivery_of(TestContract.callback, {}))


async def test_without_a_secret_a_delivery_is_an_unverified_hint():
    hint = await read(delivery_of(TestContract.callback, {"webhook-id": "chosen-by-anyone"}), webhook_secret="")

    assert (hint.task_id, hint.delivery_id, hint.verified) == (TASK, f"{TASK}:completed", False)
