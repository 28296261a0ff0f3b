"""The documented examples, replayed against the adapter alone: the recorded traffic of the first-party client, the
official API's part of the guides, and the printed answers of the documents. The sandbox is not asked: whoever misread
the facts once would have misread them in both.
"""

import json

import httpx
import jwt
import pytest

from generations import catalog
from generations.catalog import Recipe
from generations.choices import InputRole
from generations.providers import Failed, Finished, Operation, Pending
from tests.providers.make import SECRETS, make_recipe, make_task
from tests.providers.make_kling import (
    HOST,
    OUR_ID,
    VIDEO_ID,
    VIDEO_URL,
    call,
    encoded,
    find,
    inputs,
    kling_task,
    submitted,
)

R = InputRole
ID = {"external_task_id": OUR_ID}


def printed(text):
    return httpx.Response(200, json=json.loads(text))


# The first-party client's traffic: docs/providers.md 8.5.

TAKEN = '{"code":0,"message":"SUCCEED","request_id":"r1","data":{"task_id":"T1","task_status":"submitted"}}'
MADE = (
    '{"code":0,"message":"SUCCEED","request_id":"r2","data":{"task_id":"T1","task_status":"succeed",'
    '"task_result":{"videos":[{"id":"v1","url":"https://e.com/v.mp4","duration":"5.0"}]}}}'
)


async def test_the_first_party_clients_request_is_ours_but_for_the_file_and_our_id(tmp_path):
    recorded_body = {"cfg_scale": 0.5, "duration": "5", "mode": "std", "model_name": "kling-v1-6", "prompt": "hi"}
    route = find("kling-v1-6", "image_to_video")
    recipe = make_recipe(route, prompt="hi", guidance="0.5")

    body, operation, wire = await submitted(make_task(route, tmp_path, recipe=recipe), printed(TAKEN))

    assert body == recorded_body | {"image": encoded(R.FIRST_FRAME)} | ID
    assert operation == Operation("T1", {}, "r1")
    assert (wire.last.method, str(wire.last.url)) == ("POST", f"{HOST}/v1/videos/image2video")
    assert wire.last.headers["content-type"] == "application/json"
    kind, token = wire.last.headers["authorization"].split()
    assert kind == "Bearer"
    assert set(jwt.decode(token, SECRETS["kling"]["secret_key"], algorithms=["HS256"])) == {"iss", "exp", "nbf"}


async def test_the_first_party_clients_polls_are_ours():
    facts = {"operation": Operation("T1"), "route": find("kling-v2-master", "image_to_video", "master")}

    waiting, wire = await call("follow", printed(TAKEN), **facts)
    finished, _ = await call("follow", printed(MADE), **facts)

    assert waiting == Pending(rendering=False)
    assert (wire.last.method, str(wire.last.url)) == ("GET", f"{HOST}/v1/videos/image2video/T1")
    assert wire.last.content == b""
    assert isinstance(finished, Finished)
    assert [(item.provider_id, item.url) for item in finished.outputs] == [("v1", "https://e.com/v.mp4")]


# The guide to the official API: extension, lip-sync, Kolors, try-on.


def understood(route_api="", **foreign):
    """The recipe of a guide's own words, with inputs where it names files, and its route."""
    values = catalog.translate(foreign).values
    return values, find(values["model"], values["capability"], values.get("tier", "std"), route_api)


async def body_of(tmp_path, values, route, *roles, **facts):
    values = {name: value for name, value in values.items() if name not in ("model", "capability", "tier")}
    body, _, wire = await submitted(kling_task(route, tmp_path, *roles, **values, **facts), "accepted")
    return wire.last.url.path, body


async def test_the_guides_extension(tmp_path):
    values, route = understood(model="kling-extend", prompt="Continue with a dramatic reveal")

    assert await body_of(tmp_path, values, route, R.SOURCE_VIDEO, video_id=VIDEO_ID) == (
        "/v1/videos/video-extend",
        {"video_id": VIDEO_ID, "prompt": "Continue with a dramatic reveal"} | ID,
    )


async def test_the_guides_lip_sync_with_a_sound(tmp_path):
    values, route = understood(model="kling-lipsync")

    path, body = await body_of(tmp_path, values, route, R.SOURCE_VIDEO, R.AUDIO)

    assert path == "/v1/videos/lip-sync"
    assert body["input"] == {
        "video_url": VIDEO_URL,
        "mode": "audio2video",
        "audio_type": "file",
        "audio_file": encoded(R.AUDIO),
    }


async def test_the_guides_image(tmp_path):
    values, route = understood(model="kolors-v2-pro", prompt="Detailed fantasy landscape", width=1920, height=1080)

    assert await body_of(tmp_path, values, route) == (
        "/v1/images/generations",
        {"model_name": "kling-v2", "prompt": "Detailed fantasy landscape", "aspect_ratio": "16:9"} | ID,
    )


async def test_the_guides_try_on(tmp_path):
    values, route = understood(model="kling-tryon")

    assert await body_of(tmp_path, values, route, R.PERSON, R.GARMENT) == (
        "/v1/images/kolors-virtual-try-on",
        {
            "model_name": "kolors-virtual-try-on-v1-5",
            "human_image": encoded(R.PERSON),
            "cloth_image": encoded(R.GARMENT),
        }
        | ID,
    )


async def test_the_guides_best_model(tmp_path):
    values, route = understood(
        model="kling-v2.1-master-text",
        prompt="A serene lake at sunset with mountains in the background",
        duration="5",
        aspect_ratio="16:9",
    )

    assert await body_of(tmp_path, values, route) == (
        "/v1/videos/text2video",
        {
            "model_name": "kling-v2-1-master",
            "prompt": "A serene lake at sunset with mountains in the background",
            "duration": "5",
            "aspect_ratio": "16:9",
        }
        | ID,
    )


# Answers as the documents print them: docs/providers.md 3.9 and 3.11.


@pytest.mark.parametrize(
    ("status", "kind"), [("submitted", Pending), ("processing", Pending), ("succeeded", Finished), ("failed", Failed)]
)
async def test_the_newer_apis_printed_task_is_read_in_every_state(status, kind):
    task = {
        "id": "893605946402811985",
        "status": status,
        "message": "",
        "create_time": 1781080778802,
        "update_time": 1781080794151,
        "external_id": "",
        "outputs": [{"type": "video", "id": "1", "url": "https://e.com/v.mp4", "watermark_url": "", "duration": "5"}],
        "billing": [{"charge_type": "unit", "amount": "4", "package_type": "video"}],
    }
    answer = httpx.Response(200, json={"code": 0, "message": "", "request_id": "r", "data": [task]})
    facts = {"operation": Operation(task["id"]), "route": find("kling-v3-omni", "reference_to_video", "std", "new")}

    outcome, _ = await call("follow", answer, **facts)

    assert isinstance(outcome, kind)


def test_every_example_here_is_a_recipe_that_its_route_can_make():
    route = find("kling-v1-6", "image_to_video")
    recipe = Recipe(
        capability=route.capability,
        model=route.model,
        tier=route.tier,
        inputs=inputs(R.FIRST_FRAME),
        duration_seconds=5,
    )

    assert catalog.load().problems(recipe, route) == {}
