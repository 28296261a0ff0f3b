"""A whole running site, exactly as `./scripts/run` starts it, of which single programs can be killed."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import psutil

from kling_site import embedded
from kling_site.local import servers
from kling_site.local.supervise import NoAnswer, Supervisor

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS, UP_SECONDS, STOP_SECONDS = 180.0, 90.0, 40.0
# PostgreSQL's own children are its own affair: they notice that their parent is gone.
ALONE = ("postgres", "redis")


class Stack:
    """Starts a site on `folder`; `environment` is what a driver needs to be a further process of it."""

    def __init__(self, folder: Path, *, speed: float) -> None:
        self.folder = folder
        self.port, self.sandbox_port = _free_ports(2)
        self.checkpoints = folder / "checkpoints"
        self.checkpoints.mkdir()
        (folder / "tmp").mkdir(mode=0o700)
        self.environment = {
            "KLING_SITE_VAR": str(folder),
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "SANDBOX_ORIGIN": f"http://127.0.0.1:{self.sandbox_port}",
        }
        own = {
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "SANDBOX_SPEED": str(speed),
            "SANDBOX_RENDER": "tiny",
            "KLING_SITE_CHECKPOINTS": str(self.checkpoints),
            "TMPDIR": str(folder / "tmp"),
        }
        self._supervisor = Supervisor(folder)
        self._run = subprocess.Popen(
            [sys.executable, "-m", "kling_site.local.run"],
            cwd=ROOT,
            env={**os.environ, **self.environment, **own},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until_ready(self) -> None:
        """Raises RuntimeError with what the site said where it does not come up."""
        assert self._run.stdout is not None
        said = []
        for line in self._run.stdout:
            said.append(line)
            if "is ready" in line:
                self.wait_until_up()
                return
        raise RuntimeError("The site did not start:\n" + "".join(said))

    def wait_until_up(self, killed: Collection[int] = (), seconds: float = UP_SECONDS) -> None:
        """Wait until every program runs and answers, those that were killed under a new number. Raises RuntimeError."""
        began = time.monotonic()
        while not self.is_up(killed):
            if time.monotonic() - began > seconds:
                states = {p["name"]: p["statename"] for p in self._programs()}
                raise RuntimeError(f"Not up again after {seconds:.0f} s: {states}")
            time.sleep(0.1)

    def is_up(self, killed: Collection[int] = ()) -> bool:
        # The supervisor looks once a second: for a moment it still calls a dead process running.
        programs = self._programs()
        all_run = {program["statename"] for program in programs} == {"RUNNING"}
        is_new = not any(program["pid"] in killed for program in programs)
        return all_run and is_new and all(answers() for answers in self._doors())

    def _doors(self) -> list[Callable[[], bool]]:
        return [
            lambda: servers.postgres_answers(self.folder),
            lambda: servers.redis_answers(embedded.redis_url(self.folder)),
            lambda: _answers(f"http://127.0.0.1:{self.port}/accounts/login/"),
            lambda: _answers(f"http://127.0.0.1:{self.sandbox_port}/_state.json"),
        ]

    def bill(self, since: int = 0) -> list[dict[str, Any]]:
        """The sandbox's tasks after number `since`; raises OSError while it is down."""
        with urllib.request.urlopen(
            f"{self.environment['SANDBOX_ORIGIN']}/_bill.json?since={since}", timeout=5
        ) as found:
            tasks: list[dict[str, Any]] = json.loads(found.read())["tasks"]
            return tasks

    def kill(self, name: str) -> list[int]:
        """SIGKILL a program with everything it has forked; the process ids. `worker-ingest` means both of them."""
        roots = [
            p["pid"] for p in self._programs() if p["pid"] and (p["name"] == name or p["name"].startswith(f"{name}_"))
        ]
        if not roots:
            raise RuntimeError(f"There is no running program {name}.")
        victims = [psutil.Process(pid) for pid in roots]
        if name not in ALONE:
            for victim in victims:
                victim.suspend()  # so that it forks nobody between the count and the kill
            victims += [child for victim in list(victims) for child in victim.children(recursive=True)]
        return [process.pid for process in victims if kill_process(process.pid)]

    def horse(self, name: str) -> int | None:
        """The child that works on a job of this worker now, if there is one."""
        for program in self._programs():
            if program["name"] == name and program["pid"]:
                return next((child.pid for child in psutil.Process(program["pid"]).children()), None)
        return None

    def stop(self) -> None:
        """Ctrl-C."""
        if self._run.poll() is None:
            self._run.send_signal(signal.SIGINT)
            try:
                self._run.communicate(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._run.kill()

    def _programs(self) -> list[dict[str, Any]]:
        try:
            return self._supervisor.programs()
        except NoAnswer:
            return []


def kill_process(pid: int) -> bool:
    """SIGKILL one process; whether it was there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _answers(url: str) -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException), urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as open_sockets:
        found = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for each in found:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in found]
