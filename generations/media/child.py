"""Starts the process that reads or rewrites a hostile file, with limits; believes only JSON of our own shape."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

# Run by path and not as a module: importing the package would import Django and take half a second per take.
_SCRIPT = Path(__file__).with_name("child_main.py")
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR")  # no key, no password
_POSTERS_MAX_BYTES = 64_000_000


class ChildLimits(NamedTuple):
    """`max_seconds` is wall time, and processor time on each of two cores."""

    max_seconds: float
    max_memory_bytes: int
    max_written_bytes: int = _POSTERS_MAX_BYTES


class ChildRefused(Exception):
    """The child could not do it; `reason` is a machine word. Never leaves the package."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def run(do: str, limits: ChildLimits, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
    """The child's facts. Raises ChildRefused for its refusal, its crash, its silence and anything but our JSON."""
    request |= {
        "do": do,
        "max_memory_bytes": limits.max_memory_bytes,
        "max_cpu_seconds": int(limits.max_seconds * 2) + 1,
        "max_written_bytes": limits.max_written_bytes,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_SCRIPT), json.dumps(request)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limits.max_seconds,
            env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ChildRefused("time") from error
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = {}
    if done.returncode != 0 or not isinstance(answer, dict):
        last_words = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ChildRefused("unreadable", f"exit code {done.returncode}: {last_words[:200]}")
    if not isinstance(answer.get("facts"), dict):
        raise ChildRefused(str(answer.get("reason", "unreadable")), str(answer.get("detail", "")))
    return answer["facts"]
