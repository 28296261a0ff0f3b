"""The new standard: the model in the path, contents and settings, one address for all tasks."""

import time
import uuid

import jwt
import pytest

from generations.sandbox import products
from tests.sandbox.conftest import FalClient, KlingClient, bare64, film, picture

IMAGE = bare64(picture())
FIRST = {"type": "first_frame", "url": IMAGE}
LAST = {"type": "last_frame", "url": IMAGE}
PROMPT = {"type": "prompt", "text": "a boat"}
HIGH = {"resolution": "1080p"}


@pytest.fixture(scope="module")
def film_url(sandbox):
    return FalClient(sandbox).upload(film(5), "film.mp4", "video/mp4")


def tasks_of(kling, *ids, name="task_ids"):
    return kling.get("/tasks", **{name: ",".join(ids)}).json()


def made(kling, path, **body):
    reply = kling.post(path, **body)
    assert reply.status_code == 200, reply.text
    task_id = reply.json()["data"]["id"]
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        task = tasks_of(kling, task_id)["data"][0]
        if task["status"] in ("succeeded", "failed"):
            return task
        time.sleep(0.02)
    raise AssertionError(task)


def test_a_creation_answers_with_the_short_shape(kling):
    value = kling.post("/text-to-video/kling-3.0", prompt="a boat", options={"external_task_id": "mine"}).json()

    assert (value["code"], value["message"]) == (0, "SUCCEED")
    assert set(value["data"]) == {"id", "status", "create_time", "update_time", "external_id"}
    assert (value["data"]["status"], value["data"]["external_id"]) == ("submitted", "mine")
    assert value["data"]["id"].isdigit()


def test_a_finished_task_has_outputs_and_billing(kling):
    task = made(kling, "/text-to-video/kling-3.0", prompt="a boat", settings={"duration": 7, **HIGH})

    output, charge = task["outputs"][0], task["billing"][0]
    assert (task["status"], task["message"]) == ("succeeded", "")
    assert (output["type"], output["duration"]) == ("video", "7.0")
    assert kling.sandbox.http.get(output["url"]).headers["content-type"] == "video/mp4"
    assert (charge["charge_type"], charge["amount"], charge["package_type"]) == ("unit", "5.6", "video")


@pytest.mark.parametrize(
    ("model", "wanted", "units"),
    [
        ("kling-3.0-turbo", {}, "4"),
        ("kling-3.0-turbo", {"duration": 3}, "2.4"),
        ("kling-3.0-turbo", HIGH, "5"),
        ("kling-3.0", {}, "3"),
        ("kling-3.0", {"audio": "native"}, "4.5"),
        ("kling-3.0", {"resolution": "4k"}, "15"),
        ("kling-2.6", {}, "1.5"),
        ("kling-2.6", {**HIGH, "audio": "native", "duration": 10}, "10"),
        ("kling-2.5-turbo", HIGH, "2.5"),
    ],
)
def test_text_to_video_of_every_model(kling, model, wanted, units):
    task = made(kling, f"/text-to-video/{model}", prompt="a boat", settings={**wanted, "aspect_ratio": "9:16"})

    assert task["billing"][0]["amount"] == units


@pytest.mark.parametrize(
    ("model", "contents", "wanted"),
    [
        ("kling-3.0-turbo", [FIRST], {}),
        ("kling-3.0", [PROMPT, FIRST, LAST, *({"type": "element", "element_id": n} for n in range(3))], {}),
        ("kling-2.6", [FIRST, LAST], HIGH),
        ("kling-2.6", [PROMPT, FIRST, {"type": "voice", "voice_id": "1"}], {**HIGH, "audio": "native"}),
        ("kling-2.5-turbo", [FIRST, LAST], HIGH),
    ],
)
def test_image_to_video_of_every_model(kling, model, contents, wanted):
    task = made(kling, f"/image-to-video/{model}", contents=contents, settings=wanted)

    assert task["status"] == "succeeded"


