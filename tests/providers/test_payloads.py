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


FAL = {
    "negative_prompt": {"negative_prompt": "blur"},
    "guidance": {"cfg_scale": 0.7},
    "aspect_ratio": {"aspect_ratio": "9:16"},
    "end_frame": {"tail_image_url": url("last")},
    "brush": {
        "static_mask_url": url("static"),
        "dynamic_masks": [
            {"mask_url": url("dynamic 0"), "trajectories": PATH},
            {"mask_url": url("dynamic 1"), "trajectories": PATH[::-1]},
        ],
    },
    "camera": {"advanced_camera_control": {"movement_type": "zoom", "movement_value": -4}},
}


def base_of(route, option):
    common = {"prompt": "A fox turns its head", "duration": "5"}
    has_image = route.capability == "image_to_video" and option != "end_frame_alone"
    return common | ({"image_url": url("first")} if has_image else {})


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


@pytest.mark.parametrize(("route", "option"), CASES)
async def test_each_part_has_its_field_and_nothing_else_is_sent(tmp_path, route, option):
    expected = FAL[option] if option else {}

    body = await body_of(route, make_task(route, tmp_path, *([option] if option else [])))

    assert body == base_of(route, option) | expected


def test_every_option_that_a_route_takes_has_been_sent():
    assert set().union(*(route.takes for route in routes("fal"))) == set(FAL)


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
