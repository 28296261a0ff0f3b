"""The exact body for every route of fal, with each optional part that the route takes; Kling has files of its own."""

import json

import pytest

from generations import catalog, providers
from generations.catalog import Camera
from generations.choices import CameraAxis, CameraMove
from tests.providers.make import Wire, make_account, make_recipe, make_task, recorded, routes, sha

PATH = [{"x": 10, "y": 20}, {"x": 30, "y": 40}]


def url(name):
    return f"https://v3.fal.media/{sha(name)}"


# docs/providers.md 2.7, once more: how each endpoint's family spells what a recipe says.


def first_frame(endpoint):
    newer = any(part in endpoint for part in ("/v2.6/", "/v3/", "/o1/"))
    return "start_image_url" if newer else "image_url"


def last_frame(endpoint):
    newer = any(part in endpoint for part in ("/v2.6/", "/v3/", "/o1/", "/o3/"))
    return "end_image_url" if newer else "tail_image_url"


def references(endpoint):
    if endpoint.endswith(("/elements", "/effects")):
        return "input_image_urls"
    return "image_url" if endpoint.endswith("/image-to-image") and "kling-image/v3" in endpoint else "image_urls"


def kept_sound(endpoint):
    return "keep_original_sound" if endpoint.endswith("motion-control") else "keep_audio"


ELEMENT = {"frontal_image_url": url("element 0 front"), "reference_image_urls": [url("element 0 side")]}
OPTIONS = {
    "negative_prompt": lambda endpoint: {"negative_prompt": "blur"},
    "guidance": lambda endpoint: {"cfg_scale": 0.7},
    "aspect_ratio": lambda endpoint: {"aspect_ratio": "9:16"},
    "end_frame": lambda endpoint: {last_frame(endpoint): url("last")},
    "brush": lambda endpoint: {
        "static_mask_url": url("static"),
        "dynamic_masks": [
            {"mask_url": url("dynamic 0"), "trajectories": PATH},
            {"mask_url": url("dynamic 1"), "trajectories": PATH[::-1]},
        ],
    },
    "camera": lambda endpoint: {"advanced_camera_control": {"movement_type": "zoom", "movement_value": -4}},
    "sound": lambda endpoint: {"generate_audio": True},
    "voices": lambda endpoint: {"voice_ids": ["829826751244537879"], "generate_audio": True},
    "elements": lambda endpoint: {"elements": [ELEMENT]},
    "keep_sound": lambda endpoint: {kept_sound(endpoint): True},
    "voice_language": lambda endpoint: {"voice_language": "en"},
    "voice_speed": lambda endpoint: {"voice_speed": 1.2},
    "music_prompt": lambda endpoint: {"background_music_prompt": "soft piano"},
    "asmr": lambda endpoint: {"asmr_mode": True},
    "count": lambda endpoint: {"num_images": 2},
}
PROMPT = {"prompt": "A fox turns its head"}
VIDEO, IMAGE = {"video_url": url("source_video 0")}, [url("reference_image 0")]
# What the plainest recipe of a capability sends, but for its length.
PLAIN = {
    "text_to_video": lambda endpoint: PROMPT,
    "image_to_video": lambda endpoint: PROMPT | {first_frame(endpoint): url("first")},
    "reference_to_video": lambda endpoint: PROMPT | {references(endpoint): IMAGE},
    "video_edit": lambda endpoint: PROMPT | VIDEO,
    "video_reference": lambda endpoint: PROMPT | VIDEO,
    "motion_control": lambda endpoint: (
        PROMPT | VIDEO | {"image_url": url("character 0"), "character_orientation": "video"}
    ),
    "effect": lambda endpoint: {"input_image_urls": IMAGE},
    "lip_sync": lambda endpoint: VIDEO,
    "avatar": lambda endpoint: PROMPT | {"image_url": url("character 0"), "audio_url": url("audio 0")},
    "text_to_speech": lambda endpoint: {"text": "Good evening."},
    "video_to_audio": lambda endpoint: VIDEO | {"sound_effect_prompt": PROMPT["prompt"]},
    "text_to_image": lambda endpoint: PROMPT,
    "image_to_image": lambda endpoint: (
        PROMPT | {references(endpoint): IMAGE[0] if references(endpoint) == "image_url" else IMAGE}
    ),
    "try_on": lambda endpoint: {"human_image_url": url("person 0"), "garment_image_url": url("garment 0")},
}
# These vary with the recipe in ways that the tests below look at by themselves.
APART = {
    "shots",
    "reference_images",
    "source_video",
    "speech",
    "audio",
    "picture_resolution",
    "scene",
    "voice_id",
    "duration",
}


async def body_of(route, task):
    wire = Wire(recorded(route.provider, "accepted"))
    async with wire.http() as http:
        adapter = providers.get(make_account(route.provider), http)
        # Its uploads are tested on their own.
        prepared = providers.Prepared(task, {file.key: f"https://v3.fal.media/{file.key}" for file in task.files})
        await adapter.submit(prepared)
    assert wire.last.method == "POST"
    assert wire.last.url.path.endswith(route.endpoint)
    assert wire.last.headers["content-type"] == "application/json"
    return wire.last_body


CASES = [
    pytest.param(route, option, id=f"{route.key}:{option or 'plain'}")
    for route in routes("fal")
    for option in (None, *sorted(route.takes))
]


