"""Every legacy path that makes a task: the smallest body that fits, its result's shape and its deduction."""

import pytest

from generations.sandbox import products
from tests.sandbox.conftest import FalClient, bare64, film, picture, speech

IMAGE = bare64(picture())
SOUND = bare64(speech(3))
VIDEO, AUDIO = "/v1/videos", "/v1/audio"
MASTERS = ["kling-v2-master", "kling-v2-1-master"]


@pytest.fixture(scope="module")
def film_url(sandbox):
    return FalClient(sandbox).upload(film(5), "film.mp4", "video/mp4")


def videos(data):
    return [(video["duration"], bool(video["id"] and video["url"])) for video in data["task_result"]["videos"]]


@pytest.mark.parametrize(
    ("body", "units"),
    [
        ({"model_name": "kling-v1"}, "1"),
        ({"model_name": "kling-v1", "mode": "pro", "duration": "10"}, "7"),
        ({"model_name": "kling-v1-6"}, "2"),
        ({"model_name": "kling-v2-master", "duration": "10"}, "20"),
        ({"model_name": "kling-v2-1-master"}, "10"),
        ({"model_name": "kling-v2-5-turbo"}, "1.5"),
        ({"model_name": "kling-v2-5-turbo", "mode": "pro"}, "2.5"),
        ({"model_name": "kling-v2-6", "mode": "pro", "sound": "on"}, "5"),
        ({"model_name": "kling-v3", "duration": "3"}, "1.8"),
        ({"model_name": "kling-v3", "mode": "pro", "sound": "on", "duration": "15"}, "18"),
        ({"model_name": "kling-v3", "mode": "4k"}, "15"),
    ],
)
def test_text_to_video_of_every_model(kling, body, units):
    data = kling.made(f"{VIDEO}/text2video", prompt="a boat", **body)

    assert data["final_unit_deduction"] == units
    assert videos(data) == [(f"{float(body.get('duration', 5))}", True)]


def test_shots_of_a_multi_shot_task_add_up_to_its_length(kling):
    shots = [{"index": 1, "prompt": "a boat", "duration": "3"}, {"index": 2, "prompt": "a harbour", "duration": "4"}]
    body = {"model_name": "kling-v3", "multi_shot": True, "shot_type": "customize", "multi_prompt": shots}

    data = kling.made(f"{VIDEO}/text2video", duration="7", **body)
    wrong = kling.post(f"{VIDEO}/text2video", duration="5", **body)

    assert videos(data) == [("7.0", True)]
    assert wrong.json()["code"] == 1201 and "add up to" in wrong.json()["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"model_name": "kling-v3", "multi_shot": True},
        {"model_name": "kling-v3", "multi_shot": True, "shot_type": "customize"},
        {"model_name": "kling-v3", "multi_shot": True, "shot_type": "intelligence"},
        {"model_name": "kling-v2-6", "multi_shot": True, "shot_type": "customize", "prompt": "a"},
        {"model_name": "kling-v2-6", "sound": "on", "prompt": "a"},
        {"model_name": "kling-v2-5-turbo", "sound": "off", "prompt": "a"},
        {"model_name": "kling-v2-6", "duration": "7", "prompt": "a"},
        {"model_name": "kling-v2-1-master", "mode": "4k", "prompt": "a"},
        {"model_name": "kling-v3", "camera_control": {"type": "down_back"}, "prompt": "a"},
        {"model_name": "kling-v3", "duration": "16", "prompt": "a"},
    ],
)
def test_what_a_model_has_not_is_refused(kling, body):
    assert kling.post(f"{VIDEO}/text2video", **body).json()["code"] == 1201


@pytest.mark.parametrize(
    ("body", "units"),
    [
        ({"model_name": "kling-v2-6", "mode": "pro", "sound": "on", "voice_list": [{"voice_id": "1"}]}, "6"),
        ({"model_name": "kling-v3", "image_tail": IMAGE, "element_list": [{"element_id": 7}]}, "3"),
        ({"model_name": "kling-v2-5-turbo", "mode": "pro", "image_tail": IMAGE}, "2.5"),
    ],
)
def test_image_to_video_of_the_newer_models(kling, body, units):
    data = kling.made(f"{VIDEO}/image2video", image=IMAGE, prompt="a boat <<<voice_1>>>", **body)

    assert data["final_unit_deduction"] == units


