"""Find and stop what an earlier run on the same folder left behind, for example after its supervisor was killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

# Every process of a run carries its folder in this variable; a shell in which somebody works does not.
MARK = "KLING_SITE_RUN"


def is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def marked(folder: Path, without: Iterable[int] = ()) -> list[psutil.Process]:
    """The living processes of the run on `folder`, without this one, its parents, and the families of some pids."""
    mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = [p for p in psutil.process_iter() if p.pid not in mine and _mark(p) == str(folder) and is_alive(p)]
    return [process for process in found if not family(process) & set(without)]


def family(process: psutil.Process) -> set[int]:
    """The pids of `process` and its parents."""
    try:
        return {process.pid, *(parent.pid for parent in process.parents())}
    except psutil.NoSuchProcess:
        return set()


def server(pid_file: Path, words: Iterable[str]) -> psutil.Process | None:
    """The process named in a server's pid file, if it lives and its command line has all `words`.

    A number alone proves nothing: after a restart of the machine another program may have it.
    """
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        line = " ".join(process.cmdline())
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return process if is_alive(process) and all(word in line for word in words) else None


def stop(processes: Iterable[psutil.Process], seconds: float, with_signal: int = signal.SIGTERM) -> list[str]:
    """Ask, wait, then kill. Returns the names of those that were there."""
    waiting = [process for process in processes if is_alive(process)]
    names = [_send(process, with_signal) for process in waiting]
    until = time.monotonic() + seconds
    while (waiting := [process for process in waiting if is_alive(process)]) and time.monotonic() < until:
        time.sleep(0.05)
    for process in waiting:
        _send(process, signal.SIGKILL)
    return names


def _send(process: psutil.Process, with_signal: int) -> str:
    try:
        name = str(process.name())
        process.send_signal(with_signal)
    except psutil.NoSuchProcess:
        return "a process that had just ended"
    return name


def _mark(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None
