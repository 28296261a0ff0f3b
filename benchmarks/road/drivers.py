"""The other end of `driver`: a stack in a process of its own, told line by line what to play."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 90


class Driver:
    """Use it in a `with`; it raises RuntimeError once its stack is lost."""

    def __enter__(self) -> Driver:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.road.driver"],
            cwd=ROOT,
            env=dict(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            self._process.wait()

    def play(self, play: str, **facts: Any) -> dict[str, Any]:
        """Have one thing played, and wait for what came of it."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"play": play, **facts}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise RuntimeError("The stack is lost.") from error
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("The stack is lost; what happened stands above.")
        found: dict[str, Any] = json.loads(line)
        return found