@pytest.mark.parametrize(
    ("model", "contents", "wanted"),
    [
        ("kling-3.0-turbo", [FIRST, LAST], {}),
        ("kling-3.0-turbo", [PROMPT], {}),
        ("kling-3.0", [LAST], {}),
        ("kling-3.0", [FIRST, FIRST], {}),
        ("kling-3.0", [FIRST, *({"type": "element", "element_id": n} for n in range(4))], {}),
        ("kling-3.0", [FIRST, {"type": "mask", "url": IMAGE}], {}),
        ("kling-3.0", [FIRST, {"type": "prompt"}], {}),
        ("kling-3.0", [FIRST], {"duration": 16}),
        ("kling-3.0", [{"type": "first_frame", "url": f"data:image/png;base64,{IMAGE}"}], {}),
        ("kling-2.6", [FIRST, LAST], {}),
        ("kling-2.6", [FIRST], {"duration": 7}),
        ("kling-2.5-turbo", [FIRST], {"resolution": "4k"}),
    ],
)
def test_image_to_video_refuses(kling, model, contents, wanted):
    assert kling.post(f"/image-to-video/{model}", contents=contents, settings=wanted).json()["code"] == 1201


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"prompt": "a", "settings": {"duration": "5"}}, 1201),
        ({"prompt": "x" * 3073}, 1201),
        ({"prompt": 5}, 1200),
        ({"settings": {}}, 1201),
        ({"prompt": "a", "settings": []}, 1200),
        ({"prompt": "a", "settings": {"aspect_ratio": "21:9"}}, 1201),
        ({"prompt": "a", "settings": {"audio": "on"}}, 1201),
    ],
)
def test_text_to_video_refuses(kling, body, code):
    assert kling.post("/text-to-video/kling-3.0", **body).json()["code"] == code


def test_what_the_new_standard_does_not_have_is_noted_as_ignored(kling):
    reply = kling.post("/text-to-video/kling-2.6", prompt="a", negative_prompt="b", cfg_scale=0.5, model_name="c")

    row = kling.sandbox.wait_for(reply.json()["data"]["id"])
    assert row["ignored"] == ["cfg_scale", "model_name", "negative_prompt"]


@pytest.mark.parametrize("model", ["kling-3.0-omni", "kling-o1"])
def test_omni_takes_pictures_elements_and_a_film(kling, film_url, model):
    refer = [{"type": "refer_image", "url": IMAGE}] * 3
    wide = {"aspect_ratio": "16:9", "duration": 3}

    pictures = made(kling, f"/omni-video/{model}", contents=[PROMPT, *refer], settings=wide)
    films = made(
        kling, f"/omni-video/{model}", contents=[PROMPT, {"type": "base_video", "url": film_url}, *refer], settings={}
    )
    shapeless = kling.post(f"/omni-video/{model}", contents=[PROMPT, *refer], settings={"duration": 3})
    crowded = kling.post(
        f"/omni-video/{model}",
        contents=[PROMPT, {"type": "feature_video", "url": film_url}, *refer, *refer[:2]],
        settings={},
    )

    assert pictures["outputs"][0]["duration"] == "3.0" and films["status"] == "succeeded"
    assert shapeless.json()["code"] == crowded.json()["code"] == 1201


def test_o1_with_only_a_first_frame_is_five_or_ten_seconds(kling):
    codes = [
        kling.post("/omni-video/kling-o1", contents=[PROMPT, FIRST], settings={"duration": length}).json()["code"]
        for length in (5, 7)
    ]

    assert codes == [0, 1201]


@pytest.mark.parametrize(("model", "units"), [("kling-3.0", "4.5"), ("kling-2.6", "2.5")])
def test_motion_control_is_as_long_as_its_film(kling, film_url, model, units):
    contents = [{"type": "image", "url": IMAGE}, {"type": "video", "url": film_url}]
    path, settings = f"/motion-control/{model}", {"character_orientation": "video"}

    task = made(kling, path, contents=contents, settings=settings)
    refused = [
        kling.post(path, contents=contents[:1], settings=settings),
        kling.post(path, contents=contents, settings={}),
        kling.post(path, contents=contents),
    ]

    assert (task["billing"][0]["amount"], task["outputs"][0]["duration"]) == (units, "5.0")
    assert [reply.json()["code"] for reply in refused] == [1201] * 3


def test_up_to_twenty_ids_are_asked_for_at_once_and_unknown_ones_are_left_out(kling):
    ids = [kling.post("/text-to-video/kling-2.6", prompt=f"{n}").json()["data"]["id"] for n in range(2)]

    both = tasks_of(kling, *ids, "123456789012345678")
    none = tasks_of(kling, "123456789012345678")
    full = tasks_of(kling, *(str(10**17 + n) for n in range(20)))
    over = tasks_of(kling, *(str(10**17 + n) for n in range(21)))

    assert [task["id"] for task in both["data"]] == ids
    assert (none["code"], none["data"], full["code"], over["code"]) == (0, [], 0, 1201)


def test_tasks_are_found_by_external_id_too_but_not_by_both_at_once(kling):
    name = uuid.uuid4().hex
    task_id = kling.post("/text-to-video/kling-2.6", prompt="a", options={"external_task_id": name}).json()["data"][
        "id"
    ]

    assert tasks_of(kling, name, name="external_task_ids")["data"][0]["id"] == task_id
    assert tasks_of(kling, name)["data"] == []
    assert kling.get("/tasks", task_ids=task_id, external_task_ids=name).json()["code"] == 1201
    assert kling.get("/tasks").json()["code"] == 1201