@pytest.mark.parametrize(
    "body",
    [
        {"model_name": "kling-v2-6", "mode": "pro", "voice_list": [{"voice_id": "1"}]},
        {"model_name": "kling-v2-6", "mode": "pro", "sound": "on", "image_tail": IMAGE},
        {"model_name": "kling-v3", "voice_list": [{"voice_id": "1"}], "sound": "on"},
        {"model_name": "kling-v3", "element_list": [{"element_id": 1}] * 4},
        {"image_tail": IMAGE, "static_mask": IMAGE},
    ],
)
def test_image_to_video_refuses_what_does_not_go_together(kling, body):
    assert kling.post(f"{VIDEO}/image2video", image=IMAGE, **body).json()["code"] == 1201


def test_one_to_four_pictures_become_a_film(kling):
    path, rows = f"{VIDEO}/multi-image2video", [{"image": IMAGE}]

    data = kling.made(path, image_list=rows * 4, prompt="a boat", mode="pro")

    assert (data["final_unit_deduction"], videos(data)) == ("3.5", [("5.0", True)])
    for wrong in (rows * 5, [], [{}]):
        assert kling.post(path, image_list=wrong, prompt="a").json()["code"] == 1201


@pytest.mark.parametrize(
    ("body", "units"),
    [
        ({"model_name": "kling-video-o1"}, "4"),
        ({"model_name": "kling-video-o1", "mode": "std", "duration": "3"}, "1.8"),
        ({"model_name": "kling-v3-omni", "sound": "on", "duration": "15"}, "15"),
        ({"model_name": "kling-v3-omni", "mode": "4k"}, "15"),
    ],
)
def test_omni_video(kling, body, units):
    images = [{"image_url": IMAGE, "type": "first_frame"}, {"image_url": IMAGE}]

    data = kling.made(f"{VIDEO}/omni-video", prompt="<<<image_1>>> sails", image_list=images, **body)

    assert data["final_unit_deduction"] == units


def test_omni_video_with_a_film_costs_more_and_is_silent(kling, film_url):
    path, films = f"{VIDEO}/omni-video", [{"video_url": film_url, "refer_type": "base"}]

    data = kling.made(path, prompt="at night", video_list=films)
    loud = kling.post(path, model_name="kling-v3-omni", prompt="at night", video_list=films, sound="on")

    assert data["final_unit_deduction"] == "6"
    assert loud.json()["code"] == 1201


def test_motion_control_is_as_long_as_its_film(kling, film_url, fal):
    path, body = f"{VIDEO}/motion-control", {"image_url": IMAGE, "character_orientation": "image", "mode": "std"}
    long = fal.upload(film(12, (640, 360)), "long.mp4", "video/mp4")

    data = kling.made(path, video_url=film_url, **body)
    refused = kling.post(path, video_url=long, **body)
    taken = kling.made(path, video_url=long, **{**body, "character_orientation": "video"})

    assert (data["final_unit_deduction"], videos(data)) == ("2.5", [("5.0", True)])
    assert refused.json()["code"] == 1201 and "at most 10" in refused.json()["message"]
    assert videos(taken) == [("12.0", True)]


def test_an_avatar_is_as_long_as_its_sound(kling):
    data = kling.made(f"{VIDEO}/avatar/image2video", image=IMAGE, sound_file=SOUND, mode="pro")

    assert (data["final_unit_deduction"], videos(data)) == ("2.4", [("3.0", True)])


def test_an_avatar_speaks_with_a_voice_that_was_made_before(kling):
    speech = {"text": "A boat at dawn, far out.", "voice_id": "oversea_male1", "voice_language": "en"}
    audio = kling.post("/v1/audio/tts", **speech).json()["data"]["task_result"]["audios"][0]

    data = kling.made(f"{VIDEO}/avatar/image2video", image=IMAGE, audio_id=audio["id"])

    assert videos(data) == [(audio["duration"], True)]
    assert kling.post(f"{VIDEO}/avatar/image2video", image=IMAGE, audio_id="nothing").json()["code"] == 1201


def test_effects_take_one_picture_or_two(kling):
    path = f"{VIDEO}/effects"

    single = kling.made(path, effect_scene="squish", input={"image": IMAGE})
    dual = kling.made(path, effect_scene="hug_pro", input={"images": [IMAGE, IMAGE]})

    assert videos(single) == videos(dual) == [("5.0", True)]
    for scene, given in (
        ("hug_pro", {"image": IMAGE}),
        ("squish", {"images": [IMAGE, IMAGE]}),
        ("hug", {"images": [IMAGE, IMAGE]}),
        ("slow_motion", {"image": IMAGE}),
        ("squish", {}),
    ):
        assert kling.post(path, effect_scene=scene, input=given).json()["code"] == 1201


