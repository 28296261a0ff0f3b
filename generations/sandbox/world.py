"""The simulated providers' inside: tasks move through their states as time passes, and what is billed is written down.

Every request first calls `advance`, so a reply is never older than the clock; a ticker calls it too, for the webhooks
that nobody asks for. Memory is only a copy: whatever changes is committed before anybody is told.
"""

from __future__ import annotations

import heapq
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Literal

from generations.sandbox.billing import bill
from generations.sandbox.config import SandboxConfig
from generations.sandbox.faults import FAULTS, Armed
from generations.sandbox.shot import Shot
from generations.sandbox.store import Letter, Store
from generations.sandbox.studio import Studio
from generations.sandbox.tasks import Failure, State, Task

Moment = Literal["start", "end"]
LettersFor = Callable[[Task], list[Letter]]
INPUT_FAILURE_SHARE = 0.15  # a runner finds a bad input long before the film would have been done


class World:
    """All tasks of both providers. Everything here runs on the event loop's thread, one thing at a time."""

    def __init__(self, config: SandboxConfig, store: Store, studio: Studio) -> None:
        self.config = config
        self.store = store
        self.studio = studio
        self.armed = Armed()
        self.requests: Counter[str] = Counter()
        self.kling_secrets: dict[str, str] = store.setting("kling_secrets") or {}
        self.letters_for: LettersFor = lambda task: []
        self.on_letters: Callable[[Iterable[Letter]], None] = lambda letters: None
        self.tasks: dict[str, Task] = {}
        self._external: dict[tuple[str, str, str], str] = {}
        self._moments: list[tuple[float, int, str, Moment]] = []
        self._open: Counter[tuple[str, str]] = Counter()
        self._running: Counter[tuple[str, str]] = Counter()
        self._waiting: dict[str, deque[str]] = defaultdict(deque)
        self._unrendered: dict[str, set[str]] = defaultdict(set)  # film key -> tasks whose time is over
        self._changed: dict[str, Task] = {}
        self._letters: list[Letter] = []
        self._seq = 0
        self._load()

    # Making and finding

    def accept(self, task: Task, shot: Shot | None) -> None:
        """Take a task: from here on it exists and will be billed, whatever becomes of the reply."""
        self._seq += 1
        task.seq = self._seq
        if shot is not None and task.failure is None and not task.has("stuck"):
            task.film = self.studio.order(shot)
        task.updated_at = task.submitted_at
        self._remember(task)
        self._note(task)
        self._commit()

    def get(self, provider: str, account: str, task_id: str) -> Task | None:
        """A task of this account by the provider's id, or None: another account's task does not exist."""
        task = self.tasks.get(task_id)
        return task if task and (task.provider, task.account) == (provider, account) else None

    def find_external(self, provider: str, account: str, external_id: str) -> Task | None:
        """A task by the id its maker gave it, or None."""
        found = self._external.get((provider, account, external_id))
        return self.tasks[found] if found else None

    def of_account(self, provider: str, account: str) -> list[Task]:
        """All tasks of an account, newest first."""
        return [task for task in reversed(self.tasks.values()) if (task.provider, task.account) == (provider, account)]

    def unfinished(self, provider: str, account: str) -> int:
        """How many of an account's tasks are not over."""
        return self._open[(provider, account)]

    def ahead_of(self, task: Task) -> int:
        """How many of the same account wait for a slot before this one."""
        line = self._waiting[task.account]
        return line.index(task.id) if task.id in line else 0

    def take_fault(self, task: Task, kind: str) -> str:
        """The trouble that a request about a task meets, used up and committed; "" for none."""
        for name in task.faults:
            if FAULTS[name].at == kind and task.take(name):
                self.store.save([task])
                return name
        return next((item.name for item in self.armed.take(task.provider, (kind,))), "")

    def know_kling_secrets(self, secrets: dict[str, str]) -> None:
        """From now on check the signatures of these access keys."""
        self.kling_secrets = secrets
        self.store.put_setting("kling_secrets", secrets)

    # Time

    def advance(self, now: float | None = None) -> None:
        """Let everything happen that is due."""
        now = time.time() if now is None else now
        while self._moments and self._moments[0][0] <= now:
            due, _, task_id, moment = heapq.heappop(self._moments)
            task = self.tasks[task_id]
            if not task.is_over:
                happen = self._start if moment == "start" else self._end
                happen(task, max(due, self._woke_at))
        self._commit()

    def film_ready(self, key: str, error: str) -> None:
        """The studio has made a film, or could not: tasks whose simulated time is over end now."""
        now = time.time()
        if error:
            broken = Failure("image_load_error", f"The image could not be read: {error}", loc=("body", "image_url"))
            for task in self.tasks.values():
                if task.film == key and not task.is_over:
                    task.failure, task.film = broken, ""
        for task_id in self._unrendered.pop(key, set()):
            if not self.tasks[task_id].is_over:
                self._end(self.tasks[task_id], now)
        self._commit()

    def cancel(self, task: Task, now: float) -> None:
        """A waiting task leaves the queue; a running one only hears of the wish, unless told to obey."""
        task.cancel_requested_at = now
        if task.state == "queued" or task.has("obey cancel"):
            self._close(task, "canceled", now)
        self._changed[task.id] = task
        self._commit()

    def _start(self, task: Task, at: float) -> None:
        slot = (task.provider, task.account)
        if task.provider == "fal" and self._running[slot] >= self.config.fal_concurrency:
            self._waiting[task.account].append(task.id)
            return
        self._running[slot] += 1
        task.state, task.started_at, task.updated_at = "running", at, at
        self._note(task)
        self._plan_end(task)

    def _end(self, task: Task, at: float) -> None:
        if task.failure is not None:
            self._close(task, "failed", at)
        elif self.studio.is_ready(task.film):
            self._close(task, "done", at)
        else:
            self._unrendered[task.film].add(task.id)

    def _close(self, task: Task, state: State, at: float) -> None:
        account = (task.provider, task.account)
        self._open[account] -= 1
        if task.state == "running":
            self._running[account] -= 1
        elif task.id in self._waiting[task.account]:
            self._waiting[task.account].remove(task.id)
        task.state, task.done_at, task.updated_at = state, at, at
        if state == "done" or (task.failure is not None and task.failure.charged):
            bill(task)
        self._note(task)
        self._fill_slots(task.account, at)

    def _fill_slots(self, account: str, at: float) -> None:
        line = self._waiting[account]
        while line and self._running[("fal", account)] < self.config.fal_concurrency:
            self._start(self.tasks[line.popleft()], at)

    def _plan_end(self, task: Task) -> None:
        if task.has("stuck") or task.started_at is None:
            return
        early = task.failure is not None and task.failure.loc[-1] != "prompt"
        seconds = task.render_seconds * (INPUT_FAILURE_SHARE if early else 1)
        heapq.heappush(self._moments, (task.started_at + seconds, task.seq, task.id, "end"))

    # Memory and file

    def _load(self) -> None:
        # A sandbox that was down cannot have been seen to finish anything: nothing is dated before it is back.
        self._woke_at = time.time()
        for task in self.store.tasks():
            self._seq = max(self._seq, task.seq)
            self._remember(task)
            if task.film and not task.is_over:
                task.film = self.studio.order(Shot(**task.shot))

    def _remember(self, task: Task) -> None:
        self.tasks[task.id] = task
        if task.external_id:
            self._external[(task.provider, task.account, task.external_id)] = task.id
        if task.state == "queued":
            heapq.heappush(self._moments, (task.submitted_at + task.queue_seconds, task.seq, task.id, "start"))
        elif task.state == "running":
            self._running[(task.provider, task.account)] += 1
            self._plan_end(task)
        if not task.is_over:
            self._open[(task.provider, task.account)] += 1

    def _note(self, task: Task) -> None:
        """Remember that a task's state has changed, and who is to be told."""
        self._changed[task.id] = task
        self._letters.extend(self.letters_for(task))

    def _commit(self) -> None:
        if not self._changed:
            return
        letters, self._letters = self._letters, []
        self.store.save(self._changed.values(), letters)
        self._changed.clear()
        if letters:
            self.on_letters(letters)
