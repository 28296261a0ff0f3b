"""What the older API's finished tasks made and cost, for every product. docs/providers.md 3.9."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from generations.providers import Cost, Failed, Garbled, Operation
from tests.providers.make import make_account, recorded
from tests.providers.make_kling import TASK, call, find

VIDEO = find("kling-v1-6", "extend")
IMAGE = find("kolors-v2-1", "text_to_image")
SOUND = find("kling-audio", "text_to_audio")


async def follow(situation, route=VIDEO, **facts):
    outcome, _ = await call("follow", situation, operation=Operation(TASK), route=route, **facts)
    return outcome


def names(outcome):
    return [(item.kind.value, item.url.rpartition("/")[2], item.provider_id) for item in outcome.outputs]


@pytest.mark.parametrize(
    ("situation", "route", "expected"),
    [
        ("succeed_images", IMAGE, [("image", "0.png", ""), ("image", "1.png", "")]),
        ("succeed_series", IMAGE, [("image", "0.png", "")]),
        ("succeed_sound", SOUND, [("audio", "1.wav", "77")]),
        ("succeed_sound_for_video", SOUND, [("video", "2.mp4", "88"), ("audio", "1.mp3", "77")]),
        ("succeed_extended", VIDEO, [("video", "longer.mp4", "99")]),
        ("succeed_watermarked", VIDEO, [("video", "2.mp4", "88"), ("video", "2-marked.mp4", "")]),
    ],
)
async def test_each_kind_of_result_is_read(situation, route, expected):
    outcome = await follow(situation, route)

    assert names(outcome) == expected
    ends = datetime.fromtimestamp(1763726564, UTC) + timedelta(days=30)
    assert {item.expires_at for item in outcome.outputs} == {ends}


@pytest.mark.parametrize(
    ("situation", "route", "region", "expected"),
    [
        ("succeed_images", IMAGE, "", Cost(Decimal(8), "kling_image_unit")),
        ("succeed_images", find("kolors-try-on-v1", "try_on"), "", Cost(Decimal(8), "kling_image_unit")),
        ("succeed_sound", SOUND, "", Cost(Decimal("0.25"), "kling_unit")),
        ("succeed_for_money", VIDEO, "", Cost(Decimal("0.28"), "usd")),
        ("succeed_for_money", VIDEO, "cn", None),
        ("succeed_from_both", VIDEO, "", None),
    ],
)
async def test_the_product_says_from_which_pack_it_was_paid(situation, route, region, expected):
    outcome = await follow(situation, route, account=make_account("kling", region=region))

    assert outcome.cost == expected


@pytest.mark.parametrize(
    ("words", "is_moderation"),
    [
        ("Failure to pass the risk control system", True),
        ("The content contains sensitive information", True),
        ("Request violates the platform policy", True),
        ("内容未通过风控", True),
        ("Internal rendering error", False),
        ("", False),
        (None, False),
    ],
)
async def test_the_words_of_a_failure_say_whether_it_was_moderation(words, is_moderation):
    answer = recorded("kling", "failed").json()
    answer["data"]["task_status_msg"] = words

    outcome = await follow(httpx.Response(200, json=answer))

    assert isinstance(outcome, Failed)
    assert outcome.moderated is is_moderation


@pytest.mark.parametrize(
    "result", [None, [], {"videos": "x"}, {"videos": [{"url": "javascript:1"}, 5]}, {"images": [{}]}]
)
async def test_a_success_without_a_file_that_can_be_fetched_is_garbled(result):
    answer = recorded("kling", "succeed").json()
    answer["data"]["task_result"] = result

    with pytest.raises(Garbled):
        await follow(httpx.Response(200, json=answer))
