import time
import uuid

import pytest

from tests.sandbox.conftest import KlingClient, bare64, picture
from tests.sandbox_server import running_sandbox


def test_a_create_answers_in_the_envelope(kling):
    reply = kling.create(external_task_id="mine-1")

    value = reply.json()
    assert reply.status_code == 200
    assert (value["code"], value["message"]) == (0, "SUCCEED")
    assert value["request_id"]
    data = value["data"]
    assert data["task_id"].isdigit() and len(data["task_id"]) == 18
    assert data["task_status"] == "submitted"
    assert data["task_info"] == {"external_task_id": "mine-1"}
    assert abs(data["created_at"] / 1000 - time.time()) < 10
    assert data["updated_at"] == data["created_at"]


def test_a_task_goes_from_submitted_over_processing_to_succeed(kling):
    task_id = kling.start(prompt="a boat [render 1.5s]")

    seen = []
    while not seen or seen[-1] != "succeed":
        word = kling.query(task_id).json()["data"]["task_status"]
        if word not in seen:
            seen.append(word)
        time.sleep(0.02)

    assert seen == ["submitted", "processing", "succeed"]


def test_a_finished_task_shows_its_film_and_its_deduction_as_text(kling):
    data = kling.finish(kling.start(model_name="kling-v2-master", duration="10"))

    assert data["final_unit_deduction"] == "20"
    assert data["updated_at"] > data["created_at"]
    assert data["task_status_msg"] == ""
    video = data["task_result"]["videos"][0]
    assert video["duration"] == "10.0"
    assert video["id"]
    assert kling.sandbox.http.get(video["url"]).headers["content-type"] == "video/mp4"


@pytest.mark.parametrize(
    ("model", "mode", "duration", "units"),
    [("kling-v1", "std", "5", "1"), ("kling-v1", "pro", "10", "7"), ("kling-v1-6", "pro", "5", "3.5")],
)
def test_units_follow_the_official_list(kling, model, mode, duration, units):
    task_id = kling.start(model_name=model, mode=mode, duration=duration)

    assert kling.finish(task_id)["final_unit_deduction"] == units
    row = kling.sandbox.wait_for(task_id)
    assert (row["billed"]["amount"], row["billed"]["unit"]) == (units, "kling_unit")


def test_a_task_is_found_by_either_id(kling):
    task_id = kling.start(external_task_id="mine-2")

    assert kling.query("mine-2").json()["data"]["task_id"] == task_id
    assert kling.query(task_id).json()["data"]["task_info"]["external_task_id"] == "mine-2"


def test_a_doubled_external_id_is_refused_and_makes_nothing(kling):
    first = kling.start(external_task_id="mine-3")

    reply = kling.create(external_task_id="mine-3")

    assert (reply.status_code, reply.json()["code"]) == (400, 1201)
    assert "data" not in reply.json()
    assert [item["task_id"] for item in kling.list().json()["data"]] == [first]


def test_two_accounts_may_use_the_same_external_id_and_do_not_see_each_other(sandbox, kling):
    other = KlingClient(sandbox)
    mine, theirs = kling.start(external_task_id="same"), other.start(external_task_id="same")

    assert kling.query("same").json()["data"]["task_id"] == mine
    assert other.query("same").json()["data"]["task_id"] == theirs
    assert other.query(mine).status_code == 404


def test_an_unknown_task_is_404_with_code_1203(kling):
    reply = kling.query("123456789012345678")

    assert (reply.status_code, reply.json()["code"]) == (404, 1203)


def test_a_task_lives_below_its_own_product(kling):
    task_id = kling.start()

    assert kling.query(task_id, "image2video").json()["code"] == 1203


def test_the_list_is_newest_first_in_pages_within_bounds(kling):
    ids = [kling.start(prompt=f"boat {number}") for number in range(3)]

    pages = [kling.list(pageNum=number, pageSize=2).json()["data"] for number in (1, 2, 3)]

    assert [[item["task_id"] for item in page] for page in pages] == [[ids[2], ids[1]], [ids[0]], []]
    for bad in ({"pageNum": 0}, {"pageNum": 1001}, {"pageSize": 501}, {"pageSize": "x"}):
        assert kling.list(**bad).json()["code"] == 1201
    assert kling.list(pageNum=1000, pageSize=500).json()["data"] == []


def test_an_unknown_method_or_path_is_refused_in_the_envelope(sandbox, kling):
    method = sandbox.http.put("/kling/v1/videos/text2video", headers=kling.headers)
    path = sandbox.http.get("/kling/v1/nothing", headers=kling.headers)

    assert (method.status_code, method.json()["code"]) == (404, 1202)
    assert (path.status_code, path.json()["code"]) == (404, 1203)


def test_a_task_over_the_packs_concurrency_is_refused_and_free(tmp_path):
    with running_sandbox(tmp_path, kling_concurrency=2) as sandbox:
        kling, other = KlingClient(sandbox), KlingClient(sandbox)
        kling.start(prompt="a [render 1s]")
        second = kling.start(prompt="b [render 1s]")

        refused = kling.create()
        neighbour = other.create()
        kling.finish(second)
        later = kling.create()

        assert (refused.status_code, refused.json()["code"]) == (429, 1303)
        assert neighbour.status_code == later.status_code == 200
        assert len(sandbox.bill()) == 4


def test_image_to_video_takes_bare_base64(kling):
    task_id = kling.start("image2video", image=bare64(picture()), prompt="")

    assert kling.finish(task_id, "image2video")["task_status"] == "succeed"


def test_ids_are_unique_however_many(kling):
    assert len({kling.start(external_task_id=str(uuid.uuid4()), prompt=str(n)) for n in range(15)}) == 15
