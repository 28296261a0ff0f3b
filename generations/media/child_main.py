"""Reads or rewrites one hostile file in a process of its own and prints what it found as one line of JSON.

Run as a script, `python -I child_main.py '{"do": "read_film", "path": …}'`, so that neither Django nor the door of any
package of ours is imported: only PyAV, Pillow, and the modules beside this one that say so. Limits on memory, processor
time and written bytes are set before any byte is read.
Prints {"facts": {…}} or {"reason": "damaged"}; a crash prints neither.
"""

from __future__ import annotations

import json
import resource
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

_HERE = Path(__file__).resolve().parent
_WORK = frozenset(("read_film", "read_picture", "read_sound", "send_film", "send_sound"))


def main() -> None:
    request = json.loads(sys.argv.pop())
    _limit(request.pop("max_memory_bytes"), request.pop("max_cpu_seconds"), request.pop("max_written_bytes"))
    _close_the_doors()
    json.dump(_answer(request.pop("do"), request), sys.stdout)


def _limit(max_memory_bytes: int, max_cpu_seconds: int, max_written_bytes: int) -> None:
    for what, most in (
        (resource.RLIMIT_AS, max_memory_bytes),
        (resource.RLIMIT_CPU, max_cpu_seconds),
        (resource.RLIMIT_FSIZE, max_written_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _close_the_doors() -> None:
    """Let the modules beside this one be imported without their packages' own code, which would import Django."""
    for name, folder in (("generations", _HERE.parent), ("generations.media", _HERE)):
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package


def _answer(do: str, request: dict[str, Any]) -> dict[str, Any]:
    if do not in _WORK:
        raise ValueError(do)
    unreadable = import_module("generations.media.unreadable").Unreadable
    try:
        return {"facts": import_module(f"generations.media.{do}").work(**request)}
    except unreadable as error:
        return {"reason": str(error), "detail": str(getattr(error.__cause__, "strerror", ""))}
    except MemoryError:
        return {"reason": "memory"}


if __name__ == "__main__":
    main()
