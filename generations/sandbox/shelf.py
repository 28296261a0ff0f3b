"""Where tasks are found again: by id, by the caller's id, by account, by place in the order, by what they made."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from generations.sandbox.kling_shapes import output_ids
from generations.sandbox.studio import Studio
from generations.sandbox.tasks import State, Task

OUTPUT = re.compile(r"/([^/?]+)/(output[^/?]*)(?:\?.*)?$")


class Shelf:
    """All tasks in memory, with an index for each question, so that none of them walks through all tasks."""

    def __init__(self, studio: Studio, origin: str) -> None:
        self.studio = studio
        self.tasks: dict[str, Task] = {}
        self.made: dict[str, Task] = {}  # the id of a film or sound -> its task, for calls that build on it
        self.states: dict[str, Counter[str]] = defaultdict(Counter)
        self._origin = origin
        self._all: list[Task] = []
        self._external: dict[tuple[str, str, str], str] = {}
        self._of_account: dict[tuple[str, str], list[Task]] = defaultdict(list)

    def put(self, task: Task) -> None:
        """Add a task; tasks come in the order of their `seq`."""
        self.tasks[task.id] = task
        self._all.append(task)
        self._of_account[(task.provider, task.account)].append(task)
        self.states[task.provider][task.state] += 1
        if task.external_id:
            self._external[(task.provider, task.account, task.external_id)] = task.id
        self._keep_made(task)

    def move(self, task: Task, state: State) -> None:
        """Give a task another state."""
        self.states[task.provider][task.state] -= 1
        self.states[task.provider][state] += 1
        task.state = state
        self._keep_made(task)

    def _keep_made(self, task: Task) -> None:
        if task.state == "done" and task.provider == "kling":
            self.made |= dict.fromkeys(output_ids(task), task)

    def get(self, provider: str, account: str, task_id: str) -> Task | None:
        """A task of this account by the provider's id, or None: another account's task does not exist."""
        task = self.tasks.get(task_id)
        return task if task and (task.provider, task.account) == (provider, account) else None

    def find_external(self, provider: str, account: str, external_id: str) -> Task | None:
        """A task by the id its maker gave it, or None."""
        found = self._external.get((provider, account, external_id))
        return self.tasks[found] if found else None

    def of_account(self, provider: str, account: str) -> Iterator[Task]:
        """All tasks of an account, newest first."""
        return reversed(self._of_account[(provider, account)])

    def since(self, seq: int) -> list[Task]:
        """The tasks after a place in the order, oldest first."""
        tasks = self._all
        return tasks[bisect_right(tasks, seq, key=lambda task: task.seq) :]

    def film_at(self, task_id: str, name: str) -> Path | None:
        """The path of a finished task's file by the last part of its address, or None."""
        task = self.tasks.get(task_id)
        if task is None or task.state != "done":
            return None
        names = (url.rsplit("/", 1)[-1] for url in task.outputs)
        return next(
            (self.studio.path(film) for found, film in zip(names, task.films, strict=False) if found == name), None
        )

    def film_behind(self, url: str) -> Path | None:
        """The path of the file at an address that the sandbox handed out, or None."""
        match = OUTPUT.search(url)
        return self.film_at(match[1], match[2]) if match and url.startswith(self._origin) else None
