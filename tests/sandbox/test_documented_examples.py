"""The documents' own examples, replayed: no client of official Kling or of the gateways is here to bear witness.

The bodies are those of the guides and of the recorded first-party client; only hosts, keys and addresses of pictures
are our own. What a guide says and no provider takes must be refused or ignored as the provider does.
"""

import time

import jwt
import pytest

from tests.sandbox.conftest import I2V, FalClient, KlingClient, bare64, picture

PICTURE = bare64(picture())
NEGATIVE = "blur, low quality, distorted"
FAL = "fal-ai/kling-video"


def first_party(sandbox):
    """The token as the first-party node pack makes it: issuer, expiry and begin, nothing else."""
    now = int(time.time())
    claims = {"iss": f"access-{time.monotonic_ns()}", "exp": now + 1800, "nbf": now - 5}
    return KlingClient(sandbox, jwt.encode(claims, "secret" * 8, algorithm="HS256", headers={"typ": "JWT"}))


def test_the_first_party_clients_recorded_call(sandbox):
    kling = first_party(sandbox)
    image = FalClient(sandbox).upload(picture())
    body = {
        "cfg_scale": 0.5,
        "duration": "5",
        "image": image,
        "mode": "std",
        "model_name": "kling-v1-6",
        "prompt": "hi",
    }

    reply = kling.post("/v1/videos/image2video", **body)
    task = kling.finish(reply.json()["data"]["task_id"], "image2video")

    value = reply.json()
    assert (value["code"], value["message"]) == (0, "SUCCEED") and value["request_id"]
    assert value["data"]["task_status"] == "submitted"
    assert task["task_status"] == "succeed"
    assert {"id", "url", "duration"} <= task["task_result"]["videos"][0].keys()


def test_the_same_call_as_it_was_recorded_for_v2_master_breaks_two_rules_of_the_capability_map(sandbox):
    """The recording was made against a stub: v2-master supports neither mode nor cfg_scale by the official pages."""
    kling = first_party(sandbox)
    plain = {"duration": "5", "image": PICTURE, "model_name": "kling-v2-master", "prompt": "hi"}

    codes = [
        kling.post("/v1/videos/image2video", **plain, **extra).json()["code"]
        for extra in ({}, {"mode": "std"}, {"cfg_scale": 0.5})
    ]

    assert codes == [0, 1201, 1201]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"prompt": "slow-motion sequence captures the catastrophic implosion of a skyscraper", "duration": "5"}, 200),
        (
            {
                "prompt": "cinematic scene with dramatic camera movement",
                "duration": "10",
                "negative_prompt": NEGATIVE,
                "cfg_scale": 0.8,
            },
            200,
        ),
        ({"prompt": "epic battle scene with dynamic motion", "duration": "10"}, 200),
        ({"prompt": "a boat", "cfg_scale": 2.0}, 422),
        ({"prompt": "a boat", "cfg_scale": 0.1}, 200),
    ],
)
def test_the_guide_to_v2_master_on_fal(fal, body, status):
    assert fal.submit(I2V, image_url=fal.upload(picture()), **body).status_code == status


def test_the_guides_prices_of_v2_master(fal):
    image = fal.upload(picture())

    dollars = [
        fal.sandbox.wait_for(fal.start(I2V, image_url=image, duration=length))["billed"]["usd"]
        for length in ("5", "10")
    ]

    assert dollars == ["1.4", "2.8"]


@pytest.mark.parametrize(
    ("endpoint", "body", "status"),
    [
        ("v2.1/master/text-to-video", {"duration": "5", "aspect_ratio": "16:9", "cfg_scale": 0.5}, 200),
        ("v2.1/master/text-to-video", {"duration": 10, "aspect_ratio": "16:9"}, 422),
        ("v2.1/master/text-to-video", {"duration": "10", "aspect_ratio": "21:9"}, 422),
        ("v2.1/pro/text-to-video", {"duration": "10"}, 404),
        ("v2.1/master/text-to-video", {"mode": "professional", "camera_motion": "zoom_in"}, 200),
    ],
)
def test_the_second_guides_words_on_fal(fal, endpoint, body, status):
    """`kling-v2.1-pro-text` exists nowhere; camera_motion and mode are that guide's own, fal does not read them."""
    reply = fal.submit(f"{FAL}/{endpoint}", prompt="A serene lake at sunset with mountains in the background", **body)

    assert reply.status_code == status
    if "camera_motion" in body:
        row = fal.sandbox.wait_for(reply.json()["request_id"])
        assert row["ignored"] == ["camera_motion", "mode"]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/v1/videos/text2video", {"mode": "professional"}, 1201),
        ("/v1/videos/text2video", {"aspect_ratio": "21:9"}, 1201),
        ("/v1/videos/text2video", {"duration": 10}, 1200),
        ("/v1/videos/text2video", {"camera_control": {"type": "zoom_in"}}, 1201),
        ("/v1/videos/text2video", {"camera_control": {"type": "simple", "config": {"zoom": 5}}}, 0),
        ("/v1/videos/text2video", {"camera_motion": "zoom_in"}, 0),
        ("/v1/videos/text2video", {"model_name": "kling-v2.1-pro-text"}, 1203),
        ("/v1/videos/effects", {"effect_scene": "slow_motion", "intensity": 0.5, "input": {"image": PICTURE}}, 1201),
        ("/v1/images/generations", {"width": 1920, "height": 1080, "style": "fantasy_art"}, 0),
        ("/v1/images/generations", {"model_name": "kolors-v2-pro"}, 1203),
        ("/v1/images/generations", {"aspect_ratio": "21:9"}, 0),
    ],
)
def test_the_second_guides_words_on_official_kling(kling, path, body, code):
    reply = kling.post(path, prompt="Cinematic shot of a futuristic city", **body)

    assert reply.json()["code"] == code, reply.text


def test_what_the_guide_sends_and_kling_does_not_read_is_in_the_bill(kling):
    body = {"prompt": "Detailed fantasy landscape", "width": 1920, "height": 1080, "style": "fantasy_art"}

    task_id = kling.post("/v1/images/generations", **body).json()["data"]["task_id"]

    assert kling.sandbox.wait_for(task_id)["ignored"] == ["height", "style", "width"]


def test_standard_five_seconds_are_two_units_of_14_cents(kling):
    row = kling.sandbox.wait_for(kling.start(model_name="kling-v1-6", duration="5"))

    assert row["billed"] == {"amount": "2", "unit": "kling_unit", "usd": "0.28"}


def test_the_official_example_of_a_signed_callback(sandbox):
    """The vendor's own test vector: secret, id, time and body of the callback page."""
    from generations.sandbox.kling_post import kling_signature
    from generations.sandbox.store import Letter

    body = (
        '{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}'
    )
    letter = Letter("9876543210", "1234567890", "kling", "http://127.0.0.1/", body, 0)

    headers = kling_signature("whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI=", letter, 1781080794)

    assert headers["webhook-signature"] == "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4="
