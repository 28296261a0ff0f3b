"""Kling-compatible gateways: the contract, and what is peculiar to them. Written from docs/providers.md section 5."""

import base64
import re
from decimal import Decimal

import httpx
import pytest

from generations import providers
from generations.errors import InvalidRecipe, Refused
from generations.providers import (
    Busy,
    CallbackInvalid,
    Cost,
    Failed,
    Finished,
    Garbled,
    Misconfigured,
    Operation,
    Pending,
    Rejected,
    Uncertain,
    UnsupportedOption,
)
from tests.providers.contract import NOW, AdapterContract
from tests.providers.make import SECRETS, Wire, find_route, make_account, make_delivery, make_task, recorded
from tests.providers.secret_check import check_no_secret

ROUTE = find_route("gateway", "kling-v2-1-master", "image_to_video", "master")
TASK = "8d4f7f0a-1f57-4a4b-9a0e-3f0c6d1f2b7e"
ENVELOPE_TASK = "kling_7c1f0e6a92"
MULERUN = "https://api.mulerun.com/vendors/kling/v1"
ACCOUNT = ("401", "402", "403", "423", "429_quota")
BROKEN = ("500", "502", "503", "504")


class TestContract(AdapterContract):
    slug = "gateway"
    task_id = TASK
    queued, rendering, finished, failed = "pending", "processing", ("completed",), ("failed",)
    submit_errors = {
        **dict.fromkeys((*ACCOUNT, "404", "405"), Misconfigured),
        **dict.fromkeys(("429", "429_with_retry_after"), Busy),
        **dict.fromkeys(("400", "451"), Rejected),
        **dict.fromkeys(("409", "409_with_id", *BROKEN), Uncertain),
        **dict.fromkeys(("html", "html_200", "wrong_shape", "accepted_without_id"), Uncertain),
        **dict.fromkeys(("envelope_1001", "envelope_1102"), Misconfigured),
        **dict.fromkeys(("envelope_1302", "envelope_1303"), Busy),
        **dict.fromkeys(("envelope_1201", "envelope_1301"), Rejected),
        "envelope_5000": Uncertain,
    }
    follow_errors = {
        **dict.fromkeys(("401", "402", "403", "423"), Misconfigured),
        **dict.fromkeys(("429", "429_quota", "429_with_retry_after"), Busy),
        **dict.fromkeys(("400", "404", "409", *BROKEN), Garbled),
        **dict.fromkeys(("html", "html_200", "wrong_shape", "unknown_state", "other_task"), Garbled),
        "completed_without_video": Garbled,
        "envelope_processing": Garbled,  # the answer about another task
        **dict.fromkeys(("envelope_1001", "envelope_1102"), Misconfigured),
        **dict.fromkeys(("envelope_1302", "envelope_1303"), Busy),
        **dict.fromkeys(("envelope_1203", "envelope_5000"), Garbled),
    }

    async def test_a_finished_job_has_its_file_and_its_cost(self):
        # It has a file only: no gateway is documented to name a cost.
        outcome = await self.follow("completed")

        assert isinstance(outcome, Finished)
        assert [(output.kind, output.url[:8]) for output in outcome.outputs] == [("video", "https://")]
        assert outcome.cost is None

    # A gateway sends no webhooks, so every delivery is a forgery, however it is signed.
    test_a_signed_delivery_is_a_verified_hint = None
    test_a_delivery_that_comes_twice_has_one_id = None
    test_a_changed_body_is_a_forgery = None
    test_a_delivery_from_another_time_is_refused = None
    test_headers_that_are_missing_or_malformed_are_refused_without_any_call = None
    test_a_signed_body_that_names_no_task_is_refused = None


async def call(method, *answers, account=None, **facts):
    wire = Wire(*(recorded("gateway", item) if isinstance(item, str) else item for item in answers))
    async with wire.http() as http:
        adapter = providers.get(account or make_account("gateway"), http)
        return await getattr(adapter, method)(**facts), wire


async def follow(*answers, task=TASK, account=None):
    outcome, wire = await call("follow", *answers, account=account, operation=Operation(task), route=ROUTE)
    return outcome, wire


async def submit(tmp_path, *answers, route=ROUTE, account=None, options=(), **facts):
    task = make_task(route, tmp_path, *options, **facts)
    wire = Wire(*(recorded("gateway", item) if isinstance(item, str) else item for item in answers))
    async with wire.http() as http:
        adapter = providers.get(account or make_account("gateway"), http)
        return await adapter.submit(await adapter.prepare(task)), wire


# account


