import base64
import hashlib
import json
import time

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook

from tests.sandbox.conftest import FalClient, KlingClient
from tests.sandbox_server import free_port, running_sandbox

SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="


def check_fal_signature(sandbox, headers, body):
    key = sandbox.http.get("/fal-rest/.well-known/jwks.json").json()["keys"][0]
    assert (key["kty"], key["crv"]) == ("OKP", "Ed25519")
    names = ("request-id", "user-id", "timestamp")
    parts = [headers[f"x-fal-webhook-{name}"] for name in names]
    message = "\n".join([*parts, hashlib.sha256(body).hexdigest()]).encode()
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "="))
    public.verify(bytes.fromhex(headers["x-fal-webhook-signature"]), message)


def test_fal_tells_the_end_once_and_signs_it(fal, hooks):
    task_id = fal.start(hook=hooks.url)

    event = hooks.wait()[0]
    fal.finish(task_id)

    assert (event["request_id"], event["status"]) == (task_id, "OK")
    assert event["payload"] == fal.result(task_id).json()
    headers, body = hooks.got[0]
    assert headers["x-fal-webhook-request-id"] == task_id
    assert abs(int(headers["x-fal-webhook-timestamp"]) - time.time()) < 60
    check_fal_signature(fal.sandbox, headers, body)
    assert len(hooks.got) == 1


def test_fal_tells_a_refusal_with_its_details(fal, hooks):
    fal.start(prompt="a boat [moderated]", hook=hooks.url)

    event = hooks.wait()[0]

    assert (event["status"], event["error"]) == ("ERROR", "Invalid status code: 422")
    assert event["payload"]["detail"][0]["type"] == "content_policy_violation"


def test_a_forged_and_a_stale_webhook_can_be_asked_for(fal, hooks):
    fal.start(prompt="a boat [forged webhook]", hook=hooks.url)
    hooks.wait(1)
    fal.start(prompt="a boat [stale webhook]", hook=hooks.url)
    hooks.wait(2)

    with pytest.raises(InvalidSignature):
        check_fal_signature(fal.sandbox, *hooks.got[0])
    check_fal_signature(fal.sandbox, *hooks.got[1])
    assert time.time() - int(hooks.got[1][0]["x-fal-webhook-timestamp"]) > 500


def test_a_webhook_can_come_twice_or_not_at_all(fal, hooks):
    silent = fal.start(prompt="a boat [no webhook]", hook=hooks.url)
    fal.sandbox.wait_for(silent)
    fal.start(prompt="a boat [double webhook]", hook=hooks.url)

    one, other = hooks.wait(2)

    assert one == other
    assert one["request_id"] != silent


def test_a_webhook_that_is_not_taken_comes_again(fal, hooks):
    hooks.answers = [500, 302]
    task_id = fal.start(hook=hooks.url)

    events = hooks.wait(3)

    assert [event["request_id"] for event in events] == [task_id] * 3


def test_only_plain_addresses_of_this_machine_are_called(fal):
    task_id = fal.start(hook="http://192.0.2.1/hook")

    row = fal.sandbox.wait_for(task_id)

    assert row["webhook_note"].startswith("not sent")


def test_kling_tells_every_state_without_a_signature_until_a_secret_is_set(kling, hooks):
    task_id = kling.start(callback_url=hooks.url, external_task_id="mine", prompt="a boat [render 1s]")

    events = hooks.wait(3)

    assert {event["task_status"] for event in events} == {"submitted", "processing", "succeed"}
    last = next(event for event in events if event["task_status"] == "succeed")
    assert last == kling.finish(task_id)
    assert last["task_info"] == {"external_task_id": "mine"}
    assert "webhook-signature" not in hooks.got[0][0]


def test_kling_signs_with_the_secret_of_its_console(tmp_path, hooks):
    with running_sandbox(tmp_path) as sandbox:
        sandbox.control(kling_webhook_secret=SECRET)
        KlingClient(sandbox).start(callback_url=hooks.url)
        hooks.wait(3)

    for headers, body in hooks.got:
        assert Webhook(SECRET).verify(body, headers) == json.loads(body)


def test_an_undelivered_webhook_survives_sigkill_with_the_same_key(tmp_path, hooks):
    hooks.answers = [503]
    port = free_port()
    with running_sandbox(tmp_path, speed=4, port=port) as sandbox:
        fal = FalClient(sandbox)
        task_id = fal.start(prompt="a boat [render 0.3s]", hook=hooks.url)
        hooks.wait(1)
        key = sandbox.http.get("/fal-rest/.well-known/jwks.json").json()
        sandbox.kill()

        sandbox.start()
        events = hooks.wait(2)

        assert events[1]["request_id"] == task_id
        assert sandbox.http.get("/fal-rest/.well-known/jwks.json").json() == key
        check_fal_signature(sandbox, *hooks.got[1])
