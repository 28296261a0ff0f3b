"""fal: the contract, and what is peculiar to it."""

import base64
import hashlib
import json
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from generations import providers
from generations.errors import Refused
from generations.providers import (
    Busy,
    CallbackInvalid,
    Cost,
    Failed,
    Garbled,
    Misconfigured,
    Operation,
    Pending,
    Rejected,
    Uncertain,
    Unreachable,
)
from tests.providers.contract import NOW, AdapterContract
from tests.providers.make import SECRETS, Wire, find_route, make_account, make_delivery, make_task, recorded
from tests.providers.secret_check import check_no_secret

ROUTE = find_route("fal", "kling-v2-master", "image_to_video", "master")
REQUEST = "764cabcf-b745-4b3e-ae38-1200304cf45b"
REQUEST_URL = f"https://queue.fal.run/fal-ai/kling-video/requests/{REQUEST}"
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"o" * 32)


def jwks(*keys):
    entries = [{"kty": "OKP", "crv": "Ed25519", "x": _text(key.public_key().public_bytes_raw())} for key in keys]
    return httpx.Response(200, json={"keys": [{"kty": "RSA", "n": "AQAB"}, {"crv": "Ed25519", "x": "!"}, *entries]})


def _text(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(body, at, key=KEY):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = str(int(at.timestamp()))
    message = "\n".join((REQUEST, "user-1", stamp, hashlib.sha256(content).hexdigest()))
    headers = {
        "x-fal-webhook-request-id": REQUEST,
        "x-fal-webhook-user-id": "user-1",
        "x-fal-webhook-timestamp": stamp,
        "x-fal-webhook-signature": key.sign(message.encode()).hex(),
    }
    return make_delivery(content, headers, at)


class TestContract(AdapterContract):
    slug = "fal"
    task_id = REQUEST
    before_submit = ("token", "uploaded")
    queued, rendering, finished = "queued", "rendering", ("completed", "result")
    failed = ("completed", "result_422_image")
    callback = recorded("fal", "webhook_ok").json()
    submit_errors = {
        "401": Misconfigured,
        "402": Misconfigured,
        "403": Misconfigured,
        "404": Misconfigured,
        "409": Uncertain,
        "422": Rejected,
        "422_moderated": Rejected,
        "429": Busy,
        "500": Uncertain,
        "result_503": Uncertain,
        "result_504": Uncertain,
        "html": Uncertain,
        "html_200": Uncertain,
        "wrong_shape": Uncertain,
        "accepted_without_id": Uncertain,
    }
    follow_errors = {
        "401": Misconfigured,
        "403": Misconfigured,
        "404": Garbled,
        "429": Busy,
        "500": Garbled,
        "html": Garbled,
        "html_200": Garbled,
        "wrong_shape": Garbled,
        "unknown_state": Garbled,
        "completed+html": Garbled,
        "completed+html_200": Garbled,
        "completed+500": Garbled,
        "completed+result_503": Garbled,
        "completed+result_504": Garbled,
        "completed+result_not_ready": Garbled,
        "completed+result_without_video": Garbled,
        "completed+404": Garbled,
        "completed+401": Misconfigured,
        "completed+429": Busy,
    }

    def sign(self, body, at):
        return signed(body, at), jwks(KEY)

    def is_checked_before_keys(self, name, value):
        return "timestamp" in name or "signature" in name


async def call(method, *answers, account=None, **facts):
    wire = Wire(*(recorded("fal", item) if isinstance(item, str) else item for item in answers))
    async with wire.http() as http:
        adapter = providers.get(account or make_account("fal"), http)
        return await getattr(adapter, method)(**facts), wire


async def follow(*answers, state=None, account=None):
    operation = Operation(REQUEST, state or {})
    return await call("follow", *answers, account=account, operation=operation, route=ROUTE)


async def submit(tmp_path, *answers, account=None, callback_url=""):
    task = make_task(ROUTE, tmp_path, callback_url=callback_url)
    prepared = providers.Prepared(task, {file.key: "https://v3.fal.media/files/a.png" for file in task.files})
    return await call("submit", *answers, account=account, prepared=prepared)


# prepare


async def test_each_file_is_uploaded_once_under_a_name_that_says_nothing(tmp_path):
    prepared, wire = await call("prepare", "token", "uploaded", task=make_task(ROUTE, tmp_path))

    token, upload = wire.requests
    assert str(token.url) == "https://rest.fal.ai/storage/auth/token?storage_type=fal-cdn-v3"
    assert token.headers["authorization"] == f"Key {SECRETS['fal']['key']}"
    assert token.content == b"{}"
    assert str(upload.url) == "https://v3.fal.media/files/upload"  # not the base_url that the answer names
    assert upload.headers["authorization"] == "Bearer cdn-token-5f9c1d2e3b4a"
    assert upload.headers["content-type"] == "image/png"
    assert upload.headers["x-fal-file-name"] == "first_frame.png"
    assert upload.content == b"first_frame 0"
    assert list(prepared.references.values()) == ["https://v3.fal.media/files/koala/first_frame.png"]


async def test_text_to_video_uploads_nothing(tmp_path):
    route = find_route("fal", "kling-v2-master", "text_to_video", "master")

    _, wire = await call("prepare", task=make_task(route, tmp_path))

    assert not wire.requests


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (["401"], Misconfigured),
        (["500"], Garbled),
        (["wrong_shape"], Garbled),
        ([httpx.ReadError("cut")], Unreachable),
        (["token", "500"], Garbled),
        (["token", "422"], Rejected),
        (["token", "429"], Busy),
        (["token", "wrong_shape"], Garbled),
        ([httpx.Response(200, json={"token": "a\r\nb", "token_type": "Bearer"})], Garbled),
    ],
)
async def test_an_upload_that_fails_is_never_uncertain(tmp_path, answers, expected):
    with pytest.raises(expected) as caught:
        await call("prepare", *answers, task=make_task(ROUTE, tmp_path))

    check_no_secret("fal", caught.value)