async def test_mulerun_is_the_preset():
    _, wire = await follow("pending")

    assert str(wire.last.url) == f"{MULERUN}/videos/image2video/{TASK}"
    assert wire.last.headers["authorization"] == f"Bearer {SECRETS['gateway']['key']}"


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"base_url": "https://gateway.example/kling/v1/"}, "https://gateway.example/kling/v1"),
        ({"base_url": "https://gateway.example:8443"}, "https://gateway.example:8443"),
        ({"origin": "http://127.0.0.1:8100"}, "http://127.0.0.1:8100/gateway/vendors/kling/v1"),
        (
            {"origin": "http://127.0.0.1:8100", "base_url": "http://127.0.0.1:8100/gateway/kling/v1"},
            "http://127.0.0.1:8100/gateway/kling/v1",
        ),
    ],
)
async def test_the_base_url_is_the_accounts(facts, expected):
    _, wire = await follow("pending", account=make_account("gateway", **facts))

    assert str(wire.last.url) == f"{expected}/videos/image2video/{TASK}"


@pytest.mark.parametrize(
    "facts",
    [
        {"base_url": "http://gateway.example/kling/v1"},
        {"base_url": "https://127.0.0.1/kling/v1"},
        {"base_url": "https://10.0.0.7/kling/v1"},
        {"base_url": "https://[fd00::1]/kling/v1"},
        {"base_url": "https://localhost/kling/v1"},
        {"base_url": "https://redis/kling/v1"},
        {"base_url": "https://vault.internal/kling/v1"},
        {"base_url": "https://key@gateway.example/kling/v1"},
        {"base_url": "https://gateway.example/kling/v1?to=elsewhere"},
        {"base_url": "https://gateway.example/a/../../b"},
        {"base_url": "ftp://gateway.example"},
        {"base_url": "gateway.example"},
        {"origin": "http://127.0.0.1:8100", "base_url": "https://gateway.example/kling/v1"},
        {"origin": "http://127.0.0.1:8100", "base_url": "http://127.0.0.1:81/kling/v1"},
    ],
)
async def test_a_base_url_that_could_lead_inside_is_misconfigured_and_gets_no_key(tmp_path, facts):
    account = make_account("gateway", **facts)

    for make in (follow(account=account), submit(tmp_path, account=account), call("check_account", account=account)):
        with pytest.raises(Misconfigured) as caught:
            await make
        check_no_secret("gateway", caught.value)


@pytest.mark.parametrize("answer", ["404", "400", "envelope_processing"])
async def test_checking_an_account_says_no_more_than_it_knows(answer):
    sentence, wire = await call("check_account", answer)

    assert sentence == "The gateway answers and did not refuse the key. Its balance is not part of this check."
    assert wire.last.method == "GET"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("401", Misconfigured),
        ("403", Misconfigured),
        ("423", Misconfigured),
        ("html_404", Garbled),
        ("html_200", Garbled),
    ],
)
async def test_an_account_that_is_not_served_fails_the_check(answer, expected):
    with pytest.raises(expected):
        await call("check_account", answer)


# submit


async def test_the_request_is_klings_with_bare_base64(tmp_path):
    operation, wire = await submit(
        tmp_path, "accepted", options=("negative_prompt",), callback_url="https://site.example/hooks/gateway/1"
    )

    assert str(wire.last.url) == f"{MULERUN}/videos/image2video"
    assert wire.last_body == {
        "model_name": "kling-v2-1-master",
        "prompt": wire.last_body["prompt"],
        "negative_prompt": wire.last_body["negative_prompt"],
        "image": base64.b64encode(b"first_frame 0").decode(),
        "duration": "5",
    }
    assert operation == Operation(TASK)


@pytest.mark.parametrize("answer", ["accepted", "accepted_200", "accepted_and_failed"])
async def test_200_and_202_are_taken_and_a_task_with_an_id_is_followed(tmp_path, answer):
    operation, _ = await submit(tmp_path, answer)

    assert operation.task_id == TASK


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("end_frame", "an end frame"),
        ("brush", "the motion brush"),
        ("camera", "camera control"),
        ("guidance", "guidance"),
    ],
)
async def test_what_the_page_lists_and_the_model_cannot_do_is_refused_with_the_reason(tmp_path, option, words):
    with pytest.raises(UnsupportedOption) as caught:
        await submit(tmp_path, options=(option,))

    assert caught.value.public == f"Kling-compatible gateway has no field for {words} on this route."


async def test_a_task_that_exists_already_is_never_sent_again(tmp_path):
    for answer in ("409", "409_with_id"):
        with pytest.raises(Uncertain) as caught:
            await submit(tmp_path, answer)
        assert caught.value.provider_code == "409"


async def test_a_refusal_is_free_and_says_whether_it_was_moderation(tmp_path):
    for answer, moderated in (("400", False), ("451", True), ("envelope_1301", True), ("envelope_1201", False)):
        with pytest.raises(Rejected) as caught:
            await submit(tmp_path, answer)
        assert caught.value.charged == Cost(Decimal(0), "usd")
        assert caught.value.moderated is moderated


