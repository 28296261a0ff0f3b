"""The official `wavespeed` package against the sandbox, unmodified but for its host: an independent witness."""

import io
import time
import uuid

import httpx
import pytest
from wavespeed import Client

from tests.sandbox.conftest import picture

T2V = "kwaivgi/kling-v2.1-t2v-master"
I2V = "kwaivgi/kling-v2.0-i2v-master"
FAST = {"poll_interval": 0.05, "timeout": 20}


def client_of(sandbox, key="", **facts):
    facts = {"retry_interval": 0.01, **facts}
    return Client(api_key=key or f"wsk-{uuid.uuid4().hex}", base_url=f"{sandbox.origin}/wavespeed", **facts)


@pytest.fixture
def client(sandbox):
    return client_of(sandbox)


def rows_of(sandbox, prompt):
    return [row for row in sandbox.bill() if row["prompt"] == prompt]


def test_it_runs_a_model_from_submit_to_file(sandbox, client):
    prompt = f"a boat {uuid.uuid4()}"

    found = client.run(T2V, {"prompt": prompt, "duration": 10}, **FAST)

    (url,) = found["outputs"]
    assert httpx.get(url).headers["content-type"] == "video/mp4"
    (row,) = rows_of(sandbox, prompt)
    assert (row["provider"], row["model"], row["tier"]) == ("wavespeed", "kling-v2-1-master", "master")
    assert row["billed"] == {"amount": "2.6", "unit": "usd", "usd": "2.6"}


def test_it_uploads_in_two_steps_and_the_upload_is_taken_as_input(sandbox, client):
    file = io.BytesIO(picture(640, 480))
    file.name = "photo.png"

    url = client.upload(file)
    found = client.run(I2V, {"prompt": "it moves", "image": url, "duration": 5, "guidance_scale": 0.5}, **FAST)

    assert httpx.get(url).content == picture(640, 480)
    assert len(found["outputs"]) == 1


def test_a_state_in_between_can_be_read(sandbox, client):
    task_id, _ = client._submit(T2V, {"prompt": "[render 3s]"})

    first = client.get_result(task_id)
    time.sleep(1)
    second = client.get_result(task_id)

    assert (first["code"], first["data"]["status"], first["data"]["outputs"]) == (200, "created", [])
    assert second["data"]["status"] == "processing"
    assert second["data"]["urls"]["get"].endswith(f"/api/v3/predictions/{task_id}/result")


def test_sync_mode_waits_for_the_result(client):
    found = client.run(T2V, {"prompt": "a boat"}, enable_sync_mode=True)

    assert len(found["outputs"]) == 1


def test_sync_mode_that_takes_too_long_says_that_the_task_goes_on(sandbox, client):
    found = client.run_no_throw(T2V, {"prompt": "[render 3s]"}, enable_sync_mode=True)

    assert (found["status"], found["outputs"]) == ("processing", None)
    assert "Sync mode timed out" in found["error"]
    assert sandbox.wait_for(found["task_id"])["state"] == "done"


@pytest.mark.parametrize(
    ("prompt", "words"),
    [("[moderated]", "flagged as potentially sensitive"), ("[fail]", "Task execution failed")],
)
def test_a_task_that_fails_is_told_inside_a_200_and_costs_nothing(sandbox, client, prompt, words):
    prompt = f"{prompt} {uuid.uuid4()}"

    with pytest.raises(RuntimeError, match=words):
        client.run(T2V, {"prompt": prompt}, **FAST)

    (row,) = rows_of(sandbox, prompt)
    assert row["billed"]["amount"] == "0"


def test_a_file_that_cannot_be_read_fails_the_task(client):
    found = client.run_no_throw(I2V, {"prompt": "x", "image": "https://nowhere.example/a.png"}, **FAST)

    assert found["status"] == "failed"
    assert "Media access failed" in found["error"]


@pytest.mark.parametrize(
    ("model", "body", "words"),
    [
        (T2V, {}, "HTTP 400.*missing parameter: prompt"),
        (T2V, {"prompt": "x", "duration": 7}, "HTTP 400.*invalid parameter: duration"),
        (T2V, {"prompt": "x", "duration": "5"}, "HTTP 400.*invalid parameter: duration"),
        (I2V, {"prompt": "x"}, "HTTP 400.*missing parameter: image"),
        ("kwaivgi/kling-v9", {"prompt": "x"}, "HTTP 404"),
        (T2V, {"prompt": "[429]"}, "HTTP 429"),
        (T2V, {"prompt": "[500]"}, "HTTP 500"),
        (T2V, {"prompt": "[code 1200]"}, "HTTP 400.*moderation"),
        (T2V, {"prompt": "[no funds]"}, "HTTP 402"),
    ],
)
def test_a_submit_that_is_refused_is_sent_once_and_makes_nothing(sandbox, client, model, body, words):
    before = sandbox.state()["requests"].get("wavespeed.submit", 0)

    with pytest.raises(RuntimeError, match=words):
        client.run(model, body, **FAST)

    assert sandbox.state()["requests"]["wavespeed.submit"] == before + 1


@pytest.mark.parametrize("key", ["bad-key", "revoked"])
def test_a_bad_key_is_refused_everywhere(sandbox, key):
    client = client_of(sandbox, key)

    for call in (
        lambda: client.run(T2V, {"prompt": "x"}, **FAST),
        lambda: client.get_result("0" * 32),
        lambda: client.upload(io.BytesIO(b"x")),
    ):
        with pytest.raises(RuntimeError, match="HTTP 401"):
            call()


def test_a_lost_reply_is_told_apart_and_the_task_was_made(sandbox, client):
    prompt = f"[lost reply] {uuid.uuid4()}"

    with pytest.raises(RuntimeError, match="may already"):
        client.run(T2V, {"prompt": prompt}, **FAST)

    assert len(rows_of(sandbox, prompt)) == 1


def test_reads_are_tried_again_by_the_client_itself(client):
    assert client.run(T2V, {"prompt": "[500 status] [429 status]"}, **FAST)["outputs"]


def test_another_account_does_not_see_the_prediction(sandbox, client):
    task_id, _ = client._submit(T2V, {"prompt": "a boat"})

    with pytest.raises(RuntimeError, match="HTTP 404"):
        client_of(sandbox).get_result(task_id)


def test_bronze_may_submit_five_in_a_minute(sandbox):
    client = client_of(sandbox, f"bronze-{uuid.uuid4().hex}")

    for _ in range(5):
        client._submit(T2V, {"prompt": "[stuck]"})
    with pytest.raises(RuntimeError, match="HTTP 429"):
        client._submit(T2V, {"prompt": "[stuck]"})