# submit


async def test_a_submit_goes_to_the_endpoint_with_the_callback_in_its_query(tmp_path):
    _, wire = await submit(tmp_path, "accepted", callback_url="https://site.example/hooks/fal/1?token=a&b=c")

    assert wire.last.url.path == "/fal-ai/kling-video/v2/master/image-to-video"
    assert wire.last.url.host == "queue.fal.run"
    assert dict(wire.last.url.params) == {"fal_webhook": "https://site.example/hooks/fal/1?token=a&b=c"}
    assert wire.last.headers["authorization"] == f"Key {SECRETS['fal']['key']}"
    assert wire.last.headers["x-fal-no-retry"] == "1"
    assert "token=a" not in repr(wire.exchanges)


async def test_without_a_public_url_no_callback_is_asked_for(tmp_path):
    _, wire = await submit(tmp_path, "accepted")

    assert not wire.last.url.query


async def test_the_sandbox_is_below_the_origin_of_the_account(tmp_path):
    account = make_account("fal", origin="http://127.0.0.1:8100")

    _, submitted = await submit(tmp_path, "accepted", account=account)
    _, prepared = await call("prepare", "token", "uploaded", account=account, task=make_task(ROUTE, tmp_path))
    _, followed = await follow("queued", account=account)

    urls = [str(request.url) for wire in (submitted, prepared, followed) for request in wire.requests]
    assert urls == [
        "http://127.0.0.1:8100/fal/fal-ai/kling-video/v2/master/image-to-video",
        "http://127.0.0.1:8100/fal-rest/storage/auth/token?storage_type=fal-cdn-v3",
        "http://127.0.0.1:8100/fal-cdn/files/upload",
        f"http://127.0.0.1:8100/fal/fal-ai/kling-video/requests/{REQUEST}/status?logs=0",
    ]