async def test_the_gateways_words_reach_the_reader(tmp_path):
    with pytest.raises(Rejected) as caught:
        await submit(tmp_path, "400")

    assert caught.value.public == "Kling-compatible gateway refused this: duration must be 5 or 10"


async def test_a_wait_that_is_named_is_kept(tmp_path):
    with pytest.raises(Busy) as caught:
        await submit(tmp_path, "429_with_retry_after")

    assert caught.value.retry_after_seconds == 20.0


# both shapes, both vocabularies


@pytest.mark.parametrize(
    ("situation", "rendering"), [("pending", False), ("queued", False), ("processing", True), ("running", True)]
)
async def test_both_vocabularies_of_waiting_are_understood(situation, rendering):
    outcome, _ = await follow(situation)

    assert outcome == Pending(rendering=rendering)


@pytest.mark.parametrize("situation", ["completed", "succeeded"])
async def test_both_words_of_success_are_understood(situation):
    outcome, _ = await follow(situation)

    assert [output.url for output in outcome.outputs] == ["https://cdn.mulerun.example/kling/8d4f7f0a.mp4"]


@pytest.mark.parametrize(("situation", "code"), [("failed", "3001"), ("failed_prohibited", "400")])
async def test_a_failure_inside_200_has_its_code_and_no_known_cost(situation, code):
    outcome, _ = await follow(situation)

    assert isinstance(outcome, Failed)
    assert outcome.code == code
    assert re.search("upstream|prohibited", outcome.reason)
    assert outcome.charged is None


async def test_klings_envelope_is_understood_from_submit_to_end(tmp_path):
    operation, _ = await submit(tmp_path, "envelope_accepted")
    waiting, _ = await follow("envelope_accepted", task=ENVELOPE_TASK)
    rendering, _ = await follow("envelope_processing", task=ENVELOPE_TASK)
    done, _ = await follow("envelope_succeed", task=ENVELOPE_TASK)
    failed, _ = await follow("envelope_failed", task=ENVELOPE_TASK)

    assert operation == Operation(ENVELOPE_TASK, request_id="req-5521")
    assert (waiting, rendering) == (Pending(rendering=False), Pending(rendering=True))
    assert done.outputs[0].url.endswith(".mp4")
    assert (failed.code, failed.reason) == ("failed", "Failure to pass the risk control system")


@pytest.mark.parametrize(
    ("dialect", "answer", "task", "is_read"),
    [
        ("task_info", "processing", TASK, True),
        ("envelope", "envelope_processing", ENVELOPE_TASK, True),
        ("task_info", "envelope_processing", ENVELOPE_TASK, False),
        ("envelope", "processing", TASK, False),
    ],
)
async def test_a_fixed_dialect_reads_only_its_own_shape(tmp_path, dialect, answer, task, is_read):
    account = make_account("gateway", dialect=dialect)

    if is_read:
        assert (await follow(answer, task=task, account=account))[0] == Pending(rendering=True)
    else:
        with pytest.raises(Garbled):
            await follow(answer, task=task, account=account)
        with pytest.raises(Uncertain):
            await submit(tmp_path, answer, account=account)


# what a gateway does not have


def test_an_unclear_submit_can_only_be_settled_by_a_person():
    adapter = providers.adapter_class("gateway")

    assert not (adapter.can_find or adapter.can_search or adapter.absence_is_proof)


async def test_it_cannot_be_canceled():
    stopped, wire = await call("cancel", operation=Operation(TASK), route=ROUTE)

    assert not stopped
    assert not wire.requests


@pytest.mark.parametrize("body", [b"", b"{}", recorded("gateway", "completed").content])
async def test_every_delivery_is_refused(body):
    for headers in ({}, {"webhook-id": "1", "webhook-timestamp": "1763726400", "webhook-signature": "v1,AAAA"}):
        with pytest.raises(CallbackInvalid):
            await call("read_callback", delivery=make_delivery(body, headers, NOW))


async def test_an_operation_is_made_from_a_task_id_only():
    adapter, account = providers.adapter_class("gateway"), make_account("gateway")

    assert adapter.operation_for(TASK, ROUTE, account) == Operation(TASK)
    with pytest.raises(Refused):
        adapter.operation_for("a/../b", ROUTE, account)


async def test_what_the_catalog_calls_impossible_is_refused_before_any_call(tmp_path):
    task = make_task(ROUTE, tmp_path)
    recipe = task.recipe.model_copy(update={"duration_seconds": 7})

    with pytest.raises(InvalidRecipe):
        await call("prepare", task=type(task)(task.our_id, recipe, task.route, task.files))


async def test_an_empty_answer_to_a_submit_is_uncertain(tmp_path):
    for status in (200, 201, 202):
        with pytest.raises(Uncertain):
            await submit(tmp_path, httpx.Response(status))
