import time

from tests.sandbox.conftest import I2V, T2V, FalClient, picture
from tests.sandbox_server import running_sandbox


def test_a_submit_answers_with_addresses_from_which_the_subpath_is_gone(sandbox, fal):
    reply = fal.submit(T2V)

    value = reply.json()
    base = f"{sandbox.origin}/fal/fal-ai/kling-video/requests/{value['request_id']}"
    assert reply.status_code == 200
    assert reply.headers["x-fal-request-id"] == value["request_id"]
    assert value["status"] == "IN_QUEUE"
    assert isinstance(value["queue_position"], int)
    assert (value["response_url"], value["status_url"], value["cancel_url"]) == (
        base,
        f"{base}/status",
        f"{base}/cancel",
    )


def test_the_status_goes_from_202_in_queue_over_202_in_progress_to_200_completed(fal):
    task_id = fal.start(prompt="a boat [render 2s]")

    seen: dict[str, list] = {}
    while "COMPLETED" not in seen:
        reply = fal.status(task_id)
        seen.setdefault(reply.json()["status"], []).append((reply.status_code, reply.json()))
        time.sleep(0.02)

    assert list(seen) == ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]
    assert {code for code, _ in seen["IN_QUEUE"] + seen["IN_PROGRESS"]} == {202}
    assert seen["COMPLETED"][0][0] == 200
    positions = [value["queue_position"] for _, value in seen["IN_QUEUE"]]
    assert positions == sorted(positions, reverse=True) and positions[0] > positions[-1]
    assert all("logs" in value for _, value in seen["IN_PROGRESS"] + seen["COMPLETED"])
    assert seen["COMPLETED"][0][1]["metrics"]["inference_time"] > 0


def test_logs_come_only_when_asked_for(fal):
    task_id = fal.start()
    fal.finish(task_id)

    assert fal.status(task_id, logs="false").json()["logs"] == []
    assert fal.status(task_id, logs=1).json()["logs"][0]["message"] == "Rendering started."


def test_the_result_names_the_film_and_the_billed_seconds(fal):
    task_id = fal.start(duration="10")
    early = fal.result(task_id)
    fal.finish(task_id)

    reply = fal.result(task_id)

    assert early.status_code == 400
    assert reply.status_code == 200
    assert reply.headers["x-fal-billable-units"] == "10"
    video = reply.json()["video"]
    film = fal.sandbox.http.get(video["url"])
    assert video["content_type"] == film.headers["content-type"] == "video/mp4"
    assert video["file_size"] == len(film.content) == int(film.headers["content-length"])


def test_the_result_is_also_below_response(fal):
    task_id = fal.start()
    fal.finish(task_id)

    longer = fal.sandbox.http.get(f"/fal/fal-ai/kling-video/requests/{task_id}/response", headers=fal.headers)

    assert longer.json() == fal.result(task_id).json()


def test_the_same_submit_twice_is_two_paid_requests(fal):
    one, other = fal.start(), fal.start()
    fal.finish(one)
    fal.finish(other)

    rows = [row for row in fal.sandbox.bill() if row["task_id"] in (one, other)]

    assert one != other
    assert [row["billed"] for row in rows] == [{"amount": "5", "unit": "second", "usd": "1.4"}] * 2
    assert rows[0]["body_sha256"] == rows[1]["body_sha256"]


def test_a_waiting_request_that_is_cancelled_leaves_the_queue_unbilled(fal):
    task_id = fal.start(prompt="a boat [render 60s]")

    reply = fal.cancel(task_id)

    assert (reply.status_code, reply.json()) == (202, {"status": "CANCELLATION_REQUESTED"})
    assert fal.status(task_id).json()["error_type"] == "client_cancelled"
    assert fal.result(task_id).status_code == 499
    assert fal.sandbox.wait_for(task_id)["billed"]["amount"] == "0"


def test_a_running_request_that_is_cancelled_may_still_finish_and_bill(fal):
    task_id = fal.start(prompt="a boat [render 1s]")
    fal.sandbox.wait_for(task_id, "running")

    reply = fal.cancel(task_id)

    assert reply.status_code == 202
    assert fal.sandbox.wait_for(task_id)["state"] == "done"
    assert fal.result(task_id).headers["x-fal-billable-units"] == "5"


def test_a_running_request_stops_when_it_is_told_to_obey(fal):
    task_id = fal.start(prompt="a boat [render 30s] [obey cancel]")
    fal.sandbox.wait_for(task_id, "running", seconds=10)

    fal.cancel(task_id)

    assert fal.sandbox.wait_for(task_id)["state"] == "canceled"


def test_cancelling_what_is_over_or_unknown_is_400_or_404(fal):
    task_id = fal.start()
    fal.finish(task_id)

    over, unknown = fal.cancel(task_id), fal.cancel("nothing")

    assert (over.status_code, over.json()) == (400, {"status": "ALREADY_COMPLETED"})
    assert (unknown.status_code, unknown.json()) == (404, {"status": "NOT_FOUND"})


def test_another_keys_request_does_not_exist(sandbox, fal):
    task_id = fal.start()

    stranger = FalClient(sandbox)

    assert stranger.status(task_id).status_code == 404
    assert stranger.cancel(task_id).status_code == 404


def test_another_apps_address_does_not_know_the_request(sandbox, fal):
    task_id = fal.start()

    reply = sandbox.http.get(f"/fal/fal-ai/kling-image/requests/{task_id}/status", headers=fal.headers)

    assert reply.status_code == 404


def test_only_so_many_requests_of_a_key_render_at_once_and_the_rest_waits(tmp_path):
    with running_sandbox(tmp_path, fal_concurrency=2) as sandbox:
        fal = FalClient(sandbox)
        ids = [fal.start(prompt=f"boat {number} [render 1s]") for number in range(5)]

        time.sleep(0.4)
        states = [fal.status(task_id).json() for task_id in ids]
        rows = [sandbox.wait_for(task_id) for task_id in ids]

    assert [value["status"] for value in states] == ["IN_PROGRESS"] * 2 + ["IN_QUEUE"] * 3
    assert [value["queue_position"] for value in states[2:]] == [0, 1, 2]
    assert all(row["state"] == "done" for row in rows)
    assert rows[2]["started_at"] >= rows[0]["done_at"]
    assert rows[4]["started_at"] >= rows[2]["done_at"]


def test_missing_and_misshapen_keys_are_401_and_a_locked_account_403(sandbox):
    def code(header):
        headers = {"Authorization": header} if header else {}
        return sandbox.http.post(f"/fal/{T2V}", json={"prompt": "a"}, headers=headers).status_code

    assert [code(header) for header in ("", "Bearer a:b", "Key", "Key bad-key", "Key revoked:x")] == [401] * 5
    assert code("Key empty-balance") == 403
    assert code("Key anything") == 200


def test_an_unknown_endpoint_is_404(fal):
    assert fal.submit("fal-ai/kling-video/v9/master/text-to-video").status_code == 404


def test_a_bad_picture_is_found_by_the_runner_and_not_billed(fal):
    url = fal.upload(picture(299, 400))
    task_id = fal.start(I2V, image_url=url)

    status = fal.finish(task_id)
    reply = fal.result(task_id)

    assert status.status_code == 200 and "error" not in status.json()
    assert reply.status_code == 422
    assert reply.headers["x-fal-retryable"] == "false"
    assert reply.headers["x-fal-billable-units"] == "0"
    problem = reply.json()["detail"][0]
    assert (problem["type"], problem["loc"]) == ("image_too_small", ["body", "image_url"])
    assert problem["ctx"] == {"min_width": 300, "min_height": 300}
