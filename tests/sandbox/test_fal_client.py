"""fal's own Python client, unmodified but for its host: it knows fal's protocol from fal, not from us."""

import time

import fal_client
import fal_client.client as wire
import httpx
import pytest
from fal_client import SyncClient

from tests.sandbox.conftest import I2V, T2V, FalClient, picture
from tests.sandbox_server import running_sandbox

TTS = "fal-ai/kling-video/v1/tts"
TRY_ON = "fal-ai/kling/v1-5/kolors-virtual-try-on"


@pytest.fixture
def client(sandbox, monkeypatch):
    return client_of(sandbox, monkeypatch)


def client_of(sandbox, monkeypatch, key=""):
    monkeypatch.setattr(wire, "QUEUE_URL_FORMAT", f"{sandbox.origin}/fal/")
    monkeypatch.setattr(wire, "REST_URL", f"{sandbox.origin}/fal-rest")
    monkeypatch.setattr(wire, "CDN_URL", f"{sandbox.origin}/fal-cdn")
    return SyncClient(key=key or FalClient(sandbox).key)


def rows_of(sandbox, *task_ids):
    return [row for row in sandbox.bill() if row["task_id"] in task_ids]


def test_it_submits_follows_and_gets_the_result(sandbox, client):
    handle = client.submit(T2V, {"prompt": "a boat [render 1s]", "duration": "5"})

    seen = [type(event).__name__ for event in handle.iter_events(with_logs=True, interval=0.05)]
    result = handle.get()

    assert list(dict.fromkeys(seen)) == ["Queued", "InProgress", "Completed"]
    assert result["video"]["content_type"] == "video/mp4"
    assert sandbox.http.get(result["video"]["url"]).status_code == 200
    assert rows_of(sandbox, handle.request_id)[0]["billed"] == {"amount": "5", "unit": "second", "usd": "1.4"}


def test_subscribe_is_one_paid_request(sandbox, client):
    ids = []

    result = client.subscribe(T2V, {"prompt": "a boat"}, on_enqueue=ids.append)

    assert result["video"]["url"].endswith(".mp4")
    assert len(rows_of(sandbox, *ids)) == 1


def test_a_handle_made_from_the_id_alone_finds_the_request(client):
    task_id = client.submit(T2V, {"prompt": "a boat"}).request_id

    handle = client.get_handle(T2V, task_id)

    assert handle.get()["video"]["url"]
    assert isinstance(client.status(T2V, task_id, with_logs=True), fal_client.Completed)
    assert client.result(T2V, task_id)["video"]["url"]


def test_its_upload_is_an_input_that_the_endpoint_can_read(sandbox, client):
    url = client.upload(picture(), "image/png", file_name="a.png")

    handle = client.submit(I2V, {"prompt": "a boat", "image_url": url})

    assert url.startswith(f"{sandbox.origin}/fal-cdn/files/")
    assert handle.get()["video"]["url"]
    assert sandbox.http.get(url).content == picture()


def test_its_older_upload_works_too(sandbox, client):
    url = client.upload(picture(), "image/png", file_name="a.png", repository="fal")

    assert sandbox.http.get(url).content == picture()


def test_its_data_addresses_are_read(client):
    url = fal_client.encode(picture(), "image/png")

    assert client.subscribe(I2V, {"prompt": "a boat", "image_url": url})["video"]["url"]


def test_a_waiting_request_is_cancelled_and_not_billed(tmp_path, monkeypatch):
    with running_sandbox(tmp_path, fal_concurrency=1, speed=4) as sandbox:
        client = client_of(sandbox, monkeypatch)
        client.submit(T2V, {"prompt": "the first"})
        handle = client.submit(T2V, {"prompt": "the second"})
        handle.cancel()

        with pytest.raises(wire.FalClientHTTPError) as caught:
            handle.get()

        row = sandbox.wait_for(handle.request_id)
    assert caught.value.response.status_code == 499
    assert (row["state"], row["billed"]["amount"]) == ("canceled", "0")


def test_a_finished_request_cannot_be_cancelled(client):
    handle = client.submit(T2V, {"prompt": "a boat"})
    handle.get()

    with pytest.raises(wire.FalClientHTTPError) as caught:
        handle.cancel()

    assert caught.value.response.status_code == 400


@pytest.mark.parametrize(
    ("key", "status"), [("bad-key", 401), ("revoked", 401), ("empty-balance", 403)], ids=["bad", "revoked", "empty"]
)
def test_a_key_that_may_not_is_refused(sandbox, monkeypatch, key, status):
    with pytest.raises(wire.FalClientHTTPError) as caught:
        client_of(sandbox, monkeypatch, key).submit(T2V, {"prompt": "a boat"})

    assert caught.value.response.status_code == status