def test_an_external_id_is_unique_for_the_account_across_generations(kling):
    first = kling.post("/text-to-video/kling-2.6", prompt="a", options={"external_task_id": "one"})
    again = kling.post("/text-to-video/kling-3.0", prompt="a", options={"external_task_id": "one"})
    legacy = kling.create(external_task_id="one")

    assert [reply.json()["code"] for reply in (first, again, legacy)] == [0, 1201, 1201]
    assert "already exists" in again.json()["message"]


def test_the_generations_do_not_show_each_others_tasks(kling):
    new = kling.post("/text-to-video/kling-2.6", prompt="a").json()["data"]["id"]
    legacy = kling.start()

    assert kling.query(new).status_code == 404
    assert tasks_of(kling, legacy)["data"] == []


def test_another_account_sees_nothing(sandbox, kling):
    task_id = kling.post("/text-to-video/kling-2.6", prompt="a").json()["data"]["id"]

    assert tasks_of(KlingClient(sandbox), task_id)["data"] == []


def test_the_list_goes_through_a_cursor_and_filters(kling):
    ids = [kling.post("/text-to-video/kling-2.6", prompt=f"{n} [stuck]").json()["data"]["id"] for n in range(3)]
    image = kling.post("/image-to-video/kling-2.6", contents=[FIRST]).json()["data"]["id"]
    kling.sandbox.wait_for(image)
    span = {"start_time": 0, "end_time": str(int(time.time() * 1000) + 1000)}

    first = kling.post("/tasks", **span, limit=3).json()["data"]
    rest = kling.post("/tasks", **span, limit=3, cursor=first["cursor"]).json()["data"]
    done = kling.post("/tasks", **span, filters=[{"key": "status", "values": ["succeeded"]}]).json()["data"]
    kind = kling.post("/tasks", **span, filters=[{"key": "product_type", "values": ["text-to-video"]}]).json()["data"]

    assert [task["id"] for task in first["tasks"]] == [image, ids[2], ids[1]]
    assert [task["id"] for task in rest["tasks"]] == [ids[0]] and rest["cursor"] == ""
    assert [task["id"] for task in done["tasks"]] == [image]
    assert [task["id"] for task in kind["tasks"]] == ids[::-1]
    for wrong in ({}, {**span, "limit": 501}, {**span, "filters": [{"key": "x", "values": []}]}):
        assert kling.post("/tasks", **wrong).json()["code"] == 1201


def test_only_an_api_key_opens_the_new_standard(sandbox):
    claims = {"iss": "access", "exp": int(time.time()) + 1800, "nbf": int(time.time()) - 5}
    token = KlingClient(sandbox, jwt.encode(claims, "secret" * 8, headers={"typ": "JWT"}))

    assert token.create().status_code == 200
    refused = token.post("/text-to-video/kling-2.6", prompt="a")
    assert (refused.status_code, refused.json()["code"]) == (401, 1002)
    assert token.get("/tasks", task_ids="1").json()["code"] == 1002


def test_a_failure_says_why_and_bills_nothing(kling):
    task = made(kling, "/text-to-video/kling-2.6", prompt="a boat [moderated]")

    assert (task["status"], task["outputs"], task["billing"]) == ("failed", [], [])
    assert "risk control" in task["message"]


def test_a_callback_for_each_state_carries_the_task_itself(kling, hooks):
    kling.post("/text-to-video/kling-2.6", prompt="a", options={"callback_url": hooks.url, "external_task_id": "cb"})

    events = hooks.wait(3)

    assert [event["status"] for event in sorted(events, key=lambda event: event["update_time"])][-1] == "succeeded"
    assert {event["status"] for event in events} == {"submitted", "processing", "succeeded"}
    assert all(event["external_id"] == "cb" and "code" not in event for event in events)


@pytest.mark.parametrize(("fault", "code"), [("500 status", 5000), ("429 status", 1302), ("504 result", 5002)])
def test_a_query_has_its_troubles(kling, fault, code):
    task_id = kling.post("/text-to-video/kling-2.6", prompt=f"a [{fault}]").json()["data"]["id"]
    kling.sandbox.wait_for(task_id)

    assert [tasks_of(kling, task_id)["code"] for _ in range(2)] == [code, 0]


def test_every_path_of_the_new_standard_is_sold():
    four = ("kling-3.0-turbo", "kling-3.0", "kling-2.6", "kling-2.5-turbo")
    wanted = {
        *(f"/text-to-video/{model}" for model in four),
        *(f"/image-to-video/{model}" for model in four),
        *(f"/omni-video/{model}" for model in ("kling-3.0-omni", "kling-o1")),
        *(f"/motion-control/{model}" for model in ("kling-3.0", "kling-2.6")),
    }

    assert {path for path in products.load()["kling"] if not path.startswith("/v1/")} == wanted
