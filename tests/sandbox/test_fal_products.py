"""Every endpoint of fal: a body made from its own table runs from submit to a stored result of the right shape."""

import pytest

from generations.sandbox import products
from tests.sandbox.conftest import FalClient, film, picture, speech

ENDPOINTS = sorted(products.load()["fal"])
KLING = "fal-ai/kling-video"
SPOKEN = "lipsync/text-to-video"


@pytest.fixture(scope="module")
def files(sandbox):
    fal = FalClient(sandbox)
    return {
        "image": fal.upload(picture(), "a.png", "image/png"),
        "video": fal.upload(film(5), "a.mp4", "video/mp4"),
        "audio": fal.upload(speech(5), "a.wav", "audio/wav"),
    }


def value_for(field, files):
    """The plainest value that a field takes."""
    if field.type in files:
        return files[field.type]
    if field.type == "list":
        return [value_for(field.item, files)] * int(field.min or 1)
    if field.type == "object":
        return {name: value_for(part, files) for name, part in field.fields.items() if part.required}
    plain = {"enum": field.of[0] if field.of else "", "text": "words", "bool": True}
    return plain.get(field.type, field.min or 0)


def body_for(product, files):
    needed = {name for name, field in product.fields.items() if field.required}
    needed |= {names[0] for names in (*product.one_of, *product.either)}
    needed |= {name for name in ("input_image_urls",) if name in product.fields}
    return {name: value_for(product.fields[name], files) for name in needed}


def finished(fal, endpoint, **body):
    reply = fal.submit(endpoint, **{"prompt": ..., **body})
    assert reply.status_code == 200, reply.text
    row = fal.sandbox.wait_for(reply.json()["request_id"])
    assert row["state"] == "done", row["failure"]
    result = fal.sandbox.http.get(reply.json()["response_url"], headers=fal.headers)
    assert result.status_code == 200
    return row, result


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_endpoint_runs_to_its_result_and_bill(fal, files, endpoint):
    product = products.find("fal", endpoint)

    row, result = finished(fal, endpoint, **body_for(product, files))

    kind = {"mp4": "video", "png": "image", "mp3": "audio", "": "voice"}[product.makes[0] if product.makes else ""]
    keys = {"video": "video", "audio": "audio", "voice": "voice_id", "image": "images"}
    wanted = "image" if "try-on" in endpoint else keys[kind]
    assert wanted in result.json()
    assert float(result.headers["x-fal-billable-units"]) > 0
    assert row["billed"]["unit"] in ("second", "image", "call")
    for url in row["outputs"]:
        assert fal.sandbox.http.get(url).headers["content-type"].startswith(("video/", "image/", "audio/"))


@pytest.mark.parametrize(
    ("endpoint", "body", "units", "usd"),
    [
        ("v2/master/text-to-video", {"duration": "10"}, "10", "2.8"),
        ("v2.5-turbo/pro/text-to-video", {}, "5", "0.35"),
        ("v2.6/pro/text-to-video", {}, "5", "0.7"),
        ("v2.6/pro/text-to-video", {"generate_audio": False}, "5", "0.35"),
        ("v3/standard/text-to-video", {"duration": "15", "generate_audio": False}, "15", "1.26"),
        ("v3/pro/text-to-video", {"duration": "3"}, "3", "0.504"),
        ("o3/standard/text-to-video", {"generate_audio": True}, "5", "0.56"),
    ],
)
def test_prices_are_those_of_the_pages(fal, endpoint, body, units, usd):
    row, _ = finished(fal, f"{KLING}/{endpoint}", prompt="a boat", **body)

    assert (row["billed"]["amount"], row["billed"]["usd"]) == (units, usd)


def test_lip_sync_bills_each_started_five_seconds(fal):
    video = fal.upload(film(6), "six.mp4", "video/mp4")

    row, _ = finished(
        fal, f"{KLING}/lipsync/text-to-video", video_url=video, text="Hello there.", voice_id="oversea_male1"
    )

    assert (row["billed"]["amount"], row["billed"]["usd"]) == ("10", "0.14")


def test_shots_decide_the_length(fal):
    shots = [{"prompt": "a boat", "duration": "4"}, {"prompt": "a harbour", "duration": "3"}]

    row, _ = finished(fal, f"{KLING}/v3/standard/text-to-video", multi_prompt=shots)

    assert (row["seconds"], row["prompt"]) == (7, "a boat a harbour")


