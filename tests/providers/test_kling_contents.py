"""The exact body of every product of the official API, newer generation: docs/providers.md 3.7."""

from dataclasses import replace
from decimal import Decimal

import pytest

from generations.catalog import Shot
from generations.choices import InputRole
from generations.providers import Rejected
from tests.providers.make_kling import OUR_ID, VIDEO_ID, VIDEO_URL, encoded, find, kling_task, submitted

R = InputRole
OPTIONS = {"options": {"external_task_id": OUR_ID}}


def picture(kind, role, number, index=0):
    return {"type": kind, "url": encoded(role, index), "id": f"image_{number}"}


CASES = {
    "text": (
        ("kling-v3-turbo", "text_to_video", "pro"),
        (),
        {"prompt": "A fox runs", "duration_seconds": 7, "aspect_ratio": "9:16", "watermark": False},
        {
            "prompt": "A fox runs",
            "settings": {"resolution": "1080p", "duration": 7, "aspect_ratio": "9:16"},
            "options": {"external_task_id": OUR_ID, "watermark_info": {"enabled": False}},
        },
    ),
    "text with sound": (
        ("kling-v2-6", "text_to_video", "pro"),
        (),
        {"prompt": "A fox barks", "duration_seconds": 10, "sound": True},
        {"prompt": "A fox barks", "settings": {"resolution": "1080p", "duration": 10, "audio": "native"}},
    ),
    "shots": (
        ("kling-v3", "text_to_video", "std"),
        (),
        {"shots": (Shot(prompt="A fox; asleep", seconds=2), Shot(prompt="It runs", seconds=3)), "duration_seconds": 5},
        {
            "prompt": "shot 1, 2, A fox, asleep; shot 2, 3, It runs;",
            "settings": {"resolution": "720p", "duration": 5, "audio": "off", "multi_shot": True},
        },
    ),
    "frames, elements": (
        ("kling-v3", "image_to_video", "4k"),
        (R.FIRST_FRAME, R.LAST_FRAME),
        {"prompt": "<<<element_1>>> wakes", "duration_seconds": 5, "element_ids": ("160", "161"), "sound": False},
        {
            "contents": [
                {"type": "prompt", "text": "@element_1 wakes"},
                picture("first_frame", R.FIRST_FRAME, 1),
                picture("last_frame", R.LAST_FRAME, 2),
                {"type": "element", "element_id": "160", "id": "element_1"},
                {"type": "element", "element_id": "161", "id": "element_2"},
            ],
            "settings": {"resolution": "4k", "duration": 5, "audio": "off", "multi_shot": False},
        },
    ),
    "voices": (
        ("kling-v2-6", "image_to_video", "pro"),
        (R.FIRST_FRAME,),
        {"prompt": "<<<voice_1>>> says hello", "duration_seconds": 5, "voices": ("v-1", "v-2"), "sound": True},
        {
            "contents": [
                {"type": "prompt", "text": "@voice_1 says hello"},
                picture("first_frame", R.FIRST_FRAME, 1),
                {"type": "voice", "voice_id": "v-1", "id": "voice_1"},
                {"type": "voice", "voice_id": "v-2", "id": "voice_2"},
            ],
            "settings": {"resolution": "1080p", "duration": 5, "audio": "native"},
        },
    ),
    "references": (
        ("kling-o1", "reference_to_video", "std"),
        (R.REFERENCE_IMAGE, R.REFERENCE_IMAGE),
        {"prompt": "<<<image_2>>> meets <<<image_1>>>", "duration_seconds": 4},
        {
            "contents": [
                {"type": "prompt", "text": "@image_2 meets @image_1"},
                picture("refer_image", R.REFERENCE_IMAGE, 1, 0),
                picture("refer_image", R.REFERENCE_IMAGE, 2, 1),
            ],
            "settings": {"resolution": "720p", "aspect_ratio": "16:9", "audio": "off", "duration": 4},
        },
    ),
    "a video to edit": (
        ("kling-v3-omni", "video_edit", "pro"),
        (R.SOURCE_VIDEO, R.REFERENCE_IMAGE),
        {"prompt": "Put <<<image_1>>> into <<<video_1>>>", "keep_sound": True},
        {
            "contents": [
                {"type": "prompt", "text": "Put @image_1 into @video_1"},
                picture("refer_image", R.REFERENCE_IMAGE, 1),
                {"type": "base_video", "url": VIDEO_URL, "id": "video_1"},
            ],
            "settings": {"resolution": "1080p", "audio": "original", "multi_shot": False},
        },
    ),
    "a video to follow": (
        ("kling-o1", "video_reference", "std"),
        (R.SOURCE_VIDEO,),
        {"prompt": "The next shot", "duration_seconds": 5},
        {
            "contents": [
                {"type": "prompt", "text": "The next shot"},
                {"type": "feature_video", "url": VIDEO_URL, "id": "video_1"},
            ],
            "settings": {"resolution": "720p", "audio": "off", "duration": 5},
        },
    ),
    "motion control": (
        ("kling-v3", "motion_control", "pro"),
        (R.CHARACTER, R.SOURCE_VIDEO),
        {"orientation": "video", "keep_sound": False, "element_ids": ("160",)},
        {
            "contents": [
                picture("image", R.CHARACTER, 1),
                {"type": "video", "url": VIDEO_URL, "id": "video_1"},
                {"type": "element", "element_id": "160", "id": "element_1"},
            ],
            "settings": {"resolution": "1080p", "character_orientation": "video", "audio": "off"},
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_each_product_has_exactly_its_documented_body(tmp_path, name):
    where, roles, facts, expected = CASES[name]
    route = find(*where, "new")

    body, operation, wire = await submitted(kling_task(route, tmp_path, *roles, **facts), "new_accepted")

    assert body == OPTIONS | expected
    assert wire.last.url.path == route.endpoint
    assert operation.task_id


async def test_a_large_picture_goes_inline_here_and_a_video_only_by_address(tmp_path):
    task = kling_task(
        find("kling-v3", "image_to_video", "std", "new"), tmp_path, R.FIRST_FRAME, prompt="A fox", duration_seconds=5
    )
    large = replace(task, files=(replace(task.files[0], size_bytes=49_000_000),))
    edit = kling_task(
        find("kling-o1", "video_edit", "std", "new"),
        tmp_path,
        R.SOURCE_VIDEO,
        prompt="Snow",
        video_id=VIDEO_ID,
        video_url="",
    )

    body, _, _ = await submitted(large, "new_accepted")
    with pytest.raises(Rejected) as caught:
        await submitted(edit)

    assert body["contents"][1]["url"] == encoded(R.FIRST_FRAME)
    assert "PUBLIC_URL" in caught.value.public
    assert caught.value.charged.amount == Decimal(0)