def test_text_becomes_a_sound_in_two_forms(kling):
    data = kling.made(f"{AUDIO}/text-to-audio", prompt="waves", duration=3.5)

    sound = data["task_result"]["audios"][0]
    assert (sound["duration_mp3"], sound["duration_wav"], data["final_unit_deduction"]) == ("3.5", "3.5", "0.25")
    types = [kling.sandbox.http.get(sound[f"url_{kind}"]).headers["content-type"] for kind in ("mp3", "wav")]
    assert types == ["audio/mpeg", "audio/wav"]
    assert kling.post(f"{AUDIO}/text-to-audio", prompt="waves", duration=11).json()["code"] == 1201


def test_a_film_becomes_a_sound_and_keeps_its_parent(kling):
    video = kling.finish(kling.start())["task_result"]["videos"][0]

    data = kling.made(f"{AUDIO}/video-to-audio", video_id=video["id"], sound_effect_prompt="waves")

    assert data["task_info"]["parent_video"]["id"] == video["id"]
    assert {"videos", "audios"} <= data["task_result"].keys()
    both = kling.post(f"{AUDIO}/video-to-audio", video_id=video["id"], video_url="https://e.com/a.mp4")
    assert both.json()["code"] == 1201


@pytest.mark.parametrize(
    ("path", "body", "count", "units"),
    [
        ("/v1/images/generations", {"prompt": "a boat"}, 1, "8"),
        ("/v1/images/generations", {"prompt": "a boat", "n": 3, "model_name": "kling-v2-1"}, 3, "12"),
        ("/v1/images/generations", {"prompt": "a", "model_name": "kling-v1-5", "image": IMAGE}, 1, "8"),
        ("/v1/images/generations", {"prompt": "a", "aspect_ratio": "21:9", "resolution": "2k"}, 1, "8"),
        ("/v1/images/omni-image", {"prompt": "a", "resolution": "4k", "n": 2}, 2, "32"),
        ("/v1/images/multi-image2image", {"subject_image_list": [{"subject_image": IMAGE}]}, 1, "16"),
        ("/v1/images/kolors-virtual-try-on", {"human_image": IMAGE, "cloth_image": IMAGE}, 1, "20"),
        ("/v1/general/ai-multi-shot", {"element_frontal_image": IMAGE}, 1, "20"),
    ],
)
def test_pictures_are_billed_in_units_of_the_image_pack(kling, path, body, count, units):
    data = kling.made(path, **body)

    images = data["task_result"]["images"]
    assert [image["index"] for image in images] == list(range(count))
    assert data["final_unit_deduction"] == units
    assert {kling.sandbox.http.get(image["url"]).headers["content-type"] for image in images} == {"image/png"}
    row = kling.sandbox.wait_for(data["task_id"])
    assert row["billed"]["unit"] == "kling_image_unit"


def test_expand_takes_four_sides(kling):
    sides = {f"{side}_expansion_ratio": 0.2 for side in ("up", "down", "left", "right")}

    data = kling.made("/v1/images/editing/expand", image=IMAGE, **sides)
    wrong = kling.post("/v1/images/editing/expand", image=IMAGE, **{**sides, "up_expansion_ratio": 2.1})
    large = kling.post("/v1/images/editing/expand", image=IMAGE, **dict.fromkeys(sides, 1))

    assert data["final_unit_deduction"] == "8"
    assert wrong.json()["code"] == large.json()["code"] == 1201


def test_a_voice_and_an_element_are_made_and_removed_once(kling, fal):
    url = fal.upload(speech(6), "voice.wav", "audio/wav")
    voice = kling.made("/v1/general/custom-voices", voice_name="Sunny", voice_url=url)["task_result"]["voices"][0]
    data = kling.made("/v1/general/advanced-custom-elements", element_name="boat", element_description="a small boat")

    assert voice["voice_id"] and data["task_result"]["elements"][0]["element_id"]
    gone = [kling.post("/v1/general/delete-voices", voice_id=voice["voice_id"]).json()["code"] for _ in range(2)]
    assert gone == [0, 1203]


def test_every_legacy_product_has_been_named_here():
    """So that a new path in the table asks for a test."""
    with open(__file__) as file:
        text = file.read()
    elsewhere = ("video-extend", "lip-sync", "identify-face", "multi-elements", "image-recognize", "tts")
    named = text.replace('f"{VIDEO}', '"/v1/videos').replace('f"{AUDIO}', '"/v1/audio')

    missing = [
        path
        for path in products.load()["kling"]
        if path.startswith("/v1/") and not any(word in path for word in elsewhere) and f'"{path}"' not in named
    ]

    assert missing == []
