import time

import httpx
import pytest

from generations.sandbox import FAULTS
from generations.sandbox.faults import read_faults
from tests.sandbox.conftest import I2V, T2V

TAKEN = ["lost reply", "half reply", "garbled reply", "500 after accept"]
NOT_TAKEN = ["429", "1303", "500", "503", "html", "lost request"]


def outcome(submit):
    """What a caller sees of a submit: a status, or the kind of break, and whether the body was JSON."""
    try:
        reply = submit()
    except httpx.TransportError as error:
        return type(error).__name__
    try:
        reply.json()
    except ValueError:
        return f"{reply.status_code} garbled"
    return str(reply.status_code)


SEEN_BY_FAL = {
    "429": "429",
    "1303": "429",
    "500": "500",
    "503": "503",
    "html": "502 garbled",
    "lost request": "RemoteProtocolError",
    "lost reply": "RemoteProtocolError",
    "half reply": "RemoteProtocolError",
    "garbled reply": "200 garbled",
    "500 after accept": "500",
}


@pytest.mark.parametrize("name", [*TAKEN, *NOT_TAKEN])
def test_a_fault_of_the_submit_is_seen_and_the_bill_says_whether_a_task_was_made(fal, name):
    before = len(fal.sandbox.bill())

    seen = outcome(lambda: fal.submit(prompt=f"a boat [{name}]"))

    assert seen == SEEN_BY_FAL[name]
    assert len(fal.sandbox.bill()) - before == (name in TAKEN)


@pytest.mark.parametrize("name", [*TAKEN, *NOT_TAKEN])
def test_kling_has_the_same_faults_and_an_accepted_task_is_found_by_our_id(kling, name):
    seen = outcome(lambda: kling.create(prompt=f"a boat [{name}]", external_task_id="mine"))

    assert seen == SEEN_BY_FAL[name]
    assert (kling.query("mine").status_code == 200) == (name in TAKEN)


@pytest.mark.parametrize(
    ("name", "code"), [("429", 1302), ("1303", 1303), ("500", 5000), ("503", 5001), ("500 after accept", 5000)]
)
def test_kling_words_its_faults_as_codes(kling, name, code):
    assert kling.create(fault=name).json()["code"] == code


def test_a_slow_reply_is_slow_but_the_task_exists_at_once(fal):
    before = time.monotonic()

    task_id = fal.start(prompt="a boat [slow reply 1s]")

    assert time.monotonic() - before >= 1
    assert next(row for row in fal.sandbox.bill() if row["task_id"] == task_id)["submitted_at"] < time.time() - 0.9


def test_moderation_shows_on_fal_only_when_the_result_is_asked_for(fal):
    task_id = fal.start(prompt="a boat [moderated]")

    status, result = fal.finish(task_id), fal.result(task_id)

    assert status.status_code == 200 and "error" not in status.json()
    assert result.status_code == 422
    assert result.json()["detail"][0]["type"] == "content_policy_violation"
    assert fal.sandbox.wait_for(task_id)["billed"]["amount"] == "0"


def test_moderation_may_be_charged(fal, kling):
    task_id = fal.start(prompt="a boat [moderated charged]")
    fal.finish(task_id)
    data = kling.finish(kling.start(prompt="a boat [moderated charged]"))

    assert fal.result(task_id).headers["x-fal-billable-units"] == "5"
    assert (data["task_status"], data["final_unit_deduction"]) == ("failed", "1")


def test_a_failure_has_its_own_words_on_either_side(fal, kling):
    task_id = fal.start(prompt="a boat [fail]")

    status, result = fal.finish(task_id), fal.result(task_id)
    data = kling.finish(kling.start(prompt="a boat [fail]"))

    assert status.json()["error_type"] == result.headers["x-fal-error-type"] == "runner_server_error"
    assert result.status_code == 500
    assert "x-fal-billable-units" not in result.headers
    assert (data["task_status"], data["final_unit_deduction"]) == ("failed", "0")
    assert data["task_status_msg"]
    assert data["task_result"] == {}


def test_a_stuck_task_never_ends(fal):
    task_id = fal.start(prompt="a boat [stuck]")
    fal.sandbox.wait_for(task_id, "running")

    time.sleep(1.5)

    assert fal.status(task_id).json()["status"] == "IN_PROGRESS"


