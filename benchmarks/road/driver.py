"""A process that starts a stack, plays what it is told on its standard input, and prints a line of JSON for each.

One process per stack, because Django knows one database per process. The end of the input stops the stack.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.road.stack import Stack
from kling_site.local import session

SPEED = 10  # the sandbox renders five seconds of master film in about two
PHOTO = Path(__file__).resolve().parents[2] / "tests" / "photos" / "chelsea.png"


def main() -> None:
    session.stop_on_terminate()
    session.clear_environment()
    with session.temporary_folder() as folder:
        stack = Stack(folder, speed=SPEED)
        try:
            stack.wait_until_ready()
            _play(stack)
        finally:
            stack.stop()


def _play(stack: Stack) -> None:
    os.environ |= {**stack.environment, "DJANGO_SETTINGS_MODULE": "kling_site.settings", "LOG_LEVEL": "ERROR"}
    import django

    django.setup()
    from benchmarks.road import crash, flush
    from benchmarks.road.takes import Maker

    maker = Maker(PHOTO)
    _say({"ready": True})
    verdicts: list[crash.Verdict] = []
    for order in _orders():
        began = time.monotonic()
        if order["play"] == "crash":
            verdicts.append(crash.crash(stack, maker, crash.Cell(**order["cell"])))
            _say({**verdicts[-1].as_json(), "wall_seconds": time.monotonic() - began})
        elif order["play"] == "flush":
            _say(flush.flush(stack, maker, order["provider"]))
        else:
            _say({"wrong": crash.look_again(stack, verdicts)})


def _orders() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        yield json.loads(line)


def _say(value: dict[str, Any]) -> None:
    print(json.dumps(value, default=str), flush=True)


if __name__ == "__main__":
    main()
