"""The exact body of text and image to video on the older API, for every such route with each optional part."""

import pytest

from generations.catalog import Camera
from generations.choices import CameraAxis, CameraMove, InputRole
from tests.providers.make import make_recipe, make_task, routes
from tests.providers.make_kling import encoded, submitted

R = InputRole
PATH = [{"x": 10, "y": 20}, {"x": 30, "y": 40}]
STILL = {"horizontal": 0, "vertical": 0, "pan": 0, "tilt": 0, "roll": 0, "zoom": 0}
SHOTS = [
    {"index": 1, "prompt": "A fox sleeps", "duration": "2"},
    {"index": 2, "prompt": "It wakes", "duration": "3"},
]
PARTS = {
    "negative_prompt": {"negative_prompt": "blur"},
    "guidance": {"cfg_scale": 0.7},
    "aspect_ratio": {"aspect_ratio": "9:16"},
    "end_frame": {"image_tail": encoded(R.LAST_FRAME)},
    "end_frame_alone": {"image_tail": encoded(R.LAST_FRAME)},
    "brush": {
        "static_mask": encoded(R.STATIC_MASK),
        "dynamic_masks": [
            {"mask": encoded(R.DYNAMIC_MASK, 0), "trajectories": PATH},
            {"mask": encoded(R.DYNAMIC_MASK, 1), "trajectories": PATH[::-1]},
        ],
    },
    "camera": {"camera_control": {"type": "simple", "config": STILL | {"zoom": -4}}},
    "sound": {"sound": "on"},
    "voices": {"sound": "on", "voice_list": [{"voice_id": "829826751244537879"}]},
    "shots": {"multi_shot": True, "shot_type": "customize", "multi_prompt": SHOTS},
    "element_ids": {"element_list": [{"element_id": "160"}]},
    "watermark": {"watermark_info": {"enabled": True}},
}
ROUTES = [route for route in routes("kling") if route.endpoint in ("/v1/videos/text2video", "/v1/videos/image2video")]
CASES = [
    pytest.param(route, option, id=f"{route.key}:{option or 'plain'}")
    for route in ROUTES
    for option in (None, *sorted(route.takes))
]


def base_of(route, option):
    base = route.wire | {"duration": "5", "external_task_id": "3f0c2f4e-our-own-id"}
    if option != "shots":
        base |= {"prompt": "A fox turns its head"}
    has_image = route.capability == "image_to_video" and option != "end_frame_alone"
    return base | ({"image": encoded(R.FIRST_FRAME)} if has_image else {})


def recipe_for(route, option=None, **facts):
    return make_recipe(route, *([option] if option else []), **{"duration_seconds": 5} | facts)


@pytest.mark.parametrize(("route", "option"), CASES)
async def test_each_part_has_its_field_and_nothing_else_is_sent(tmp_path, route, option):
    task = make_task(route, tmp_path, recipe=recipe_for(route, option))

    body, _, wire = await submitted(task, "accepted")

    assert body == base_of(route, option) | (PARTS[option] if option else {})
    assert wire.last.url.path == route.endpoint
    assert wire.last.headers["content-type"] == "application/json"


def test_every_option_of_these_routes_has_been_sent():
    assert set().union(*(route.takes for route in ROUTES)) == set(PARTS)


def with_camera(folder, camera):
    route = next(route for route in ROUTES if "camera" in route.takes and route.model == "kling-v1")
    return make_task(route, folder, recipe=recipe_for(route, camera=camera))


@pytest.mark.parametrize("move", [move for move in CameraMove if move != CameraMove.SIMPLE])
async def test_a_master_shot_is_sent_by_its_name_alone(tmp_path, move):
    body, _, _ = await submitted(with_camera(tmp_path, Camera(move=move)), "accepted")

    assert body["camera_control"] == {"type": str(move)}


@pytest.mark.parametrize("axis", CameraAxis)
async def test_each_axis_moves_alone(tmp_path, axis):
    camera = Camera(move=CameraMove.SIMPLE, axis=axis, amount=10)

    body, _, _ = await submitted(with_camera(tmp_path, camera), "accepted")

    assert body["camera_control"]["config"] == STILL | {str(axis): 10}


async def test_ten_seconds_are_sent_as_text(tmp_path):
    route = next(route for route in ROUTES if route.model == "kling-v1")

    body, _, _ = await submitted(make_task(route, tmp_path, recipe=recipe_for(route, duration_seconds=10)), "accepted")

    assert body["duration"] == "10"


async def test_no_prompt_is_needed_with_an_image(tmp_path):
    route = next(route for route in ROUTES if route.capability == "image_to_video" and "prompt" not in route.requires)

    body, _, _ = await submitted(make_task(route, tmp_path, recipe=recipe_for(route, prompt="")), "accepted")

    assert "prompt" not in body