def test_a_body_that_does_not_fit_is_told_field_by_field(client):
    with pytest.raises(wire.FalClientHTTPError) as caught:
        client.submit(I2V, {"prompt": "a boat", "cfg_scale": 2.0})

    assert caught.value.response.status_code == 422
    found = {tuple(item["loc"]): item["type"] for item in caught.value.response.json()["detail"]}
    assert found == {("body", "image_url"): "missing", ("body", "cfg_scale"): "less_than_equal"}


def test_completed_is_not_success(client):
    handle = client.submit(T2V, {"prompt": "a boat [moderated]"})

    with pytest.raises(wire.FalClientHTTPError) as caught:
        handle.get()

    assert isinstance(handle.status(), fal_client.Completed)
    assert caught.value.response.status_code == 422
    assert caught.value.response.json()["detail"][0]["type"] == "content_policy_violation"


def test_a_500_ends_it_and_a_429_does_not(sandbox, client):
    before = len(sandbox.bill())
    with pytest.raises(wire.FalClientHTTPError) as caught:
        client.submit(T2V, {"prompt": "a boat [500]"})
    sandbox.control(fault="429", provider="fal", count=2)

    handle = client.submit(T2V, {"prompt": "a boat"})

    assert caught.value.response.status_code == 500
    assert handle.get()["video"]["url"]
    assert len(sandbox.bill()) - before == 1


def test_it_pays_twice_for_a_lost_reply_because_it_sends_again(sandbox, client):
    """fal has no key against doubling: what the portal must never do, seen from outside."""
    sandbox.control(fault="lost reply", provider="fal", count=1)
    before = len(sandbox.bill())

    client.submit(T2V, {"prompt": "a boat"}).get()

    assert len(sandbox.bill()) - before == 2


def test_speech_and_pictures_come_in_their_own_shapes(client):
    speech = client.subscribe(TTS, {"text": "A boat at dawn.", "voice_id": "oversea_male1"})
    person = client.upload(picture(400, 600), "image/png")
    worn = client.subscribe(
        TRY_ON, {"human_image_url": person, "garment_image_url": client.upload(picture(), "image/png")}
    )
    drawn = client.subscribe("fal-ai/kling-image/v3/text-to-image", {"prompt": "a boat", "num_images": 3})

    assert speech["audio"]["content_type"] == "audio/mpeg"
    assert worn["image"]["content_type"] == "image/png"
    assert len({image["url"] for image in drawn["images"]}) == 3


def test_a_webhook_asked_for_through_it_arrives(client, hooks):
    handle = client.submit(T2V, {"prompt": "a boat"}, webhook_url=hooks.url)

    event = hooks.wait()[0]

    assert (event["request_id"], event["status"]) == (handle.request_id, "OK")


def test_its_optional_headers_are_taken(client):
    handle = client.submit(T2V, {"prompt": "a boat"}, hint="h1", priority="low", start_timeout=30.0)

    assert handle.get()["video"]["url"]


def test_the_recorded_submit_is_answered_with_every_key_the_client_reads(sandbox, fal):
    """The request as it was recorded from the client, byte for byte but for host and key."""
    body = b'{"prompt":"hi","image_url":"' + fal.upload(picture()).encode() + b'","duration":"5"}'
    headers = {
        "Accept": "*/*",
        "Accept-Encoding": "gzip, deflate",
        "Authorization": f"Key {fal.key}",
        "User-Agent": "fal-client/1.0.3 (python)",
        "X-Fal-Object-Lifecycle-Preference": "{}",
        "X-Fal-Runner-Hint": "h1",
        "X-Fal-Queue-Priority": "low",
        "X-Fal-Request-Timeout": "30.0",
        "Content-Type": "application/json",
    }
    hook = "fal_webhook=https%3A%2F%2Fapp.example%2Fhook%3Fx%3D1"

    reply = sandbox.http.post(f"/fal/{I2V}?{hook}", content=body, headers=headers)

    value = reply.json()
    base = f"{sandbox.origin}/fal/fal-ai/kling-video/requests/{value['request_id']}"
    assert reply.status_code == 200
    assert {name: value[name] for name in ("status", "response_url", "status_url", "cancel_url")} == {
        "status": "IN_QUEUE",
        "response_url": base,
        "status_url": f"{base}/status",
        "cancel_url": f"{base}/cancel",
    }
    seen = {}
    while "COMPLETED" not in seen:
        answer = sandbox.http.get(f"{base}/status?logs=false", headers={"Authorization": f"Key {fal.key}"})
        seen[answer.json()["status"]] = (answer.status_code, set(answer.json()))
        time.sleep(0.01)
    assert seen["COMPLETED"] == (200, {"status", "request_id", "response_url", "logs", "metrics"})
    assert seen["IN_PROGRESS"] == (202, {"status", "request_id", "response_url", "logs"})
    result = httpx.get(base, headers={"Authorization": f"Key {fal.key}"}).json()
    assert set(result["video"]) == {"url", "content_type", "file_name", "file_size"}
    assert result["video"]["file_name"] == "output.mp4"
