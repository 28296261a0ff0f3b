"""Named points of the road of a generation, so that a test can kill a process exactly there.

Nothing happens at a point unless `KLING_SITE_CHECKPOINTS` names a folder with a file of the point's name in it. Then
the process renames the file to `.reached`, writes its id into it, and stands still, holding whatever it holds, until it
is killed or that file is taken away.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

from generations.models import Generation

POINTS = (
    "attempt committed",
    "marked sent",
    "reply read",
    "operation stored",
    "file downloaded",
    "file stored",
    "before settle",
)
_STANDS_STILL_SECONDS = 120  # at most: a test that was stopped must not leave a process behind


def reach(point: str, generations: Iterable[Generation]) -> None:
    """Say that a process has come to a point; stand still there if a test asked for it."""
    folder = os.environ.get("KLING_SITE_CHECKPOINTS")
    if not folder:
        return
    assert point in POINTS, point
    wanted = Path(folder) / point.replace(" ", "-")
    if any(True for _ in generations) and wanted.exists():
        reached = wanted.with_suffix(".reached")
        try:
            wanted.rename(reached)  # one process only
        except FileNotFoundError:
            return
        reached.write_text(str(os.getpid()))
        until = time.monotonic() + _STANDS_STILL_SECONDS
        while reached.exists() and time.monotonic() < until:
            time.sleep(0.02)