def test_the_status_has_its_troubles_once(fal, kling):
    for name, status in (("500 status", 500), ("429 status", 429), ("html status", 200)):
        task_id = fal.start(prompt=f"a boat [{name}]")
        first = fal.status(task_id)
        assert first.status_code == status
        assert ("<html>" in first.text) == (name == "html status")
        assert fal.status(task_id).status_code in (200, 202)
        task_id = kling.start(prompt=f"a boat [{name}]")
        assert kling.query(task_id).status_code == status
        assert kling.query(task_id).json()["code"] == 0


def test_a_state_nobody_knows_comes_once(fal, kling):
    one, other = fal.start(fault="unknown state"), kling.start(fault="unknown state")

    assert [fal.status(one).json()["status"] for _ in range(2)][0] == "PAUSED"
    assert kling.query(other).json()["data"]["task_status"] == "paused"
    assert kling.query(other).json()["data"]["task_status"] != "paused"


def test_the_result_may_time_out_once(fal, kling):
    task_id = fal.start(prompt="a boat [504 result]")
    fal.finish(task_id)
    other = kling.start(prompt="a boat [504 result]")
    kling.sandbox.wait_for(other)

    assert [fal.result(task_id).status_code for _ in range(2)] == [504, 200]
    assert [kling.query(other).json()["code"] for _ in range(2)] == [5002, 0]


def test_a_result_may_lack_its_address(fal, kling):
    task_id = fal.start(prompt="a boat [no url]")
    fal.finish(task_id)
    data = kling.finish(kling.start(prompt="a boat [no url]"))

    assert "url" not in fal.result(task_id).json()["video"]
    assert "url" not in data["task_result"]["videos"][0]


def film_of(fal, prompt):
    task_id = fal.start(prompt=prompt)
    fal.finish(task_id)
    return fal.result(task_id).json()["video"]["url"]


def test_downloads_have_troubles_of_their_own(fal):
    http = fal.sandbox.http

    assert http.get(film_of(fal, "a [expired download]")).status_code == 403
    assert http.get(film_of(fal, "a [redirect download]")).headers["location"].startswith("http://169.254.169.254/")
    html = http.get(film_of(fal, "a [html download]"))
    assert html.status_code == 200 and html.headers["content-type"].startswith("text/html")
    with pytest.raises(httpx.RemoteProtocolError):
        http.get(film_of(fal, "a [truncated download]"))
    before = time.monotonic()
    assert http.get(film_of(fal, "a [slow download 1s]")).status_code == 200
    assert time.monotonic() - before > 0.8


def test_an_endless_download_has_no_length_and_no_end(fal):
    got = 0
    with fal.sandbox.http.stream("GET", film_of(fal, "a [endless download]")) as reply:
        assert "content-length" not in reply.headers
        for chunk in reply.iter_bytes():
            got += len(chunk)
            if got > 20_000_000:
                break

    assert got > 20_000_000


def test_once_makes_any_fault_happen_one_time(fal):
    url = film_of(fal, "a boat [expired download once]")

    assert fal.sandbox.http.head(url).status_code == 200
    assert [fal.sandbox.http.get(url).status_code for _ in range(3)] == [403, 200, 200]


def test_the_control_address_arms_a_fault_for_the_next_requests_of_one_provider(fal, kling):
    fal.sandbox.control(fault="500", provider="fal", count=2)

    assert kling.create().status_code == 200
    assert [fal.submit().status_code for _ in range(3)] == [500, 500, 200]


def test_an_armed_fault_concerns_only_its_kind_of_request(fal):
    fal.sandbox.control(fault="expired download", provider="fal")
    url = film_of(fal, "a boat")

    assert [fal.sandbox.http.get(url).status_code for _ in range(2)] == [403, 200]


def test_the_header_of_a_submit_names_faults_too(fal):
    assert fal.submit(fault="429").status_code == 429
    assert fal.submit(fault="nonsense, 503").status_code == 503


def test_words_in_brackets_that_are_no_fault_are_left_alone(fal):
    assert read_faults("a [boat] [render 2.5s] [STUCK once]", "") == {
        "render": ("render", -1, 2.5),
        "stuck": ("stuck", 1, 0.0),
    }
    assert fal.submit(I2V, prompt="[stuck").status_code == 422
    assert fal.submit(T2V, prompt="a [boat]").status_code == 200


def test_every_fault_is_on_the_page(sandbox):
    page = sandbox.http.get("/").text

    assert all(f"[{name}]" in page for name in FAULTS)
