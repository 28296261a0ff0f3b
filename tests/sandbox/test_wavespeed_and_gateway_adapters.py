"""The adapters of WaveSpeedAI and gateways over real sockets, against the sandbox: whole journeys and lost answers."""

import asyncio
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from generations import providers
from generations.providers import Busy, Failed, Finished, Misconfigured, Pending, Rejected, Sought, Uncertain
from tests.providers.make import find_route, make_account, make_delivery, make_task
from tests.sandbox.conftest import picture

WAVESPEED = find_route("wavespeed", "kling-v2-1-master", "image_to_video", "master")
GATEWAY = find_route("gateway", "kling-v2-1-master", "image_to_video", "master")
BASES = ("/gateway/vendors/kling/v1", "/gateway/other/kling/v1", "/gateway/kling/v1")


def account_of(sandbox, slug, key="", **facts):
    return make_account(slug, credentials={"key": key or uuid.uuid4().hex}, origin=sandbox.origin, **facts)


def task_of(route, folder, prompt, **facts):
    task = make_task(route, folder, **facts)
    task.files[0].path.write_bytes(picture(640, 480))
    (file,) = task.files
    image = replace(file, size_bytes=file.path.stat().st_size)
    return replace(task, recipe=task.recipe.model_copy(update={"prompt": prompt}), files=(image,))


async def submit(adapter, task):
    return await adapter.submit(await adapter.prepare(task))


async def end_of(adapter, operation, route):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        outcome = await adapter.follow(operation, route)
        if not isinstance(outcome, Pending):
            return outcome
        await asyncio.sleep(0.05)
    raise AssertionError("It does not end.")


async def journey(account, task):
    async with providers.Http() as http:
        adapter = providers.get(account, http)
        return await end_of(adapter, await submit(adapter, task), task.route)


@pytest.mark.parametrize(
    ("route", "facts"),
    [(WAVESPEED, {}), *((GATEWAY, {"base_url": base}) for base in BASES), (GATEWAY, {})],
    ids=["wavespeed", "gateway-mulerun", "gateway-other-words", "gateway-envelope", "gateway-preset"],
)
async def test_from_submit_to_a_file_that_can_be_fetched(sandbox, tmp_path, route, facts):
    if "base_url" in facts:
        facts = {"base_url": sandbox.origin + facts["base_url"]}
    account = account_of(sandbox, route.provider, **facts)

    outcome = await journey(account, task_of(route, tmp_path, f"a boat {uuid.uuid4()}"))

    assert isinstance(outcome, Finished)
    assert httpx.get(outcome.outputs[0].url).headers["content-type"] == "video/mp4"
    async with providers.Http() as http:
        assert await providers.get(account, http).check_account()


@pytest.mark.parametrize("route", [WAVESPEED, GATEWAY], ids=lambda route: route.provider)
@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("[429]", Busy),
        ("[429 bare]", Busy),
        ("[500]", Uncertain),
        ("[503]", Uncertain),
        ("[html]", Uncertain),
        ("[lost request]", Uncertain),
        ("[lost reply]", Uncertain),
        ("[half reply]", Uncertain),
        ("[garbled reply]", Uncertain),
        ("[500 after accept]", Uncertain),
        ("[no funds]", Misconfigured),
        ("[code 400]", Rejected),
        ("[code 403]", Misconfigured),
    ],
)
async def test_each_trouble_of_a_submit_has_its_class_and_is_sent_once(sandbox, tmp_path, route, prompt, expected):
    asked = f"{route.provider}.submit"
    before = sandbox.state()["requests"].get(asked, 0)

    with pytest.raises(expected):
        await journey(account_of(sandbox, route.provider), task_of(route, tmp_path, prompt))

    assert sandbox.state()["requests"][asked] == before + 1


