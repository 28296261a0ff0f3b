"""Gateways by hand: the example of MuleRun's page, both vocabularies, and Kling's envelope passed through."""

import time
import uuid

import pytest

from tests.sandbox.conftest import bare64, picture

MULERUN, OTHER, ENVELOPE = "/gateway/vendors/kling/v1", "/gateway/other/kling/v1", "/gateway/kling/v1"


class Caller:
    def __init__(self, sandbox, base=MULERUN, key=""):
        self.sandbox = sandbox
        self.base = base
        self.headers = {"Authorization": f"Bearer {key or uuid.uuid4().hex}"}

    def create(self, kind="text2video", **body):
        body = {"model_name": "kling-v2-1-master", "prompt": "a boat", **body}
        kept = {name: value for name, value in body.items() if value is not ...}
        return self.sandbox.http.post(f"{self.base}/videos/{kind}", json=kept, headers=self.headers)

    def query(self, task_id, kind="text2video"):
        return self.sandbox.http.get(f"{self.base}/videos/{kind}/{task_id}", headers=self.headers)

    def states(self, task_id):
        """The words that the task goes through, and its last answer."""
        seen, deadline = [], time.monotonic() + 20
        while time.monotonic() < deadline:
            reply = self.query(task_id)
            assert reply.status_code == 200
            body = reply.json()
            word = body["task_info"]["status"] if "task_info" in body else body["data"]["task_status"]
            seen += [word] if word not in seen else []
            if word in ("completed", "succeeded", "succeed", "failed"):
                return seen, body
            time.sleep(0.01)
        raise AssertionError(seen)


@pytest.fixture
def caller(sandbox):
    return Caller(sandbox)


def test_the_pages_request_is_answered_with_task_info_and_a_list_of_addresses(caller):
    reply = caller.create("image2video", image=bare64(picture(640, 480)), duration="5", mode="pro")

    info = reply.json()["task_info"]
    assert reply.status_code == 202
    assert info.keys() == {"id", "status", "created_at", "updated_at"}
    assert (info["status"], str(uuid.UUID(info["id"]))) == ("pending", info["id"])
    assert caller.query(info["id"]).status_code == 404  # below the other path


def test_a_finished_task_has_addresses_as_plain_texts(sandbox, caller):
    states, body = caller.states(caller.create(prompt="[render 1s]").json()["task_info"]["id"])

    assert states == ["pending", "processing", "completed"]
    assert [type(url) for url in body["videos"]] == [str]
    assert sandbox.http.get(body["videos"][0]).headers["content-type"] == "video/mp4"


@pytest.mark.parametrize(
    ("base", "status", "words"),
    [(OTHER, 200, ["queued", "running", "succeeded"]), (ENVELOPE, 200, ["submitted", "processing", "succeed"])],
)
def test_other_gateways_have_other_words(sandbox, base, status, words):
    caller = Caller(sandbox, base)
    reply = caller.create(prompt="[render 1s]")
    body = reply.json()

    task_id = body["task_info"]["id"] if base == OTHER else body["data"]["task_id"]
    states, last = caller.states(task_id)

    assert reply.status_code == status
    assert states == words
    if base == ENVELOPE:
        assert (last["code"], last["message"]) == (0, "SUCCEED")
        assert last["data"]["task_result"]["videos"][0]["url"].endswith(".mp4")


@pytest.mark.parametrize(("prompt", "code"), [("[fail]", 3001), ("[moderated]", 400)])
def test_a_failed_task_is_answered_with_200_and_an_error_of_three_parts(caller, prompt, code):
    states, body = caller.states(caller.create(prompt=prompt).json()["task_info"]["id"])

    assert states[-1] == "failed"
    assert body["task_info"]["error"].keys() == {"code", "title", "detail"}
    assert body["task_info"]["error"]["code"] == code
    assert "videos" not in body


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("text2video", {"prompt": ...}, "prompt is required"),
        ("text2video", {"duration": 5}, "duration is invalid"),
        ("text2video", {"aspect_ratio": "21:9"}, "aspect_ratio is invalid"),
        ("text2video", {"model_name": "kling-v1"}, "model_name is invalid"),
        ("text2video", {"cfg_scale": 0.5}, "cfg_scale is not supported by kling-v2-1-master"),
        ("text2video", {"camera_control": {"type": "simple"}}, "camera_control is not supported"),
        ("image2video", {}, "image is required"),
        ("image2video", {"image": "https://e.com/a.png"}, "image must be Base64 without a data: prefix"),
        ("image2video", {"image": "data:image/png;base64,aGk="}, "image must be Base64 without a data: prefix"),
        ("image2video", {"image": bare64(picture(200, 200))}, "each side needs at least 300 pixels"),
        ("image2video", {"image": bare64(picture()), "image_tail": bare64(picture())}, "image_tail is not supported"),
    ],
)
def test_what_the_page_rules_out_is_a_400(caller, kind, body, words):
    reply = caller.create(kind, **body)

    assert reply.status_code == 400, reply.text
    error = reply.json()["error"]
    assert error["code"] == 400
    assert words in error["detail"]


@pytest.mark.parametrize("status", [402, 403, 405, 409, 423, 429, 451, 500, 503])
def test_every_status_of_the_documents_can_be_asked_for(sandbox, caller, status):
    before = len(sandbox.bill())

    assert caller.create(prompt=f"[code {status}]").status_code == status
    assert len(sandbox.bill()) == before


@pytest.mark.parametrize("key", ["bad-key", "revoked"])
def test_a_bad_token_is_refused(sandbox, key):
    assert Caller(sandbox, key=key).create().status_code == 401
    assert Caller(sandbox, key=key).query("x").status_code == 401
    assert Caller(sandbox, key="empty-balance").create().status_code == 402


def test_more_than_its_tasks_at_once_are_refused(sandbox, caller):
    for _ in range(20):
        assert caller.create(prompt="[stuck]").status_code == 202

    assert caller.create().status_code == 429


def test_a_task_belongs_to_its_token_and_its_gateway(sandbox, caller):
    task_id = caller.create().json()["task_info"]["id"]

    assert Caller(sandbox).query(task_id).status_code == 404
    other = Caller(sandbox, OTHER)
    other.headers = caller.headers
    assert other.query(task_id).status_code == 404
    assert caller.query(task_id).status_code == 200
