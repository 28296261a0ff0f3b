"""Where films are made: one thread that hands shots to one low-priority process and starts another if that dies."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from generations.sandbox.shot import STILLS, Shot

ROOT = Path(__file__).resolve().parents[2]
TINY_SHORT_SIDE = 108
TINY_PICTURE_SIDE = 300  # so that a picture can be the input of a next call
TRIES = 2

OnReady = Callable[[str, str], None]  # film key, error ("" when the film is there)


class Studio:
    """Each film is made once: its key names its content. `on_ready` is called on the studio's own thread."""

    def __init__(self, folder: Path, *, tiny: bool, on_ready: OnReady) -> None:
        self.folder = folder
        self._tiny = tiny
        self._on_ready = on_ready
        self._orders: queue.SimpleQueue[tuple[str, Shot] | None] = queue.SimpleQueue()
        self._wanted: set[str] = set()
        self._stopping = False
        self._worker: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._run, name="sandbox-studio", daemon=True)

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for unfinished in self.folder.glob("*.part"):
            unfinished.unlink(missing_ok=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._orders.put(None)
        if self._worker is not None:
            self._worker.kill()
            self._worker.wait(timeout=5)
        self._thread.join(timeout=5)

    def path(self, key: str) -> Path:
        return self.folder / (key if "." in key else f"{key}.mp4")  # the names of films had no suffix once

    def is_ready(self, key: str) -> bool:
        return self.path(key).exists()

    def order(self, shot: Shot) -> str:
        """Have a file made, unless it is there or on its way. Its key."""
        if self._tiny:
            side = TINY_PICTURE_SIDE if shot.suffix in STILLS else TINY_SHORT_SIDE
            shot = replace(shot, short_side=side, aspect_ratio="16:9", seed="tiny", first="", last="", source="")
        key = shot.key
        if key not in self._wanted and not self.is_ready(key):
            self._wanted.add(key)
            self._orders.put((key, shot))
        return key

    def _run(self) -> None:
        while (order := self._orders.get()) is not None and not self._stopping:
            key, shot = order
            error = self._make(key, shot)
            if self._stopping:
                return
            self._wanted.discard(key)
            self._on_ready(key, error)

    def _make(self, key: str, shot: Shot) -> str:
        order = json.dumps({"key": key, "shot": asdict(shot), "path": str(self.path(key))})
        for _ in range(TRIES):
            worker = self._live_worker()
            if worker.stdin is None or worker.stdout is None:
                raise RuntimeError("The render process has no pipes.")
            try:
                worker.stdin.write(order + "\n")
                worker.stdin.flush()
                answer = worker.stdout.readline()
            except BrokenPipeError:
                answer = ""
            if answer:
                return str(json.loads(answer)["error"])
            self._worker = None
            if self._stopping:
                break
        return "The render process died."

    def _live_worker(self) -> subprocess.Popen[str]:
        if self._worker is None or self._worker.poll() is not None:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "generations.sandbox.film_worker"],
                cwd=ROOT,
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._worker
