"""The exact body for every route of the catalog, with each optional part that the route takes."""

import base64
import json

import pytest

from generations import catalog, providers
from generations.catalog import Camera
from generations.choices import CameraAxis, CameraMove
from tests.providers.make import Wire, make_account, make_recipe, make_task, recorded, routes, sha

OUR_ID = "3f0c2f4e-our-own-id"
PATH = [{"x": 10, "y": 20}, {"x": 30, "y": 40}]


def url(name):
    return f"https://v3.fal.media/{sha(name)}"


def encoded(role, index=0):
    return base64.b64encode(f"{role} {index}".encode()).decode()


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
STILL = {"horizontal": 0, "vertical": 0, "pan": 0, "tilt": 0, "roll": 0, "zoom": 0}
KLING = {
    "negative_prompt": {"negative_prompt": "blur"},
    "guidance": {"cfg_scale": 0.7},
    "aspect_ratio": {"aspect_ratio": "9:16"},
    "end_frame": {"image_tail": encoded("last_frame")},
    "end_frame_alone": {"image_tail": encoded("last_frame")},
    "brush": {
        "static_mask": encoded("static_mask"),
        "dynamic_masks": [
            {"mask": encoded("dynamic_mask", 0), "trajectories": PATH},
            {"mask": encoded("dynamic_mask", 1), "trajectories": PATH[::-1]},
        ],
    },
    "camera": {"camera_control": {"type": "simple", "config": STILL | {"zoom": -4}}},
}


def base_of(route, option):
    common = {"prompt": "A fox turns its head", "duration": "5"}
    has_image = route.capability == "image_to_video" and option != "end_frame_alone"
    if route.provider == "fal":
        return common | ({"image_url": url("first")} if has_image else {})
    image = {"image": encoded("first_frame")} if has_image else {}
    return common | route.wire | image | {"external_task_id": OUR_ID}


async def body_of(route, task):
    wire = Wire(recorded(route.provider, "accepted"))
    async with wire.http() as http:
        adapter = providers.get(make_account(route.provider), http)
        if route.provider == "kling":
            prepared = await adapter.prepare(task)
        else:  # its uploads are tested on their own
            prepared = providers.Prepared(task, {file.key: f"https://v3.fal.media/{file.key}" for file in task.files})
        await adapter.submit(prepared)
    assert wire.last.method == "POST"
    assert wire.last.url.path.endswith(route.endpoint)
    assert wire.last.headers["content-type"] == "application/json"
    return wire.last_body


CASES = [
    pytest.param(route, option, id=f"{route.key}:{option or 'plain'}")
    for slug in providers.slugs()
    for route in routes(slug)
    for option in (None, *sorted(route.takes))
]


@pytest.mark.parametrize(("route", "option"), CASES)
async def test_each_part_has_its_field_and_nothing_else_is_sent(tmp_path, route, option):
    expected = (FAL if route.provider == "fal" else KLING)[option] if option else {}

    body = await body_of(route, make_task(route, tmp_path, *([option] if option else [])))

    assert body == base_of(route, option) | expected


def test_every_option_of_the_catalog_has_been_sent_to_each_provider_that_takes_one():
    for slug, fields in (("fal", FAL), ("kling", KLING)):
        assert set().union(*(route.takes for route in routes(slug))) == set(fields)


MOVES = [move for move in CameraMove if move != CameraMove.SIMPLE]


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize(
    ("slug", "expected"), [("fal", lambda move: move), ("kling", lambda move: {"type": str(move)})]
)
async def test_a_master_shot_is_sent_by_its_name(tmp_path, slug, move, expected):
    route = next(item for item in routes(slug) if "camera" in item.takes and item.model == "kling-v1")
    recipe = make_recipe(route, camera=Camera(move=move))

    body = await body_of(route, make_task(route, tmp_path, recipe=recipe))

    assert body["camera_control"] == expected(move)
    assert "advanced_camera_control" not in body


@pytest.mark.parametrize("axis", CameraAxis)
async def test_each_axis_has_its_own_name(tmp_path, axis):
    for slug in providers.slugs():
        route = next(item for item in routes(slug) if "camera" in item.takes and item.model == "kling-v1")
        recipe = make_recipe(route, camera=Camera(move=CameraMove.SIMPLE, axis=axis, amount=10))
        body = await body_of(route, make_task(route, tmp_path, recipe=recipe))
        assert f'"{axis}"' in json.dumps(body)
        assert 10 in (body.get("advanced_camera_control") or body["camera_control"]["config"]).values()


async def test_ten_seconds_are_sent_as_text(tmp_path):
    for slug in providers.slugs():
        route = routes(slug)[0]
        recipe = make_recipe(route).model_copy(update={"duration_seconds": 10})
        body = await body_of(route, make_task(route, tmp_path, recipe=recipe))
        assert body["duration"] == "10"


async def test_the_official_api_needs_no_prompt_with_an_image(tmp_path):
    route = next(item for item in routes("kling") if item.capability == "image_to_video")
    recipe = make_recipe(route).model_copy(update={"prompt": ""})

    assert "prompt" not in await body_of(route, make_task(route, tmp_path, recipe=recipe))


def test_every_route_of_the_catalog_has_an_adapter():
    assert {route.provider.value for route in catalog.load().routes} == set(providers.slugs())
