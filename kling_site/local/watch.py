"""Tell the person at the terminal, once each, which program of the site ended or does not start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .supervise import NoAnswer, Supervisor

FAILING = {"BACKOFF", "FATAL"}


class Watch:
    def __init__(self, supervisor: Supervisor, var_dir: Path, say: Callable[[str], None]) -> None:
        self.supervisor = supervisor
        self.log = var_dir / "log"
        self.say = say
        self.pids: dict[str, int] = {}
        self.failing: set[str] = set()

    def look(self) -> None:
        """Compare with the last look, and say what is new."""
        try:
            programs = self.supervisor.programs()
        except NoAnswer:
            return  # the supervisor is ending; whoever watches its process says so
        for program in programs:
            self._one(str(program["name"]), str(program["statename"]), int(program["pid"]))

    def _one(self, name: str, state: str, pid: int) -> None:
        if state in FAILING and name not in self.failing:
            self.failing.add(name)
            self.say(f"{name} does not stay up; it is tried again and again. See {self.log / f'{name}.log'}.")
        if state != "RUNNING":
            return
        if name in self.failing:
            self.say(f"{name} runs.")
        elif self.pids.get(name, pid) != pid:
            self.say(f"{name} ended and was started again. See {self.log / f'{name}.log'}.")
        self.failing.discard(name)
        self.pids[name] = pid