@pytest.mark.parametrize(
    ("endpoint", "body", "kind", "loc"),
    [
        ("v3/standard/text-to-video", {}, "value_error", ["body", "prompt"]),
        ("v3/standard/text-to-video", {"prompt": "a", "multi_prompt": [{"prompt": "b"}]}, "value_error", None),
        ("v3/standard/text-to-video", {"prompt": "a", "duration": "16"}, "one_of", ["body", "duration"]),
        ("v3/standard/image-to-video", {"prompt": "a", "image_url": "IMAGE"}, "missing", ["body", "start_image_url"]),
        ("o3/standard/image-to-video", {"prompt": "a", "start_image_url": "IMAGE"}, "missing", ["body", "image_url"]),
        ("v1.6/standard/elements", {"prompt": "a", "input_image_urls": ["IMAGE"] * 5}, "sequence_too_long", None),
        (
            "lipsync/text-to-video",
            {"video_url": "VIDEO", "text": "x" * 121, "voice_id": "AOT"},
            "sequence_too_long",
            None,
        ),
        (
            "lipsync/text-to-video",
            {"video_url": "VIDEO", "text": "x", "voice_id": "me"},
            "one_of",
            ["body", "voice_id"],
        ),
        ("v1/tts", {"text": "x", "voice_speed": 0.5}, "greater_than_equal", ["body", "voice_speed"]),
        ("v3/pro/motion-control", {"image_url": "IMAGE", "video_url": "VIDEO"}, "missing", None),
    ],
)
def test_a_body_that_does_not_fit_is_refused(fal, files, endpoint, body, kind, loc):
    def real(value):
        if isinstance(value, list):
            return [real(item) for item in value]
        return files.get(value.lower(), value) if isinstance(value, str) else value

    reply = fal.submit(f"{KLING}/{endpoint}", **{"prompt": ..., **{name: real(item) for name, item in body.items()}})

    assert reply.status_code == 422, reply.text
    problem = reply.json()["detail"][0]
    assert problem["type"] == kind and (loc is None or problem["loc"] == loc)


def test_a_film_that_is_too_long_ends_the_request(fal):
    video = fal.upload(film(12), "twelve.mp4", "video/mp4")
    body = {"image_url": fal.upload(picture()), "video_url": video, "character_orientation": "image", "prompt": ...}

    task_id = fal.start(f"{KLING}/v3/standard/motion-control", **body)
    fal.finish(task_id)

    problem = fal.result(task_id).json()["detail"][0]
    assert (problem["type"], problem["loc"]) == ("video_duration_too_long", ["body", "video_url"])


def test_an_endpoint_that_fal_does_not_have_is_404(fal):
    for endpoint in ("v2/master/video-extend", "v1.6/pro/multi-elements", "v9/pro/text-to-video"):
        assert fal.submit(f"{KLING}/{endpoint}").status_code == 404


def test_the_status_streams_until_it_is_completed(fal):
    task_id = fal.start(prompt="a boat [render 1s]")

    url = f"/fal/fal-ai/kling-video/requests/{task_id}/status/stream"
    text = fal.sandbox.http.get(url, headers=fal.headers).text

    words = [word for word in ("IN_QUEUE", "IN_PROGRESS", "COMPLETED") if word in text]
    assert words[-2:] == ["IN_PROGRESS", "COMPLETED"]


def test_prices_can_be_asked_for_and_estimated(fal):
    def get(path, **params):
        return fal.sandbox.http.get(f"/fal-api/v1/{path}", params=params, headers=fal.headers)

    master = f"{KLING}/v2/master/image-to-video"
    both = get("models/pricing", endpoint_id=[master, f"{KLING}/lipsync/audio-to-video"]).json()["prices"]
    estimate = fal.sandbox.http.post(
        "/fal-api/v1/models/pricing/estimate",
        json={"estimate_type": "unit_price", "endpoints": {master: {"unit_quantity": 10}}},
        headers=fal.headers,
    )

    assert both[0] == {"endpoint_id": master, "unit_price": 0.28, "unit": "seconds", "currency": "USD"}
    assert both[1]["unit_price"] == 0.014
    assert estimate.json()["total_cost"] == 2.8
    assert get("models/pricing", endpoint_id="nothing").status_code == 404
    assert fal.sandbox.http.get("/fal-api/v1/models/pricing", params={"endpoint_id": master}).status_code == 401


def test_the_balance_falls_with_each_bill_and_an_empty_account_is_locked(sandbox):
    fal = FalClient(sandbox)
    sandbox.control(balance={"provider": "fal", "key": fal.key, "amount": "3.00"})

    def balance():
        reply = sandbox.http.get("/fal-api/v1/account/billing?expand=credits", headers=fal.headers)
        return reply.json()["credits"]["current_balance"]

    before = balance()
    sandbox.wait_for(fal.start())
    after = balance()
    running = fal.start(prompt="a [stuck]")
    refused = fal.submit()

    assert (before, after) == (3.0, 1.6)
    assert running and refused.status_code == 403 and "exhausted balance" in refused.json()["detail"]