@pytest.mark.parametrize(("route", "option"), [case for case in CASES if case.values[1] not in APART])
async def test_each_part_has_its_field_and_nothing_else_is_sent(tmp_path, route, option):
    task = make_task(route, tmp_path, *([option] if option else []))

    body = await body_of(route, task)

    expected = PLAIN[route.capability](route.endpoint) | (OPTIONS[option](route.endpoint) if option else {})
    if task.recipe.duration_seconds:
        expected |= {"duration": str(task.recipe.duration_seconds)}
    if task.recipe.voice:
        expected |= {"text": "Good evening.", "voice_id": task.recipe.voice.id}
    if task.recipe.capability == "lip_sync" and not task.recipe.speech:
        expected |= {"audio_url": url("audio 0")}
    if task.recipe.scene:
        expected |= {"effect_scene": task.recipe.scene}
    assert body == dict(route.wire) | expected


@pytest.mark.parametrize("route", [route for route in routes("fal") if "shots" in route.takes])
async def test_several_shots_are_sent_instead_of_the_prompt(tmp_path, route):
    body = await body_of(route, make_task(route, tmp_path, "shots"))

    assert "prompt" not in body
    assert [set(shot) for shot in body["multi_prompt"]] == [{"prompt", "duration"}] * 2
    assert sum(int(shot["duration"]) for shot in body["multi_prompt"]) == int(body["duration"])
    assert body["shot_type"] == "customize"


async def test_a_plan_of_the_models_own_has_fals_word(tmp_path):
    route = next(route for route in routes("fal") if "shots" in route.takes)
    recipe = make_recipe(route, shot_plan="intelligence")

    body = await body_of(route, make_task(route, tmp_path, recipe=recipe))

    assert body["shot_type"] == "intelligent"


LISTED = [
    route for route in routes("fal") if "reference_images" in route.takes and references(route.endpoint) != "image_url"
]


@pytest.mark.parametrize("route", LISTED)
async def test_every_reference_image_is_sent_in_its_order(tmp_path, route):
    task = make_task(route, tmp_path, "reference_images")
    names = [f"https://v3.fal.media/{item.sha256}" for item in task.recipe.inputs_for("reference_image")]

    body = await body_of(route, task)

    assert len(names) >= 1
    assert body[references(route.endpoint)] == names


@pytest.mark.parametrize("route", [route for route in routes("fal") if route.capability == "lip_sync"])
async def test_lip_sync_sends_a_text_with_its_voice_or_a_sound(tmp_path, route):
    option = "audio" if "audio" in route.takes else "speech"

    body = await body_of(route, make_task(route, tmp_path, option))

    wanted = (
        {"audio_url": url("audio 0")} if option == "audio" else {"text": "Good evening.", "voice_id": body["voice_id"]}
    )
    assert body == {"video_url": url("source_video 0")} | wanted


@pytest.mark.parametrize("route", [route for route in routes("fal") if "picture_resolution" in route.takes])
async def test_an_image_resolution_is_written_large(tmp_path, route):
    body = await body_of(route, make_task(route, tmp_path, "picture_resolution"))

    assert body["resolution"] in ("1K", "2K", "4K")


async def test_references_in_a_prompt_are_spelled_as_fal_reads_them(tmp_path):
    route = next(
        route for route in routes("fal") if route.capability == "reference_to_video" and "/o1/" in route.endpoint
    )
    recipe = make_recipe(route, prompt="<<<image_1>>> meets <<<element_2>>> and says <<<voice_1>>>")

    body = await body_of(route, make_task(route, tmp_path, recipe=recipe))

    assert body["prompt"] == "@Image1 meets @Element2 and says <<<voice_1>>>"


def test_every_option_that_a_route_takes_has_been_sent():
    assert set().union(*(route.takes for route in routes("fal"))) <= set(OPTIONS) | APART


MOVES = [move for move in CameraMove if move != CameraMove.SIMPLE]


@pytest.mark.parametrize("move", MOVES)
async def test_a_master_shot_is_sent_by_its_name(tmp_path, move):
    route = next(item for item in routes("fal") if "camera" in item.takes and item.model == "kling-v1")
    recipe = make_recipe(route, camera=Camera(move=move))

    body = await body_of(route, make_task(route, tmp_path, recipe=recipe))

    assert body["camera_control"] == move
    assert "advanced_camera_control" not in body


@pytest.mark.parametrize("axis", CameraAxis)
async def test_each_axis_has_its_own_name(tmp_path, axis):
    route = next(item for item in routes("fal") if "camera" in item.takes and item.model == "kling-v1")
    recipe = make_recipe(route, camera=Camera(move=CameraMove.SIMPLE, axis=axis, amount=10))

    body = await body_of(route, make_task(route, tmp_path, recipe=recipe))

    assert f'"{axis}"' in json.dumps(body)
    assert 10 in body["advanced_camera_control"].values()


async def test_ten_seconds_are_sent_as_text(tmp_path):
    route = next(item for item in routes("fal") if item.model == "kling-v1")
    recipe = make_recipe(route).model_copy(update={"duration_seconds": 10})

    body = await body_of(route, make_task(route, tmp_path, recipe=recipe))

    assert body["duration"] == "10"


def test_every_route_of_the_catalog_has_an_adapter():
    assert {route.provider.value for route in catalog.load().routes} == set(providers.slugs())
