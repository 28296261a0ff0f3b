import subprocess
import sys
import time

import httpx
import pytest

from tests.sandbox.conftest import FalClient, KlingClient, bare64, picture
from tests.sandbox_server import ROOT, free_port, running_sandbox


def test_what_was_taken_survives_sigkill_to_the_last_byte_of_its_result(tmp_path):
    with running_sandbox(tmp_path, port=free_port()) as sandbox:
        fal, kling = FalClient(sandbox), KlingClient(sandbox)
        done = fal.start()
        film = fal.sandbox.http.get(sandbox.wait_for(done)["output_url"]).content
        running = fal.start(prompt="a [render 3s]")
        external = kling.start("image2video", image=bare64(picture()), external_task_id="mine")
        before = {row["task_id"]: row for row in sandbox.bill()}
        sandbox.kill()

        sandbox.start()

        assert [row["task_id"] for row in sandbox.bill()] == list(before)
        assert next(row for row in sandbox.bill() if row["task_id"] == done) == before[done]
        assert sandbox.http.get(before[done]["output_url"]).content == film
        assert kling.query("mine", "image2video").json()["data"]["task_id"] == external
        assert kling.create(external_task_id="mine").json()["code"] == 1201
        assert sandbox.wait_for(running)["state"] == sandbox.wait_for(external)["state"] == "done"


def test_a_task_whose_reply_was_lost_to_sigkill_is_there(tmp_path):
    with running_sandbox(tmp_path, port=free_port()) as sandbox:
        kling = KlingClient(sandbox)
        with pytest.raises(httpx.RemoteProtocolError):
            kling.create(external_task_id="mine", prompt="a [lost reply]")
        sandbox.kill()
        sandbox.start()

        assert kling.query("mine").status_code == 200
        assert len(sandbox.bill()) == 1


def test_a_film_that_was_being_rendered_is_rendered_after_the_restart(tmp_path):
    with running_sandbox(tmp_path, port=free_port(), render="real") as sandbox:
        fal = FalClient(sandbox)
        task_id = fal.start()
        time.sleep(0.3)
        sandbox.kill()
        sandbox.start()

        row = sandbox.wait_for(task_id, seconds=60)

        assert row["state"] == "done"
        assert sandbox.http.get(row["output_url"]).status_code == 200


def test_two_sandboxes_do_not_share_a_folder_or_a_port(sandbox, tmp_path):
    def start(*options):
        command = [sys.executable, "-m", "generations.sandbox", *options]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)

    folder = start(f"--port={free_port()}", f"--data={sandbox.data_dir}")
    port = start(f"--port={sandbox.port}", f"--data={tmp_path}")

    assert folder.returncode == port.returncode == 1
    assert "Another sandbox is using" in folder.stderr and "Traceback" not in folder.stderr
    assert "set SANDBOX_PORT to another one" in port.stderr and "Traceback" not in port.stderr


def test_terminate_ends_it_at_once_with_its_render_process(tmp_path):
    with running_sandbox(tmp_path, render="real") as sandbox:
        FalClient(sandbox).start(duration="10")
        pid = sandbox._process.pid
        time.sleep(0.5)
        children = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid="], capture_output=True, text=True).stdout

        before = time.monotonic()
        sandbox.stop()

        assert time.monotonic() - before < 8
        for child in children.split():
            assert subprocess.run(["ps", "-p", child], capture_output=True).returncode != 0
