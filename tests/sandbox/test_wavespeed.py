"""WaveSpeedAI's host by hand: the documents' own examples, and what the official client has no call for."""

import hashlib
import hmac
import time
import uuid

import pytest

from tests.sandbox.conftest import picture

T2V = "kwaivgi/kling-v2.0-t2v-master"
I2V = "kwaivgi/kling-v2.0-i2v-master"
SECRET = "whsec_5Qm2vWq8Zt1LrXc9"


class Caller:
    def __init__(self, sandbox, key=""):
        self.sandbox = sandbox
        self.headers = {"Authorization": f"Bearer {key or uuid.uuid4().hex}"}

    def get(self, path):
        return self.sandbox.http.get(f"/wavespeed/api/v3{path}", headers=self.headers)

    def post(self, path, body, **params):
        return self.sandbox.http.post(f"/wavespeed/api/v3{path}", json=body, params=params, headers=self.headers)

    def start(self, prompt="a boat", **params):
        reply = self.post(f"/{T2V}", {"prompt": prompt}, **params)
        assert reply.status_code == 200, reply.text
        return reply.json()["data"]["id"]

    def finish(self, task_id):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            data = self.get(f"/predictions/{task_id}/result").json()["data"]
            if data["status"] not in ("created", "processing"):
                return data
            time.sleep(0.02)
        raise AssertionError(f"Still {data}")


@pytest.fixture
def caller(sandbox):
    return Caller(sandbox)


def test_the_seed_pages_example_lacks_what_its_own_table_requires(caller):
    # The page's curl sends guidance_scale and duration only; its table asks for an image and a prompt as well.
    reply = caller.post(f"/{I2V}", {"guidance_scale": 0.5, "duration": 5})

    assert reply.status_code == 400
    assert reply.json() == {"code": 400, "message": "missing parameter: image", "data": {"code": 1400}}


def test_the_recorded_traffic_of_the_official_client_is_answered_key_by_key(sandbox, caller):
    ticket = caller.post("/media/uploads", {"filename": "x.png", "size": 3, "content_type": "image/png"}).json()
    upload = ticket["data"]["upload"]
    assert (ticket["code"], upload["method"], upload["headers"]) == (200, "PUT", {"Content-Type": "image/png"})
    assert sandbox.http.put(upload["url"], content=picture(640, 480), headers=upload["headers"]).status_code == 200

    body = {"prompt": "hi", "image": ticket["data"]["download_url"], "duration": 5, "guidance_scale": 0.5}
    taken = caller.post(f"/{I2V}", body).json()
    data = taken["data"]
    assert (taken["code"], taken["message"]) == (200, "success")
    assert data.keys() == {
        "id", "model", "outputs", "urls", "has_nsfw_contents", "status", "created_at", "error", "timings"
    }  # fmt: skip
    assert (data["model"], data["status"], data["outputs"], data["error"]) == (I2V, "created", [], "")
    assert len(data["id"]) == 32

    done = caller.finish(data["id"])
    assert (done["status"], done["has_nsfw_contents"], len(done["outputs"])) == ("completed", [False], 1)
    assert caller.get(f"/predictions/{data['id']}").json()["data"]["status"] == "completed"


def test_an_upload_needs_its_signature_and_no_key(sandbox, caller):
    url = caller.post("/media/uploads", {"filename": "x.png", "size": 3}).json()["data"]["upload"]["url"]

    assert sandbox.http.put(url.partition("?")[0], content=b"abc").status_code == 403
    assert sandbox.http.put(url.replace("signature=", "signature=0"), content=b"abc").status_code == 403
    assert sandbox.http.put(url, content=b"abc", headers=caller.headers).status_code == 400
    assert sandbox.http.put(url, content=b"abc").status_code == 200


@pytest.mark.parametrize("body", [{}, {"filename": "x", "size": -1}, {"filename": "x", "size": 10**12}, {"size": 3}])
def test_a_ticket_wants_a_name_and_a_size(caller, body):
    assert caller.post("/media/uploads", body).status_code == 400


def test_balance_and_price_are_told(sandbox, caller):
    before = caller.get("/balance").json()["data"]["balance"]
    price = caller.post("/model/price", {"model_id": T2V, "inputs": {"prompt": "x", "duration": 10}}).json()["data"]
    caller.finish(caller.start())

    assert price == {"price": 2.6, "discounted_price": 2.6, "discount_rate": 1.0, "currency": "USD"}
    assert before - caller.get("/balance").json()["data"]["balance"] == pytest.approx(1.3)
    assert caller.post("/model/price", {"model_id": "kwaivgi/none", "inputs": {}}).status_code == 404
    assert Caller(sandbox, "empty-balance").get("/balance").json()["data"]["balance"] == 0


def test_the_history_is_filtered_paged_newest_first_and_shows_inputs(sandbox, caller):
    ids = [caller.start(f"boat {number}") for number in range(3)]
    Caller(sandbox).start("somebody else's")

    def history(**body):
        return caller.post("/predictions", {"page": 1, "page_size": 10, **body}).json()["data"]["items"]

    assert [item["id"] for item in history()] == ids[::-1]
    assert history(model=T2V)[0]["input"] == {"prompt": "boat 2"}
    assert [item["id"] for item in history(page=2, page_size=2)] == ids[:1]
    assert history(model=I2V) == history(created_before="2020-01-01T00:00:00Z") == []
    assert len(history(created_after="2020-01-01T00:00:00Z")) == 3
    caller.finish(ids[0])
    assert ids[0] in [item["id"] for item in history(status="completed")]
    assert caller.post("/predictions", {"page": 0}).status_code == 400


def test_a_flagged_film_is_delivered_and_marked(caller):
    done = caller.finish(caller.start("[nsfw]"))

    assert (done["status"], done["has_nsfw_contents"], len(done["outputs"])) == ("completed", [True], 1)


@pytest.mark.parametrize(("prompt", "code"), [("[moderated]", 1200), ("[fail]", 1403)])
def test_a_failure_has_its_code_inside_200(caller, prompt, code):
    done = caller.finish(caller.start(prompt))

    assert (done["status"], done["code"], done["outputs"]) == ("failed", code, [])
    assert done["error"]


def test_without_a_secret_the_end_is_told_once_unsigned_and_bare(sandbox, caller, hooks):
    sandbox.control(wavespeed_webhook_secret="")
    task_id = caller.start(webhook=hooks.url)

    (event,) = hooks.wait()

    assert (event["id"], event["status"], event["input"]) == (task_id, "completed", {"prompt": "a boat"})
    assert "code" not in event
    assert "webhook-signature" not in hooks.got[0][0]
    time.sleep(0.3)
    assert len(hooks.got) == 1


def test_with_a_secret_it_is_signed_as_v3_with_the_letters_of_the_secret(sandbox, caller, hooks):
    sandbox.control(wavespeed_webhook_secret=SECRET)
    try:
        caller.start(webhook=hooks.url)
        hooks.wait()
        caller.start("[forged webhook]", webhook=hooks.url)
        hooks.wait(2)
    finally:
        sandbox.control(wavespeed_webhook_secret="")

    assert is_genuine(*hooks.got[0])
    assert not is_genuine(*hooks.got[1])


def is_genuine(headers, body):
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = hmac.new(b"5Qm2vWq8Zt1LrXc9", signed, hashlib.sha256).hexdigest()
    return headers["webhook-signature"] == f"v3,{expected}"
