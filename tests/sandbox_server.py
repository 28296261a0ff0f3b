"""A sandbox on a real port, in a process of its own: `with running_sandbox(tmp_path) as sandbox`."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 30


class RunningSandbox:
    """One sandbox. `kill` is SIGKILL; `start` brings it back on the same port with the same data."""

    def __init__(self, data_dir: Path, **config: Any) -> None:
        self.data_dir = data_dir
        self.port = config.pop("port", None) or free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self._config = {"speed": 40.0, "render": "tiny", **config}
        self._process: subprocess.Popen[bytes] | None = None
        self.http = httpx.Client(base_url=self.origin, timeout=30)

    def start(self) -> None:
        options = [f"--{name.replace('_', '-')}={value}" for name, value in self._config.items()]
        command = [sys.executable, "-m", "generations.sandbox", f"--port={self.port}", f"--data={self.data_dir}"]
        self._process = subprocess.Popen([*command, *options], cwd=ROOT, env={**os.environ})
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"The sandbox ended at once with code {self._process.returncode}.")
            with contextlib.suppress(httpx.TransportError):
                if self.http.get("/_state.json").status_code == 200:
                    return
            time.sleep(0.05)
        raise RuntimeError("The sandbox did not answer in time.")

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()

    def bill(self) -> list[dict[str, Any]]:
        """Every task the sandbox took, oldest first, with what it billed."""
        return self.http.get("/_bill.json").json()["tasks"]

    def state(self) -> dict[str, Any]:
        return self.http.get("/_state.json").json()

    def control(self, **order: Any) -> None:
        """Arm a fault (`fault="500", provider="fal", count=1`), `clear=True`, or set a secret."""
        reply = self.http.post("/_control", json=order)
        assert reply.status_code == 200, reply.text

    def wait_for(self, task_id: str, *states: str, seconds: float = 20) -> dict[str, Any]:
        """The task's row of the bill once it is in one of the states."""
        deadline = time.monotonic() + seconds
        row: dict[str, Any] = {}
        while time.monotonic() < deadline:
            row = next(row for row in self.bill() if row["task_id"] == task_id)
            if row["state"] in (states or ("done", "failed", "canceled")):
                return row
            time.sleep(0.02)
        raise AssertionError(f"The task is {row.get('state')} after {seconds} s.")


@contextlib.contextmanager
def running_sandbox(tmp_path: Path, **config: Any) -> Iterator[RunningSandbox]:
    """A sandbox with its data below a folder; options as the command has them, fast and with tiny films if not said."""
    sandbox = RunningSandbox(tmp_path / "sandbox", **config)
    sandbox.start()
    try:
        yield sandbox
    finally:
        sandbox.stop()
        sandbox.http.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
