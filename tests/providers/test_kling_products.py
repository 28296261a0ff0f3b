"""The exact body of every product of the official API, older generation: docs/providers.md 3.3, 3.5 and 3.6."""

from dataclasses import replace
from decimal import Decimal

import pytest

from generations import providers
from generations.catalog import Margins, Picture, Route, Shot, Voice
from generations.choices import InputRole
from generations.providers import Finished, Operation, Rejected
from generations.providers.kling_payload import payload
from tests.providers.make_kling import OUR_ID, VIDEO_ID, VIDEO_URL, encoded, find, kling_task, submitted

R = InputRole
ID = {"external_task_id": OUR_ID}
SHOTS = (Shot(prompt="A fox wakes", seconds=2), Shot(prompt="It runs", seconds=3))
TALK = Voice(id="oversea_male1", language="en", speed=Decimal("1.2"))

CASES = {
    "shots of v3": (
        ("kling-v3", "image_to_video", "pro"),
        (R.FIRST_FRAME,),
        {"shots": SHOTS, "duration_seconds": 5, "sound": True, "element_ids": ("829836802793406551",)},
        {
            "model_name": "kling-v3",
            "mode": "pro",
            "image": encoded(R.FIRST_FRAME),
            "duration": "5",
            "sound": "on",
            "multi_shot": True,
            "shot_type": "customize",
            "multi_prompt": [
                {"index": 1, "prompt": "A fox wakes", "duration": "2"},
                {"index": 2, "prompt": "It runs", "duration": "3"},
            ],
            "element_list": [{"element_id": "829836802793406551"}],
        },
    ),
    "shots that the model plans": (
        ("kling-v3", "text_to_video", "std"),
        (),
        {"shot_plan": "intelligence", "prompt": "A fox wakes and runs", "duration_seconds": 10},
        {
            "model_name": "kling-v3",
            "mode": "std",
            "prompt": "A fox wakes and runs",
            "duration": "10",
            "multi_shot": True,
            "shot_type": "intelligence",
        },
    ),
    "voices of 2.6": (
        ("kling-v2-6", "image_to_video", "pro"),
        (R.FIRST_FRAME,),
        {
            "prompt": "<<<voice_1>>> says hello",
            "voices": ("voice-a", "voice-b"),
            "sound": True,
            "duration_seconds": 5,
            "negative_prompt": "blur",
        },
        {
            "model_name": "kling-v2-6",
            "mode": "pro",
            "image": encoded(R.FIRST_FRAME),
            "prompt": "<<<voice_1>>> says hello",
            "negative_prompt": "blur",
            "sound": "on",
            "voice_list": [{"voice_id": "voice-a"}, {"voice_id": "voice-b"}],
            "duration": "5",
        },
    ),
    "several images": (
        ("kling-v1-6", "reference_to_video", "std"),
        (R.REFERENCE_IMAGE, R.REFERENCE_IMAGE),
        {"prompt": "The fox meets the owl", "duration_seconds": 5, "aspect_ratio": "9:16", "negative_prompt": "blur"},
        {
            "model_name": "kling-v1-6",
            "mode": "std",
            "prompt": "The fox meets the owl",
            "negative_prompt": "blur",
            "image_list": [{"image": encoded(R.REFERENCE_IMAGE, 0)}, {"image": encoded(R.REFERENCE_IMAGE, 1)}],
            "duration": "5",
            "aspect_ratio": "9:16",
        },
    ),
    "omni from references": (
        ("kling-v3-omni", "reference_to_video", "4k"),
        (R.REFERENCE_IMAGE,),
        {
            "prompt": "<<<image_1>>> flies",
            "duration_seconds": 7,
            "element_ids": ("42",),
            "sound": False,
            "aspect_ratio": "1:1",
        },
        {
            "model_name": "kling-v3-omni",
            "mode": "4k",
            "prompt": "<<<image_1>>> flies",
            "image_list": [{"image_url": encoded(R.REFERENCE_IMAGE)}],
            "element_list": [{"element_id": "42"}],
            "sound": "off",
            "duration": "7",
            "aspect_ratio": "1:1",
        },
    ),
    "omni from frames": (
        ("kling-v3-omni", "image_to_video", "std"),
        (R.FIRST_FRAME, R.LAST_FRAME),
        {"prompt": "Day to night", "duration_seconds": 5},
        {
            "model_name": "kling-v3-omni",
            "mode": "std",
            "prompt": "Day to night",
            "image_list": [
                {"image_url": encoded(R.FIRST_FRAME), "type": "first_frame"},
                {"image_url": encoded(R.LAST_FRAME), "type": "end_frame"},
            ],
            "duration": "5",
        },
    ),
    "omni edit": (
        ("kling-v3-omni", "video_edit", "pro"),
        (R.SOURCE_VIDEO,),
        {"prompt": "Make it snow", "keep_sound": True},
        {
            "model_name": "kling-v3-omni",
            "mode": "pro",
            "prompt": "Make it snow",
            "video_list": [{"video_url": VIDEO_URL, "refer_type": "base", "keep_original_sound": "yes"}],
        },
    ),
    "omni after a video": (
        ("kling-v3-omni", "video_reference", "pro"),
        (R.SOURCE_VIDEO,),
        {"prompt": "The next shot", "duration_seconds": 5},
        {
            "model_name": "kling-v3-omni",
            "mode": "pro",
            "prompt": "The next shot",
            "video_list": [{"video_url": VIDEO_URL, "refer_type": "feature"}],
            "duration": "5",
        },
    ),
    "motion control": (
        ("kling-v3", "motion_control", "pro"),
        (R.CHARACTER, R.SOURCE_VIDEO),
        {"orientation": "image", "keep_sound": False},
        {
            "model_name": "kling-v3",
            "mode": "pro",
            "image_url": encoded(R.CHARACTER),
            "video_url": VIDEO_URL,
            "character_orientation": "image",
            "keep_original_sound": "no",
        },
    ),
    "lip-sync with a text": (
        ("kling-lip-sync", "lip_sync", "std"),
        (R.SOURCE_VIDEO,),
        {"speech": "Hello there", "voice": TALK},
        {
            "input": {
                "video_url": VIDEO_URL,
                "mode": "text2video",
                "text": "Hello there",
                "voice_id": "oversea_male1",
                "voice_language": "en",
                "voice_speed": 1.2,
            }
        },
    ),
    "lip-sync with a sound": (
        ("kling-lip-sync", "lip_sync", "std"),
        (R.SOURCE_VIDEO, R.AUDIO),
        {},
        {
            "input": {
                "video_url": VIDEO_URL,
                "mode": "audio2video",
                "audio_type": "file",
                "audio_file": encoded(R.AUDIO),
            }
        },
    ),
    "avatar": (
        ("kling-avatar", "avatar", "pro"),
        (R.CHARACTER, R.AUDIO),
        {"prompt": "She smiles"},
        {"mode": "pro", "image": encoded(R.CHARACTER), "sound_file": encoded(R.AUDIO), "prompt": "She smiles"},
    ),
    "effect for one": (
        ("kling-effects", "effect", "std"),
        (R.REFERENCE_IMAGE,),
        {"scene": "squish"},
        {"effect_scene": "squish", "input": {"image": encoded(R.REFERENCE_IMAGE)}},
    ),
    "effect for two": (
        ("kling-effects", "effect", "std"),
        (R.REFERENCE_IMAGE, R.REFERENCE_IMAGE),
        {"scene": "hug_pro"},
        {
            "effect_scene": "hug_pro",
            "input": {"images": [encoded(R.REFERENCE_IMAGE, 0), encoded(R.REFERENCE_IMAGE, 1)]},
        },
    ),
    "sound from a text": (
        ("kling-audio", "text_to_audio", "std"),
        (),
        {"prompt": "Rain on a roof", "duration_seconds": 4},
        {"prompt": "Rain on a roof", "duration": 4.0},
    ),
    "sound for a video": (
        ("kling-audio", "video_to_audio", "std"),
        (R.SOURCE_VIDEO,),
        {"prompt": "Steps", "music_prompt": "Slow piano", "asmr": True},
        {"video_url": VIDEO_URL, "sound_effect_prompt": "Steps", "bgm_prompt": "Slow piano", "asmr_mode": True},
    ),
    "images from a text": (
        ("kolors-v2-1", "text_to_image", "std"),
        (),
        {
            "prompt": "A fox",
            "negative_prompt": "blur",
            "aspect_ratio": "21:9",
            "picture": Picture(count=3, resolution="2k"),
            "watermark": True,
        },
        {
            "model_name": "kling-v2-1",
            "prompt": "A fox",
            "negative_prompt": "blur",
            "aspect_ratio": "21:9",
            "n": 3,
            "resolution": "2k",
            "watermark_info": {"enabled": True},
        },
    ),
    "images after an image": (
        ("kolors-v2-1", "image_to_image", "std"),
        (R.REFERENCE_IMAGE,),
        {
            "prompt": "A fox",
            "picture": Picture(reference="face", fidelity=Decimal("0.4"), face_fidelity=Decimal("0.9")),
        },
        {
            "model_name": "kling-v2-1",
            "prompt": "A fox",
            "image": encoded(R.REFERENCE_IMAGE),
            "image_reference": "face",
            "image_fidelity": 0.4,
            "human_fidelity": 0.9,
        },
    ),
    "omni image": (
        ("kling-image-o1", "image_to_image", "std"),
        (R.REFERENCE_IMAGE, R.REFERENCE_IMAGE),
        {"prompt": "Both together", "element_ids": ("7",)},
        {
            "model_name": "kling-image-o1",
            "prompt": "Both together",
            "image_list": [{"image": encoded(R.REFERENCE_IMAGE, 0)}, {"image": encoded(R.REFERENCE_IMAGE, 1)}],
            "element_list": [{"element_id": "7"}],
        },
    ),
    "a wider image": (
        ("kling-expand", "expand_image", "std"),
        (R.SOURCE_IMAGE,),
        {
            "margins": Margins(up=Decimal("0.5"), left=Decimal("0.25")),
            "prompt": "More sky",
            "picture": Picture(count=2),
        },
        {
            "image": encoded(R.SOURCE_IMAGE),
            "prompt": "More sky",
            "up_expansion_ratio": 0.5,
            "down_expansion_ratio": 0.0,
            "left_expansion_ratio": 0.25,
            "right_expansion_ratio": 0.0,
            "n": 2,
        },
    ),
    "try-on": (
        ("kolors-try-on-v1-5", "try_on", "std"),
        (R.PERSON, R.GARMENT),
        {},
        {
            "model_name": "kolors-virtual-try-on-v1-5",
            "human_image": encoded(R.PERSON),
            "cloth_image": encoded(R.GARMENT),
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_each_product_has_exactly_its_documented_body(tmp_path, name):
    where, roles, facts, expected = CASES[name]

    body, result, wire = await submitted(kling_task(find(*where), tmp_path, *roles, **facts), "accepted")

    assert body == expected | ID
    assert isinstance(result, Operation)
    assert wire.last.url.path == find(*where).endpoint


@pytest.mark.parametrize(
    ("where", "field"),
    [
        (("kling-v1-6", "extend", "std"), "video_id"),
        (("kling-audio", "video_to_audio", "std"), "video_id"),
    ],
)
async def test_a_video_that_kling_holds_goes_by_its_id_alone(tmp_path, where, field):
    task = kling_task(find(*where), tmp_path, R.SOURCE_VIDEO, video_id=VIDEO_ID)

    body, _, _ = await submitted(task, "accepted")

    assert body[field] == VIDEO_ID
    assert "video_url" not in body


async def test_a_lip_sync_names_its_video_by_id_too(tmp_path):
    task = kling_task(
        find("kling-lip-sync", "lip_sync"), tmp_path, R.SOURCE_VIDEO, video_id=VIDEO_ID, speech="Hi", voice=TALK
    )

    body, _, _ = await submitted(task, "accepted")

    assert body["input"]["video_id"] == VIDEO_ID
    assert "video_url" not in body["input"]


async def test_an_extension_sends_what_the_recipe_says_and_nothing_of_the_model(tmp_path):
    route = find("kling-v1-6", "extend", "pro")
    task = kling_task(
        route, tmp_path, R.SOURCE_VIDEO, video_id=VIDEO_ID, prompt="It flies off", guidance=Decimal("0.5")
    )

    body, _, _ = await submitted(task, "accepted")

    assert body == {"video_id": VIDEO_ID, "prompt": "It flies off", "cfg_scale": 0.5} | ID


async def test_speech_is_answered_at_once_and_has_no_id_of_ours(tmp_path):
    task = kling_task(find("kling-tts", "text_to_speech"), tmp_path, speech="Hello there", voice=TALK)

    body, result, wire = await submitted(task, "spoken")

    assert body == {"text": "Hello there", "voice_id": "oversea_male1", "voice_language": "en", "voice_speed": 1.2}
    assert isinstance(result, Finished)
    (sound,) = result.outputs
    assert (sound.kind, sound.url, sound.provider_id) == ("audio", "https://v1-kling.example/tts/1.mp3", "9001")
    assert (result.cost.amount, result.cost.currency) == (Decimal("0.05"), "kling_unit")
    assert len(wire.requests) == 1


async def test_speech_that_was_not_made_is_refused_with_its_reason(tmp_path):
    task = kling_task(find("kling-tts", "text_to_speech"), tmp_path, speech="Hello there", voice=TALK)

    with pytest.raises(Rejected) as caught:
        await submitted(task, "spoken_failed")

    assert caught.value.moderated
    assert "risk control" in caught.value.public
    assert caught.value.charged.amount == 0


async def test_speech_without_a_sound_in_the_answer_is_uncertain(tmp_path):
    task = kling_task(find("kling-tts", "text_to_speech"), tmp_path, speech="Hello there", voice=TALK)

    with pytest.raises(providers.Uncertain):
        await submitted(task, "accepted")


async def test_a_bad_value_in_speech_is_refused_without_a_lookup(tmp_path):
    task = kling_task(find("kling-tts", "text_to_speech"), tmp_path, speech="Hello there", voice=TALK)

    with pytest.raises(Rejected):
        await submitted(task, "1201")


async def test_a_callback_is_asked_for_at_the_top_level(tmp_path):
    task = kling_task(find("kling-audio", "text_to_audio"), tmp_path, prompt="Rain", duration_seconds=5)
    task = type(task)(task.our_id, task.recipe, task.route, task.files, "https://site.example/hooks/kling/1")

    body, _, _ = await submitted(task, "accepted")

    assert body["callback_url"] == "https://site.example/hooks/kling/1"


def test_several_images_for_an_image_have_their_own_list(tmp_path):
    route = Route(
        provider="kling",
        model="kolors-v2-1",
        capability="image_to_image",
        tier="std",
        endpoint="/v1/images/multi-image2image",
        takes={"reference_images"},
        fields={"prompt": "prompt", "reference_image": "subject_image_list[].subject_image"},
        wire={"model_name": "kling-v2-1"},
    )
    task = kling_task(route, tmp_path, R.REFERENCE_IMAGE, R.REFERENCE_IMAGE, prompt="Both")

    body = payload(providers.Prepared(task, {file.key: f"b{file.index}" for file in task.files}))

    assert body == {
        "model_name": "kling-v2-1",
        "prompt": "Both",
        "subject_image_list": [{"subject_image": "b0"}, {"subject_image": "b1"}],
    }


@pytest.mark.parametrize(
    ("where", "facts", "words"),
    [
        (("kling-v1-6", "extend", "std"), {}, "on this account in the last 30 days"),
        (("kling-audio", "video_to_audio", "std"), {}, "PUBLIC_URL"),
        (("kling-v3-omni", "video_edit", "std"), {"prompt": "Snow", "video_id": VIDEO_ID}, "PUBLIC_URL"),
    ],
)
async def test_a_video_without_an_address_is_refused_before_anything_is_sent(tmp_path, where, facts, words):
    task = kling_task(find(*where), tmp_path, R.SOURCE_VIDEO, video_url="", **facts)

    with pytest.raises(Rejected) as caught:
        await submitted(task)

    assert words in caught.value.public
    assert caught.value.charged.amount == 0


async def test_a_file_over_the_limit_goes_by_its_address_or_not_at_all(tmp_path):
    route = find("kling-v1-6", "reference_to_video")
    task = kling_task(route, tmp_path, R.REFERENCE_IMAGE, prompt="A fox", duration_seconds=5)
    large = replace(task.files[0], size_bytes=10_000_001)
    linked = replace(large, public_url="https://site.example/inputs/large.png")

    body, _, _ = await submitted(replace(task, files=(linked,)), "accepted")
    with pytest.raises(Rejected) as caught:
        await submitted(replace(task, files=(large,)))

    assert body["image_list"] == [{"image": "https://site.example/inputs/large.png"}]
    assert "at most 10 MB" in caught.value.public
    assert "11 MB" in caught.value.public


@pytest.mark.parametrize(
    ("where", "roles", "expected"),
    [
        (
            ("kling-lip-sync", "lip_sync"),
            (R.SOURCE_VIDEO, R.AUDIO),
            {
                "input": {
                    "video_url": VIDEO_URL,
                    "mode": "audio2video",
                    "audio_type": "url",
                    "audio_url": "https://x.example/a.mp3",
                }
            },
        ),
        (("kling-avatar", "avatar"), (R.CHARACTER, R.AUDIO), {"sound_file": "https://x.example/a.mp3"}),
    ],
)
async def test_a_sound_over_5_mb_goes_by_its_address(tmp_path, where, roles, expected):
    task = kling_task(find(*where), tmp_path, *roles)
    large = tuple(
        replace(file, size_bytes=5_000_001, public_url="https://x.example/a.mp3") if file.role == R.AUDIO else file
        for file in task.files
    )

    body, _, _ = await submitted(replace(task, files=large), "accepted")
    with pytest.raises(Rejected) as caught:
        await submitted(
            replace(task, files=tuple(replace(file, public_url="") for file in large if file.role == R.AUDIO))
        )

    assert expected.items() <= body.items()
    assert "at most 5 MB for “Sound”" in caught.value.public