async def test_a_refusal_gives_the_reasons_of_the_provider(tmp_path):
    with pytest.raises(Rejected) as caught:
        await submit(tmp_path, "422")

    assert "cfg_scale: Input should be less than or equal to 1" in str(caught.value)
    assert "duration: Input should be one of '5', '10'" in str(caught.value)
    assert caught.value.charged == Cost(Decimal(0), "fal_unit")
    assert (caught.value.provider_code, caught.value.moderated) == ("less_than_equal", False)


async def test_moderation_is_known_by_its_type(tmp_path):
    with pytest.raises(Rejected) as caught:
        await submit(tmp_path, "422_moderated")

    assert caught.value.moderated


@pytest.mark.parametrize(("situation", "seconds"), [("429", 7.0), ("429_reset", 12.0)])
async def test_a_busy_fal_says_how_long_to_wait(tmp_path, situation, seconds):
    with pytest.raises(Busy) as caught:
        await submit(tmp_path, situation)

    assert caught.value.retry_after_seconds == seconds


async def test_it_keeps_the_urls_of_the_answer(tmp_path):
    operation, _ = await submit(tmp_path, "accepted")

    assert operation.state == {
        "status_url": f"{REQUEST_URL}/status",
        "response_url": REQUEST_URL,
        "cancel_url": f"{REQUEST_URL}/cancel",
    }


HOSTILE = [
    f"https://evil.example/fal-ai/kling-video/requests/{REQUEST}/status",
    f"http://queue.fal.run/fal-ai/kling-video/requests/{REQUEST}/status",
    f"https://queue.fal.run@evil.example/{REQUEST}/status",
    f"https://queue.fal.run.evil.example/{REQUEST}/status",
    f"https://queue.fal.run:8443/{REQUEST}/status",
    f"https://queue.fal.run\\@evil.example/{REQUEST}/status",
    f"https://queue.fal.run/x/../{REQUEST}/status",
    "https://queue.fal.run/fal-ai/kling-video/requests/another/status",
    f"//queue.fal.run/{REQUEST}/status",
    {"url": REQUEST_URL},
    None,
]


@pytest.mark.parametrize("url", HOSTILE)
async def test_a_hostile_url_of_an_answer_is_neither_kept_nor_followed(tmp_path, url):
    operation, _ = await submit(tmp_path, recorded("fal", "accepted", status_url=url, response_url=url, cancel_url=url))
    assert operation.state == {}

    state = {"status_url": url, "response_url": url}
    _, wire = await follow("completed", "result", state=state)
    assert [str(request.url) for request in wire.requests] == [f"{REQUEST_URL}/status?logs=0", REQUEST_URL]


async def test_a_url_that_is_fals_own_is_followed():
    _, wire = await follow("completed", "result", state={"response_url": f"{REQUEST_URL}/response"})

    assert str(wire.last.url) == f"{REQUEST_URL}/response"


# follow


async def test_it_tells_the_place_in_the_queue():
    outcome, _ = await follow("queued")

    assert outcome == Pending(rendering=False, position=2)


async def test_the_cost_is_the_billed_units_of_the_header():
    outcome, _ = await follow("completed", "result")

    assert outcome.cost == Cost(Decimal(5), "fal_unit")
    assert outcome.outputs[0].media_type == "video/mp4"


async def test_a_result_without_billed_units_leaves_the_cost_open():
    outcome, _ = await follow("completed", httpx.Response(200, json={"video": {"url": "https://v3.fal.media/a.mp4"}}))

    assert outcome.cost is None


@pytest.mark.parametrize(
    ("answers", "code", "charged", "moderated"),
    [
        (("completed", "result_422_moderated"), "content_policy_violation", None, True),
        (("completed", "result_422_moderated_charged"), "content_policy_violation", Decimal(5), True),
        (("completed", "result_422_image"), "image_too_small", Decimal(0), False),
        (("completed", "result_500_model"), "internal_server_error", Decimal(0), False),
        (("completed_with_error", "result_503"), "runner_disconnected", Decimal(0), False),
        (("completed_with_error", "html"), "runner_disconnected", Decimal(0), False),
        (("completed_canceled", "result_499"), "client_cancelled", None, False),
    ],
)
async def test_a_failure_says_what_was_charged(answers, code, charged, moderated):
    outcome, _ = await follow(*answers)

    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.moderated) == (code, moderated)
    assert outcome.charged == (None if charged is None else Cost(charged, "fal_unit"))
    assert outcome.reason


