"""The accounts of official Kling: keys, regions, checks, and what the resource packs hold."""

from datetime import UTC, datetime
from decimal import Decimal

import httpx
import jwt
import pytest

from generations import providers
from generations.providers import Balance, Garbled, Misconfigured, Operation
from tests.providers.make import SECRETS, find_route, make_account, make_task
from tests.providers.make_kling import HOST, KEY_ONLY, PAIR_ONLY, TASK, WEBHOOK_SECRET, call, find
from tests.providers.secret_check import check_no_secret

ROUTE = find_route("kling", "kling-v2-master", "image_to_video", "master")
NEW = find("kling-v3", "image_to_video", "std", "new")
PAIR = make_account("kling", credentials=PAIR_ONLY)
KEY = make_account("kling", credentials=KEY_ONLY)


async def ask(*answers, account=None, route=ROUTE):
    return await call("follow", *answers, account=account, operation=Operation(TASK), route=route)


async def test_a_pair_of_keys_signs_a_token_for_half_an_hour():
    _, wire = await ask("submitted")

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

    _, wire = await ask("submitted", account=account)

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
    _, wire = await ask("submitted", account=make_account("kling", **facts))

    assert str(wire.last.url) == f"{expected}/v1/videos/image2video/{TASK}"


async def test_the_newer_api_takes_the_api_key_even_beside_a_pair():
    _, wire = await ask("new_submitted", route=NEW)

    assert wire.last.headers["authorization"] == "Bearer api-key-0123456789"
    assert str(wire.last.url) == f"{HOST}/tasks?task_ids={TASK}"


async def test_the_newer_api_is_not_called_without_an_api_key(tmp_path):
    with pytest.raises(Misconfigured) as caught:
        await ask(account=PAIR, route=NEW)
    with pytest.raises(Misconfigured):
        await call("prepare", account=PAIR, task=make_task(NEW, tmp_path))

    assert "API key" in caught.value.public


async def test_an_unknown_region_is_misconfigured():
    with pytest.raises(Misconfigured):
        await ask(account=make_account("kling", region="moon"))


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
async def test_checking_a_pair_looks_for_a_task_that_is_not_there(situation):
    sentence, wire = await call("check_account", situation, account=PAIR)

    assert "accepted" in sentence
    assert "need an API key" in sentence
    assert [(item.method, item.url.path) for item in wire.requests] == [("GET", "/v1/videos/text2video/0")]


@pytest.mark.parametrize("situation", ["new_absent", "1201", "1203"])
async def test_checking_an_api_key_asks_the_newer_api(situation):
    sentence, wire = await call("check_account", situation, account=KEY)

    assert "accepted" in sentence
    assert [str(item.url) for item in wire.requests] == [f"{HOST}/tasks?task_ids=0"]


async def test_each_of_two_credentials_is_checked_by_itself():
    sentence, wire = await call("check_account", "1203", "new_absent")

    assert "accepted" in sentence
    assert len({item.headers["authorization"] for item in wire.requests}) == 2
    with pytest.raises(Misconfigured):
        await call("check_account", "1203", "1002")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("1002", Misconfigured), ("1102", Misconfigured), ("5001", Garbled), (httpx.Response(404), Garbled)],
)
async def test_an_account_that_is_not_served_fails_the_check(answer, expected):
    with pytest.raises(expected):
        await call("check_account", answer, account=PAIR)


async def test_the_packs_that_hold_something_are_told_with_their_age():
    packs, wire = await call("read_balance", "costs")

    note = "Kling's figures may be up to 12 hours old."
    ends = datetime.fromtimestamp(1792530513.975, UTC)
    assert packs == (
        Balance(Decimal("118.5"), "kling_unit", note, ends, "Video Generation - 1,000 units"),
        Balance(Decimal(9000), "kling_image_unit", note, ends, "Image Generation - 10,000 images"),
        Balance(Decimal(1000), "kling_unit", note, None, "Video Generation - later"),
    )
    assert wire.last.url.path == "/account/costs"
    check_no_secret("kling", packs, wire.exchanges)


async def test_packs_bought_within_the_last_400_days_are_asked_for():
    _, wire = await call("read_balance", "costs", account=KEY)

    start, end = (int(wire.last.url.params[name]) for name in ("start_time", "end_time"))
    assert end - start == 400 * 24 * 3600 * 1000
    assert abs(end / 1000 - datetime.now(UTC).timestamp()) < 60


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("costs_refused", Garbled), ("submitted", Garbled), ("html", Garbled), ("1002", Misconfigured), ("5000", Garbled)],
)
async def test_a_balance_that_cannot_be_read_is_not_an_empty_one(answer, expected):
    with pytest.raises(expected):
        await call("read_balance", answer)
