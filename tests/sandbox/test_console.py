import re

from tests.sandbox.conftest import FalClient, KlingClient
from tests.sandbox_server import running_sandbox


def test_the_page_is_self_contained_and_shows_what_was_asked_and_billed(tmp_path):
    with running_sandbox(tmp_path) as sandbox:
        empty = sandbox.http.get("/").text
        fal = FalClient(sandbox, key="very-secret-id:very-secret")
        sandbox.wait_for(fal.start(prompt="<script>alert(1)</script> a boat"))
        page = sandbox.http.get("/").text
        stored = (tmp_path / "sandbox" / "sandbox.sqlite3").read_bytes()

    assert "No task yet" in empty
    assert "5 second, 1.40 usd" in page or "5 second, 1.4 usd" in page
    assert "&lt;script&gt;" in page and "<script" not in page
    assert "color-scheme: light dark" in page
    assert not re.search(r'(src|href)="https?://(?!127\.0\.0\.1)', page)
    assert "very-secret" not in page and b"very-secret" not in stored


def test_the_state_counts_tasks_requests_and_sums(tmp_path):
    with running_sandbox(tmp_path) as sandbox:
        fal, kling = FalClient(sandbox), KlingClient(sandbox)
        for task_id in (fal.start(), fal.start(), kling.start()):
            sandbox.wait_for(task_id)
        fal.start(prompt="a [stuck]")
        fal.submit(fault="500")

        state = sandbox.state()

    assert state["tasks"] == 4
    assert state["states"]["fal"]["done"] == 2 and state["states"]["kling"] == {"done": 1}
    assert state["requests"]["fal.submit"] == 4
    assert state["billed"]["fal"]["second"] == "10"
    assert state["billed"]["kling"]["kling_unit"] == "1"


def test_the_bill_can_be_asked_for_what_is_new(sandbox):
    fal = FalClient(sandbox)
    first, second = fal.start(), fal.start()

    known = next(row["seq"] for row in sandbox.bill() if row["task_id"] == first)
    new = sandbox.http.get("/_bill.json", params={"since": known}).json()["tasks"]

    assert [row["task_id"] for row in new] == [second]


def test_the_control_address_refuses_what_it_does_not_know(sandbox):
    def post(**order):
        return sandbox.http.post("/_control", json=order)

    for order in ({}, {"fault": "nonsense"}, {"fault": "500", "provider": "x"}, {"fault": "500", "count": 0}):
        reply = post(**order)
        assert reply.status_code == 400 and reply.json()["error"]
    plain = sandbox.http.post("/_control", content=b'{"clear": true}', headers={"Content-Type": "text/plain"})
    assert plain.status_code == 400


def test_armed_faults_can_be_cleared(sandbox):
    sandbox.control(fault="moderated charged", provider="kling", count=3)
    assert {"fault": "moderated charged", "provider": "kling", "count": 3} in sandbox.state()["armed"]

    sandbox.control(clear=True)

    assert sandbox.state()["armed"] == []
