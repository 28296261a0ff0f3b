"""Official Kling, newer generation: the contract, and what is peculiar to it. docs/providers.md 3.4, 3.7, 3.9."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from generations import providers
from generations.providers import (
    Busy,
    Cost,
    Failed,
    Garbled,
    Misconfigured,
    Operation,
    Rejected,
    Uncertain,
    Unreachable,
)
from tests.providers.contract import AdapterContract
from tests.providers.make import RECORDED, make_account, make_task, recorded
from tests.providers.make_kling import HOST, KEY_ONLY, OUR_ID, TASK, call, find, signed

ROUTE = find("kling-v2-6", "image_to_video", "std", "new")
MISCONFIGURED = ("1000", "1001", "1002", "1002_pair", "1003", "1004", "1100", "1101", "1102", "1103", "1304")


class TestContract(AdapterContract):
    slug = "kling"
    task_id = TASK
    queued, rendering, finished, failed = "submitted", "processing", ("succeeded",), ("failed",)
    callback = recorded("kling", "callback_new").json()
    submit_errors = {
        **dict.fromkeys(MISCONFIGURED, Misconfigured),
        **dict.fromkeys(("1302", "1303"), Busy),
        **dict.fromkeys(("1200", "1201+absent", "1201+1201", "1202", "1203", "1300", "1301"), Rejected),
        **dict.fromkeys(("5000", "5001", "5002", "html", "html_200", "accepted_without_id"), Uncertain),
        "wrong_shape": Uncertain,
        "html_413": Rejected,
    }
    follow_errors = {
        **dict.fromkeys(MISCONFIGURED, Misconfigured),
        **dict.fromkeys(("1302", "1303"), Busy),
        **dict.fromkeys(("1200", "1201", "1202", "1203", "1300", "1301", "5000", "5001", "5002"), Garbled),
        **dict.fromkeys(("html", "html_200", "wrong_shape", "unknown_state", "other_task", "absent"), Garbled),
        "succeeded_without_video": Garbled,
    }

    # Of the adapter's routes of both generations, and already among the older one's cases.
    test_every_option_without_a_field_on_the_route_is_refused_by_name_before_any_call = None

    @property
    def route(self):
        return ROUTE

    def answer(self, situation):
        own = f"new_{situation}"
        return recorded("kling", own if (RECORDED / "kling" / f"{own}.json").exists() else situation)

    def sign(self, body, at):
        return (signed(body, at),)


async def follow(*answers, route=ROUTE, **facts):
    outcome, _ = await call("follow", *answers, operation=Operation(TASK), route=route, **facts)
    return outcome


async def find_ours(*answers):
    return await call("find", *answers, our_id=OUR_ID, route=ROUTE)


async def submit(tmp_path, *answers):
    task = make_task(ROUTE, tmp_path, callback_url="https://site.example/hooks/kling/1")
    return await call("submit", *answers, prepared=providers.Prepared(task, {file.key: "aW1n" for file in task.files}))


# submit


async def test_the_model_is_in_the_path_and_our_id_among_the_options(tmp_path):
    operation, wire = await submit(tmp_path, "new_accepted")

    assert str(wire.last.url) == f"{HOST}/image-to-video/kling-2.6"
    assert wire.last_body["options"] == {
        "external_task_id": OUR_ID,
        "callback_url": "https://site.example/hooks/kling/1",
    }
    assert wire.last.headers["authorization"] == f"Bearer {KEY_ONLY['api_key']}"
    assert operation == Operation(TASK, {}, "CjMT7WdPwbcAAAAAABcnew")


async def test_an_own_id_that_exists_is_the_take_itself(tmp_path):
    operation, wire = await submit(tmp_path, "1201_exists", "new_processing")

    assert operation.task_id == TASK
    assert [item.method for item in wire.requests] == ["POST", "GET"]
    assert str(wire.last.url) == f"{HOST}/tasks?external_task_ids={OUR_ID}"


@pytest.mark.parametrize(
    "answer", ["5000", "html", "1302", "new_other_task", "new_wrong_shape", httpx.ReadError("cut")]
)
async def test_a_bad_value_that_cannot_be_told_from_a_double_is_uncertain(tmp_path, answer):
    with pytest.raises(Uncertain):
        await submit(tmp_path, "1201", answer)


# find


async def test_a_job_is_found_by_our_own_id():
    operation, wire = await find_ours("new_processing")

    assert operation.task_id == TASK
    assert wire.last.url.path == "/tasks"


@pytest.mark.parametrize("answer", ["new_absent", "1201", "1203"])
async def test_a_job_that_is_not_there_is_none(answer):
    found, _ = await find_ours(answer)

    assert found is None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("new_other_task", Garbled),
        ("new_wrong_shape", Garbled),
        ("wrong_shape", Garbled),
        ("5000", Garbled),
        ("html", Garbled),
        (httpx.Response(404, text="not found"), Garbled),
        ("1202", Garbled),
        ("1302", Busy),
        ("1002", Misconfigured),
        (httpx.ReadError("x"), Unreachable),
    ],
)
async def test_a_lookup_without_an_answer_is_no_absence(answer, expected):
    with pytest.raises(expected):
        await find_ours(answer)


def test_absence_proves_on_the_newer_api_and_nowhere_else():
    adapter = providers.adapter_class("kling")

    assert adapter.absence_proves(ROUTE)
    assert not adapter.absence_proves(find("kling-v3", "image_to_video"))
    assert not adapter.absence_proves(find("kling-lip-sync-face", "lip_sync"))


def test_speech_and_the_newer_lip_sync_cannot_be_found_by_our_id():
    adapter = providers.adapter_class("kling")

    assert adapter.finds(ROUTE)
    assert adapter.finds(find("kling-lip-sync", "lip_sync"))
    assert not adapter.finds(find("kling-lip-sync-face", "lip_sync"))
    assert not adapter.finds(find("kling-tts", "text_to_speech"))


@pytest.mark.parametrize(("external_id", "is_ours"), [(OUR_ID, True), ("somebody-else", False), ("", False)])
async def test_a_named_job_is_confirmed_by_our_own_id_alone(external_id, is_ours):
    answer = recorded("kling", "new_processing").json()
    answer["data"][0]["external_id"] = external_id
    facts = {"operation": Operation(TASK), "our_id": OUR_ID, "route": ROUTE}

    said, _ = await call("confirm", httpx.Response(200, json=answer), **facts)
    unknown, _ = await call("confirm", "new_absent", **facts)

    assert said is is_ours
    assert unknown is False


# follow


async def test_a_finished_take_tells_its_units_and_when_its_link_ends():
    outcome = await follow("new_succeeded")

    (output,) = outcome.outputs
    assert outcome.cost == Cost(Decimal("4.5"), "kling_unit")
    assert output.provider_id == "758213999000111222"
    assert output.expires_at == datetime.fromtimestamp(1763726564, UTC) + timedelta(days=30)


@pytest.mark.parametrize(
    ("situation", "region", "expected"),
    [
        ("new_paid_by_packs", "", Cost(Decimal("4.5"), "kling_unit")),
        ("new_paid_in_dollars", "", Cost(Decimal("0.42"), "usd")),
        ("new_paid_in_yuan", "cn", None),
        ("new_paid_from_both", "", None),
        ("new_image", "", Cost(Decimal(8), "kling_image_unit")),
        ("new_sound", "", Cost(Decimal("0.25"), "kling_unit")),
    ],
)
async def test_the_bill_is_read_where_one_figure_says_it(situation, region, expected):
    outcome = await follow(situation, account=make_account("kling", region=region))

    assert outcome.cost == expected


@pytest.mark.parametrize("line", [{"charge_type": "unit", "amount": "much"}, "4.5", {"charge_type": "unit"}])
async def test_a_bill_with_an_unreadable_line_is_no_bill(line):
    answer = recorded("kling", "new_succeeded").json()
    answer["data"][0]["billing"].append(line)

    outcome = await follow(httpx.Response(200, json=answer))

    assert outcome.cost is None


async def test_images_come_with_their_marked_twin_and_sounds_without_loss():
    pictures, sounds = await follow("new_image"), await follow("new_sound")

    assert [item.url.rpartition("/")[2] for item in pictures.outputs] == ["1.png", "1-marked.png"]
    assert [(item.kind, item.url.rpartition("/")[2], item.provider_id) for item in sounds.outputs] == [
        ("audio", "1.wav", "77")
    ]


async def test_the_reason_is_the_tasks_own_and_its_words_say_whether_it_was_moderation():
    moderated, broken = await follow("new_failed"), await follow("new_failed_plainly")

    assert isinstance(moderated, Failed)
    assert moderated.reason == "Failure to pass the risk control system"
    assert moderated.moderated
    assert moderated.charged is None
    assert not broken.moderated
    assert broken.charged == Cost(Decimal(0), "kling_unit")