# cancel, account, operations


@pytest.mark.parametrize(
    ("situation", "expected"), [("cancel_requested", True), ("cancel_too_late", False), ("cancel_unknown", False)]
)
async def test_a_cancel_is_one_put(situation, expected):
    taken, wire = await call("cancel", situation, operation=Operation(REQUEST), route=ROUTE)

    assert taken is expected
    assert (wire.last.method, str(wire.last.url)) == ("PUT", f"{REQUEST_URL}/cancel")


async def test_a_cancel_without_permission_is_misconfigured():
    with pytest.raises(Misconfigured):
        await call("cancel", "403", operation=Operation(REQUEST), route=ROUTE)


async def test_checking_an_account_asks_for_an_upload_token():
    sentence, wire = await call("check_account", "token")

    assert "accepted" in sentence
    assert wire.last.url.path == "/storage/auth/token"
    assert "cdn-token" not in repr(wire.exchanges)


async def test_a_wrong_key_is_misconfigured():
    with pytest.raises(Misconfigured) as caught:
        await call("check_account", "401")

    assert "administrator" in str(caught.value)


async def test_there_is_no_lookup_by_our_own_id():
    assert not providers.adapter_class("fal").can_find
    with pytest.raises(NotImplementedError):
        await call("find", our_id="x", route=ROUTE)


async def test_an_operation_is_made_from_a_request_id_only():
    adapter, account = providers.adapter_class("fal"), make_account("fal")

    assert adapter.operation_for(REQUEST, ROUTE, account) == Operation(REQUEST)
    with pytest.raises(Refused):
        adapter.operation_for("../../admin", ROUTE, account)


# webhooks


async def read(delivery, *answers):
    hint, wire = await call("read_callback", *answers, delivery=delivery)
    return hint, wire


async def test_the_keys_are_fetched_once_a_day():
    _, first = await read(signed(TestContract.callback, NOW), jwks(OTHER_KEY, KEY))
    _, second = await read(signed(TestContract.callback, NOW + timedelta(hours=24)))
    _, third = await read(signed(TestContract.callback, NOW + timedelta(hours=25)), jwks(KEY))

    assert [len(wire.requests) for wire in (first, second, third)] == [1, 0, 1]
    assert str(first.last.url) == "https://rest.fal.ai/.well-known/jwks.json"
    assert "authorization" not in first.last.headers


async def test_a_new_key_is_found_by_fetching_once_more():
    await read(signed(TestContract.callback, NOW), jwks(KEY))
    later = NOW + timedelta(minutes=1)

    hint, wire = await read(signed(TestContract.callback, later, OTHER_KEY), jwks(KEY, OTHER_KEY))

    assert hint.verified
    assert len(wire.requests) == 1


async def test_forgeries_cause_one_fetch_in_a_while():
    await read(signed(TestContract.callback, NOW), jwks(KEY))
    later = NOW + timedelta(minutes=1)
    with pytest.raises(CallbackInvalid):
        await read(signed(TestContract.callback, later, OTHER_KEY), jwks(KEY))

    for _ in range(5):
        with pytest.raises(CallbackInvalid):
            await read(signed(TestContract.callback, later, OTHER_KEY))


async def test_without_the_keys_a_delivery_is_not_called_forged():
    with pytest.raises(Unreachable):
        await read(signed(TestContract.callback, NOW), httpx.ConnectError("refused"))
    with pytest.raises(Unreachable):
        await read(signed(TestContract.callback, NOW))

    hint, _ = await read(signed(TestContract.callback, NOW + timedelta(minutes=1)), jwks(KEY))
    assert hint.verified


async def test_keys_that_cannot_be_read_are_garbled():
    with pytest.raises(Garbled):
        await read(signed(TestContract.callback, NOW), "wrong_shape")