@pytest.mark.parametrize("route", [WAVESPEED, GATEWAY], ids=lambda route: route.provider)
@pytest.mark.parametrize(("prompt", "moderated"), [("[fail]", False), ("[moderated]", None)])
async def test_a_task_that_fails_says_why(sandbox, tmp_path, route, prompt, moderated):
    outcome = await journey(account_of(sandbox, route.provider), task_of(route, tmp_path, prompt))

    assert isinstance(outcome, Failed)
    assert outcome.reason
    # A gateway's code for prohibited content is the one for every bad request.
    assert outcome.moderated is (route.provider == "wavespeed" if moderated is None else moderated)


@pytest.mark.parametrize("slug", ["wavespeed", "gateway"])
async def test_a_bad_key_fails_the_check(sandbox, slug):
    async with providers.Http() as http:
        with pytest.raises(Misconfigured):
            await providers.get(account_of(sandbox, slug, "bad-key"), http).check_account()


async def test_a_lost_submit_is_found_in_wavespeeds_history_and_nothing_else_is(sandbox, tmp_path):
    account, began = account_of(sandbox, "wavespeed"), datetime.now(UTC)
    task = task_of(WAVESPEED, tmp_path, f"[lost reply] {uuid.uuid4()}")
    async with providers.Http() as http:
        adapter = providers.get(account, http)
        await submit(adapter, task_of(WAVESPEED, tmp_path, "another take"))
        with pytest.raises(Uncertain):
            await submit(adapter, task)
        window = (began - timedelta(seconds=30), datetime.now(UTC) + timedelta(seconds=30))

        (found,) = await adapter.search(Sought(task.our_id, task.recipe, WAVESPEED, window))
        long_ago = (began - timedelta(hours=2), began - timedelta(hours=1))
        nothing = await adapter.search(Sought(task.our_id, task.recipe, WAVESPEED, long_ago))

        assert isinstance(await end_of(adapter, found.operation, WAVESPEED), Finished)
    assert found.has_same_input
    assert nothing == ()
    assert [row["task_id"] for row in sandbox.bill() if row["prompt"] == task.recipe.prompt] == [
        found.operation.task_id
    ]


async def test_two_equal_takes_are_two_candidates(sandbox, tmp_path):
    account, began = account_of(sandbox, "wavespeed"), datetime.now(UTC)
    task = task_of(WAVESPEED, tmp_path, "the same")
    async with providers.Http() as http:
        adapter = providers.get(account, http)
        for _ in range(2):
            await submit(adapter, task)
        window = (began - timedelta(seconds=30), datetime.now(UTC) + timedelta(seconds=30))

        assert len(await adapter.search(Sought(task.our_id, task.recipe, WAVESPEED, window))) == 2


async def test_the_price_that_wavespeed_names_is_what_it_bills(sandbox, tmp_path):
    account, task = account_of(sandbox, "wavespeed"), task_of(WAVESPEED, tmp_path, f"a boat {uuid.uuid4()}")
    async with providers.Http() as http:
        adapter = providers.get(account, http)
        prepared = await adapter.prepare(task)
        price = await adapter.read_list_price(prepared)
        (before,) = await adapter.read_balance()
        await end_of(adapter, await adapter.submit(prepared), WAVESPEED)
        (after,) = await adapter.read_balance()

    assert price.amount == before.amount - after.amount == Decimal("1.3")


@pytest.mark.parametrize("secret", ["", "whsec_5Qm2vWq8Zt1LrXc9"])
async def test_wavespeeds_webhook_is_a_hint_to_its_task(request, sandbox, tmp_path, hooks, secret):
    sandbox.control(wavespeed_webhook_secret=secret)
    request.addfinalizer(lambda: sandbox.control(wavespeed_webhook_secret=""))
    account = make_account(
        "wavespeed", credentials={"key": uuid.uuid4().hex, "webhook_secret": secret}, origin=sandbox.origin
    )
    async with providers.Http() as http:
        adapter = providers.get(account, http)
        operation = await submit(adapter, task_of(WAVESPEED, tmp_path, "a boat", callback_url=hooks.url))
        await asyncio.to_thread(hooks.wait)
        headers, body = hooks.got[0]

        hint = await adapter.read_callback(make_delivery(body, headers, datetime.now(UTC)))

    assert (hint.task_id, hint.verified) == (operation.task_id, bool(secret))
