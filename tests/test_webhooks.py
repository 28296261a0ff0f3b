"""The address that providers call: what is taken in, what is refused, and that nothing in it is believed."""

import base64
import hashlib
import json
import uuid
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.urls import resolve
from django.utils import timezone

from generations import webhooks
from generations.lifecycle.accounts import callback_url
from generations.models import CallbackReceipt, Status
from tests.make import KEYS, make_account
from tests.media.servers import Server, status, whole
from tests.road import Road, differences, seconds_until, status_of

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two characters").decode()


@pytest.fixture(autouse=True)
def public_url(settings):
    settings.PUBLIC_URL = "https://takes.example"


@pytest.fixture
def road(db):
    yield Road(origin="")
    assert differences() == []


@pytest.fixture
def take(road):
    """A running take that is not due for a while."""
    return road.running(provider_task_id="task-1", due_at=later())


def later():
    return timezone.now() + timedelta(seconds=50)


@pytest.fixture
def fal(road):
    """fal's hosts, with the keys that sign its webhooks."""
    fal = FalSigner()
    road.account.origin = fal.server.origin
    road.account.save()
    yield fal
    fal.server.close()


class FalSigner:
    def __init__(self):
        self.key = Ed25519PrivateKey.generate()
        public = base64.urlsafe_b64encode(self.key.public_key().public_bytes_raw()).decode().rstrip("=")
        keys = {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": public}]}
        self.server = Server({"/fal-rest/.well-known/jwks.json": whole(json.dumps(keys).encode())})

    def headers(self, body, request_id="task-1", at=None, key=None):
        at = str(int(at or timezone.now().timestamp()))
        message = "\n".join((request_id, "user-1", at, hashlib.sha256(body).hexdigest())).encode()
        return {
            "X-Fal-Webhook-Request-Id": request_id,
            "X-Fal-Webhook-User-Id": "user-1",
            "X-Fal-Webhook-Timestamp": at,
            "X-Fal-Webhook-Signature": (key or self.key).sign(message).hex(),
        }


def fal_body(task_id="task-1", status="OK"):
    payload = {"video": {"url": "https://v3.fal.media/x.mp4"}}
    return json.dumps({"request_id": task_id, "gateway_request_id": task_id, "status": status, "payload": payload})


def kling_body(task_id="task-1", status="succeed", updated_at=1_763_000_000_000):
    return json.dumps({"task_id": task_id, "task_status": status, "task_result": {}, "updated_at": updated_at})


@pytest.fixture
def send(client, road):
    """Deliver a webhook of fal's for a take, signed unless the headers are given."""

    def send(take, body="", headers=None, signer=None, account=None):
        body = (body or fal_body()).encode()
        headers = signer.headers(body) if headers is None else headers
        url = urlsplit(callback_url(account or road.account, take.public_id)).path
        return client.post(url, data=body, content_type="application/json", headers=headers)

    return send


# Where it is


@pytest.mark.parametrize("provider", ["fal", "kling"])
def test_the_address_that_we_give_away_is_ours(road, provider):
    account, number = make_account(road.team, provider), uuid.uuid4()

    url = callback_url(account, number)

    assert url.startswith("https://takes.example/callbacks/")
    found = resolve(urlsplit(url).path)
    assert found.func is webhooks.callback
    assert found.kwargs == {"provider": provider, "token": account.callback_token, "public_id": number}


def test_without_a_public_address_none_is_given_away(road, settings):
    settings.PUBLIC_URL = ""

    assert callback_url(road.account, uuid.uuid4()) == ""


def test_an_unknown_take_is_not_found(road, take, fal, send):
    take.public_id = uuid.uuid4()

    assert send(take, signer=fal).status_code == 404


def test_an_unknown_account_is_not_found(road, take, fal, send):
    road.account.callback_token = uuid.uuid4()

    assert send(take, signer=fal).status_code == 404


def test_the_take_of_another_account_is_not_found(road, take, fal, send):
    other = make_account(road.team, origin=fal.server.origin)

    assert send(take, signer=fal, account=other).status_code == 404
    assert CallbackReceipt.objects.count() == 0


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_it_can_only_be_posted_to(client, road, take, method):
    url = urlsplit(callback_url(road.account, take.public_id)).path

    assert getattr(client, method)(url).status_code == 405


# fal


def test_a_signed_webhook_is_noted_and_makes_the_take_due(road, take, fal, send):
    assert send(take, signer=fal).status_code == 200

    receipt = CallbackReceipt.objects.get()
    assert (receipt.account, receipt.generation, receipt.task_id) == (road.account, take, "task-1")
    assert receipt.is_verified
    assert receipt.body_sha256 == hashlib.sha256(fal_body().encode()).hexdigest()
    take.refresh_from_db()
    assert seconds_until(take.due_at) <= 0


def test_nothing_that_it_says_is_believed(road, take, fal, send):
    send(take, body=fal_body(status="ERROR"), signer=fal)

    assert status_of(take) == Status.RUNNING
    assert take.outputs_json == []
    assert road.held == take.hold_credits


def test_a_repeated_webhook_is_harmless(road, take, fal, send):
    answers = [send(take, signer=fal).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    assert CallbackReceipt.objects.count() == 1


def test_a_forged_webhook_is_refused_and_nothing_but_a_count_is_kept(road, take, fal, send):
    headers = fal.headers(fal_body().encode(), key=Ed25519PrivateKey.generate())

    for number in (1, 2):
        assert send(take, headers=headers).status_code == 400
        road.account.refresh_from_db()
        assert road.account.forged_callbacks == number

    assert CallbackReceipt.objects.count() == 0
    take.refresh_from_db()
    assert seconds_until(take.due_at) > 40


def test_a_changed_body_is_refused(road, take, fal, send):
    headers = fal.headers(fal_body().encode())

    assert send(take, body=fal_body("task-2"), headers=headers).status_code == 400


@pytest.mark.parametrize(("seconds", "answer"), [(-295, 200), (295, 200), (-305, 400), (305, 400), (-(10**6), 400)])
def test_a_webhook_counts_for_five_minutes(road, take, fal, send, seconds, answer):
    """Older ones may be replayed by whoever has seen them."""
    headers = fal.headers(fal_body().encode(), at=timezone.now().timestamp() + seconds)

    assert send(take, headers=headers).status_code == answer

    road.account.refresh_from_db()
    assert (CallbackReceipt.objects.count(), road.account.forged_callbacks) == ((1, 0) if answer == 200 else (0, 1))


def test_a_good_webhook_is_not_counted_as_forged(road, take, fal, send):
    send(take, signer=fal)
    send(take, signer=fal)

    road.account.refresh_from_db()
    assert road.account.forged_callbacks == 0


def test_an_unsigned_webhook_of_fal_is_refused(road, take, fal, send):
    assert send(take, headers={}).status_code == 400


def test_where_the_keys_cannot_be_had_the_provider_is_to_try_again(road, take, fal, send):
    fal.server.answers["/fal-rest/.well-known/jwks.json"] = status(500)

    assert send(take, signer=fal).status_code == 503
    assert CallbackReceipt.objects.count() == 0


def test_a_body_beyond_the_limit_is_refused_unread(road, take, fal, send, settings):
    settings.LIMITS = {**settings.LIMITS, "callback_bytes": 100}

    assert send(take, body=fal_body().ljust(100), headers={}).status_code == 413
    assert CallbackReceipt.objects.count() == 0


def test_a_hint_is_kept_with_an_unclear_take(road, fal, send):
    take = road.put(road.take(), status=Status.UNCERTAIN, due_at=None)
    attempt = road.attempt(take, sent_at=timezone.now())

    send(take, signer=fal)

    attempt.refresh_from_db()
    assert attempt.evidence == {"hint_task_id": "task-1"}
    take.refresh_from_db()
    assert seconds_until(take.due_at) <= 0


def test_a_take_that_is_being_sent_stays_with_its_worker(road, fal, send):
    until = later()
    take = road.put(road.take(), status=Status.SUBMITTING, due_at=until, lease_until=until)
    road.attempt(take, sent_at=timezone.now())

    send(take, signer=fal)

    assert status_of(take) == Status.SUBMITTING
    assert take.due_at == until


@pytest.mark.parametrize("end", [Status.DONE, Status.FAILED, Status.CANCELED])
def test_word_after_the_end_is_harmless(road, take, fal, send, end):
    road.put(take, status=end, due_at=None, finished_at=timezone.now())

    assert send(take, signer=fal).status_code == 200

    assert status_of(take) == end
    assert take.due_at is None
    road.put(take, status=Status.RUNNING)


# Kling


@pytest.fixture
def kling(road):
    account = make_account(road.team, "kling", origin="")
    road.account = account
    return account


def test_an_unsigned_webhook_of_kling_is_noted_as_what_it_is(road, kling, send):
    take = road.running(provider_task_id="task-1", due_at=later())

    assert send(take, body=kling_body(), headers={}).status_code == 200

    receipt = CallbackReceipt.objects.get()
    assert (receipt.task_id, receipt.is_verified) == ("task-1", False)
    take.refresh_from_db()
    assert seconds_until(take.due_at) <= 0


def test_each_change_of_state_is_a_delivery_of_its_own_in_any_order(road, kling, send):
    take = road.running(provider_task_id="task-1", due_at=later())

    for state, at in (("succeed", 3), ("submitted", 1), ("processing", 2), ("succeed", 3)):
        assert send(take, body=kling_body(status=state, updated_at=at), headers={}).status_code == 200

    assert CallbackReceipt.objects.count() == 3
    assert status_of(take) == Status.RUNNING


@pytest.mark.parametrize("body", ["not json", "[]", "{}", '{"task_id": 7.5}'])
def test_what_cannot_be_read_is_refused(road, kling, send, body):
    take = road.running(provider_task_id="task-1", due_at=later())

    assert send(take, body=body, headers={}).status_code == 400
    assert CallbackReceipt.objects.count() == 0


def test_an_account_with_a_secret_takes_only_signed_webhooks(road, send):
    from standardwebhooks import Webhook

    credentials = {**KEYS["kling"], "webhook_secret": SECRET}
    road.account = make_account(road.team, "kling", origin="", credentials=credentials)
    take, now = road.running(provider_task_id="task-1", due_at=later()), timezone.now()
    signed = {
        "webhook-id": "delivery-1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("delivery-1", now, kling_body()),
    }

    assert send(take, body=kling_body(), headers={}).status_code == 400
    assert send(take, body=kling_body("task-2"), headers=signed).status_code == 400
    assert CallbackReceipt.objects.count() == 0
    assert send(take, body=kling_body(), headers=signed).status_code == 200
    assert CallbackReceipt.objects.get().is_verified


@pytest.mark.parametrize(("seconds", "answer"), [(-295, 200), (-305, 400), (305, 400)])
def test_a_signed_webhook_of_kling_counts_for_five_minutes_too(road, send, seconds, answer):
    from standardwebhooks import Webhook

    credentials = {**KEYS["kling"], "webhook_secret": SECRET}
    road.account = make_account(road.team, "kling", origin="", credentials=credentials)
    take = road.running(provider_task_id="task-1", due_at=later())
    then = timezone.now() + timedelta(seconds=seconds)
    signed = {
        "webhook-id": "delivery-1",
        "webhook-timestamp": str(int(then.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("delivery-1", then, kling_body()),
    }

    assert send(take, body=kling_body(), headers=signed).status_code == answer
    assert CallbackReceipt.objects.count() == (1 if answer == 200 else 0)
