"""A whole run with real servers and a real supervisor; only the site's own programs are small stand-ins."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from kling_site.local import processes, session

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Copy:
    """One clone's run on a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.output = folder / "output"

    def start(self):
        environment = {name: value for name, value in os.environ.items() if name not in session.OUTER}
        environment |= {"KLING_SITE_VAR": str(self.folder), "PORT": str(self.port), "SANDBOX_PORT": str(free_port())}
        with self.output.open("w") as out:
            command = [sys.executable, "-m", "tests.scripts.driver"]
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)

    def said(self):
        return self.output.read_text()

    def start_and_wait(self):
        run = self.start()
        until(lambda: "is ready" in self.said() or run.poll() is not None)
        assert "is ready" in self.said(), self.said()
        return run

    def page(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/accounts/login/", timeout=5) as answer:
            return answer.read().decode()

    def everything(self):
        """Every living process of this run, the servers' own children included."""
        marked = processes.marked(self.folder)
        servers = [p for p in psutil.process_iter(["cmdline"]) if str(self.folder) in " ".join(p.info["cmdline"] or [])]
        return [process for process in {*marked, *servers} if processes.is_alive(process)]

    def find(self, text):
        return [process for process in self.everything() if text in " ".join(process.cmdline())]


def until(true, seconds=40):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def copy():
    with session.temporary_folder() as folder:
        copy = Copy(folder)
        yield copy
        for process in copy.everything():
            process.kill()


def test_a_run_says_where_it_is_and_ctrl_c_leaves_nothing_behind(copy):
    run = copy.start_and_wait()
    until(lambda: len(copy.find("driver worker")) == 4)
    assert f"http://127.0.0.1:{copy.port}/" in copy.said()
    assert "Sign in as somebody." in copy.said()
    assert copy.page() == f"http://127.0.0.1:{copy.port}"
    assert copy.find("postgres") and copy.find("redis-server")

    run.send_signal(signal.SIGINT)

    assert run.wait(30) == 0
    assert copy.everything() == []


def test_what_dies_is_started_again(copy):
    run = copy.start_and_wait()
    for name in ("driver page", "/postgres -D"):
        (victim,) = copy.find(name)
        victim.kill()
        until(lambda name=name, victim=victim: [p for p in copy.find(name) if p.pid != victim.pid])
    until(lambda: "postgres ended and was started again" in copy.said())
    assert copy.page()

    run.terminate()
    assert run.wait(30) == 0
    assert copy.everything() == []


def test_a_second_run_on_the_same_folder_is_refused_and_the_first_goes_on(copy):
    first = copy.start_and_wait()
    said = copy.said()

    second = copy.start()

    assert second.wait(30) == 1
    assert f"already runs on {copy.folder}" in copy.said()
    assert copy.page()
    copy.output.write_text(said)
    first.terminate()
    assert first.wait(30) == 0


def test_a_start_after_a_killed_supervisor_clears_what_was_left(copy):
    first = copy.start_and_wait()
    (supervisor,) = copy.find("supervisord")
    first.kill()
    first.wait()
    supervisor.kill()
    left = copy.find("driver page")
    assert left

    second = copy.start_and_wait()

    assert "that an earlier run had left behind" in copy.said()
    assert not any(processes.is_alive(process) for process in left)
    second.terminate()
    assert second.wait(30) == 0
    assert copy.everything() == []