async def test_success_and_error_of_one_request_are_two_deliveries():
    done, _ = await read(signed(TestContract.callback, NOW), jwks(KEY))
    failed, _ = await read(signed(recorded("fal", "webhook_error").json(), NOW))

    assert done.delivery_id == f"{REQUEST}:OK"
    assert failed.delivery_id == f"{REQUEST}:ERROR"


# results of every kind, balance and price


def finished_with(body):
    return Wire(recorded("fal", "completed"), httpx.Response(200, json=body))


FILE = {"url": "https://v3.fal.media/files/a.bin", "content_type": "image/png"}


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ({"images": [FILE, FILE, FILE]}, ["image"] * 3),
        ({"image": FILE}, ["image"]),
        ({"audio": FILE}, ["audio"]),
        ({"video": FILE, "audio": FILE}, ["video", "audio"]),
        ({"images": [FILE, {"url": 7}, "x", {"url": "ftp://a/b"}]}, ["image"]),
    ],
)
async def test_every_file_of_a_result_is_an_output(body, kinds):
    wire = finished_with(body)
    async with wire.http() as http:
        state = await providers.get(make_account("fal"), http).follow(Operation(REQUEST), ROUTE)

    assert [output.kind.value for output in state.outputs] == kinds


@pytest.mark.parametrize("body", [{"images": []}, {"image": None}, {"audio": {"url": "javascript:1"}}, {}])
async def test_a_result_without_a_file_is_garbled(body):
    wire = finished_with(body)
    async with wire.http() as http:
        with pytest.raises(Garbled):
            await providers.get(make_account("fal"), http).follow(Operation(REQUEST), ROUTE)


async def test_the_balance_is_in_dollars():
    wire = Wire(httpx.Response(200, json={"credits": {"current_balance": 24.5, "currency": "USD"}}))
    async with wire.http() as http:
        (balance,) = await providers.get(make_account("fal"), http).read_balance()

    assert (balance.amount, balance.currency) == (Decimal("24.5"), "usd")
    assert str(wire.last.url) == "https://api.fal.ai/v1/account/billing?expand=credits"


@pytest.mark.parametrize(("status", "kind"), [(401, Misconfigured), (403, Misconfigured), (429, Busy), (500, Garbled)])
async def test_a_balance_that_is_not_told_says_why(status, kind):
    wire = Wire(httpx.Response(status, json={"detail": "no"}))
    async with wire.http() as http:
        with pytest.raises(kind):
            await providers.get(make_account("fal"), http).read_balance()


@pytest.mark.parametrize("body", [{}, {"credits": 3}, {"credits": {"current_balance": "many"}}])
async def test_a_balance_that_cannot_be_read_is_garbled(body):
    wire = Wire(httpx.Response(200, json=body))
    async with wire.http() as http:
        with pytest.raises(Garbled):
            await providers.get(make_account("fal"), http).read_balance()


async def test_the_list_price_is_that_of_the_tasks_endpoint(tmp_path):
    other = {"endpoint_id": "fal-ai/other", "unit_price": 9, "unit": "image", "currency": "USD"}
    ours = {"endpoint_id": ROUTE.endpoint, "unit_price": 0.28, "unit": "second", "currency": "USD"}
    wire = Wire(httpx.Response(200, json={"prices": [other, ours]}))
    async with wire.http() as http:
        prepared = providers.Prepared(make_task(ROUTE, tmp_path), {})
        price = await providers.get(make_account("fal"), http).read_list_price(prepared)

    assert (price.amount, price.currency, price.unit) == (Decimal("0.28"), "usd", "second")
    assert wire.last.url.params["endpoint_id"] == ROUTE.endpoint


@pytest.mark.parametrize(
    "answer", [httpx.Response(404, json={}), httpx.Response(200, json={"prices": []}), httpx.Response(200, json={})]
)
async def test_a_price_that_fal_does_not_tell_is_none(tmp_path, answer):
    async with Wire(answer).http() as http:
        prepared = providers.Prepared(make_task(ROUTE, tmp_path), {})
        assert await providers.get(make_account("fal"), http).read_list_price(prepared) is None
