"""The simulated providers' inside: tasks move through their states as time passes, and what is billed is written down.

Every request first calls `advance`, so a reply is never older than the clock; a ticker calls it too, for the webhooks
that nobody asks for. Memory is only a copy: whatever changes is committed before anybody is told.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Literal

from generations.sandbox.accounts import Accounts
from generations.sandbox.config import RESULT_DAYS, SandboxConfig
from generations.sandbox.faults import FAULTS, Armed, Losses
from generations.sandbox.shelf import Shelf
from generations.sandbox.shot import Shot
from generations.sandbox.store import Letter, Store
from generations.sandbox.studio import Studio
from generations.sandbox.tasks import Failure, State, Task

Moment = Literal["start", "end"]
LettersFor = Callable[[Task], list[Letter]]
WAITS = ("fal", "wavespeed")  # the providers whose tasks wait for a slot; the others refuse them
INPUT_FAILURE_SHARE = 0.15  # a runner finds a bad input long before the film would have been done


class World(Shelf):
    """All tasks of all providers. Everything here runs on the event loop's thread, one thing at a time."""

    def __init__(self, config: SandboxConfig, store: Store, studio: Studio) -> None:
        super().__init__(studio, config.public_origin)
        self.config = config
        self.store = store
        self.armed = Armed()
        self.losses = Losses()
        self.skew_seconds = 0.0  # how far the providers' clocks are ahead
        self.latency_seconds: dict[str, float] = {}
        self.result_seconds = RESULT_DAYS * 86_400.0
        self.requests: Counter[str] = Counter()
        self.kling_secrets: dict[str, str] = store.setting("kling_secrets") or {}
        self.letters_for: LettersFor = lambda task: []
        self.on_letters: Callable[[Iterable[Letter]], None] = lambda letters: None
        self._moments: list[tuple[float, int, str, Moment]] = []
        self.accounts = Accounts(store)
        self._open: Counter[tuple[str, str, str]] = Counter()  # slots held, by account and lane
        self._running: Counter[tuple[str, str]] = Counter()
        self._waiting: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)  # task -> its number in the line
        self._numbers = itertools.count()
        self._unrendered: dict[str, set[str]] = defaultdict(set)  # film key -> tasks whose time is over
        self._watched: dict[str, asyncio.Event] = {}
        self._changed: dict[str, Task] = {}
        self._letters: list[Letter] = []
        self._seq = 0
        self._load()

    # Making

    def accept(self, task: Task) -> None:
        """Take a task: from here on it exists and will be billed, whatever becomes of the reply."""
        self._seq += 1
        task.seq = self._seq
        if self.losses.take(task.provider):
            task.faults["lost reply"] = (1, 0.0)
        task.films = [self.studio.order(Shot(**shot)) for shot in task.shots]
        task.updated_at = task.submitted_at
        self._remember(task)
        self._note(task)
        self._commit()

    def unfinished(self, provider: str, account: str, lane: str = "") -> int:
        """How many slots of a lane an account's tasks hold that are not over."""
        return self._open[(provider, account, lane)]

    def ahead_of(self, task: Task) -> int:
        """How many of the same account came before this one and wait for a slot; a little high after cancels."""
        line = self._waiting[(task.provider, task.account)]
        return line[task.id] - next(iter(line.values())) if task.id in line else 0

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

    def keep(self, task: Task) -> None:
        """Commit what a host has noted with a task."""
        self.store.save([task])

    async def until_over(self, task: Task, seconds: float) -> bool:
        """Wait until a task is over, at most so long. Whether it is."""
        if not task.is_over:
            over = self._watched.setdefault(task.id, asyncio.Event())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), seconds)
        return task.is_over

    # Time

    def clock(self) -> float:
        """The time as the providers believe it is."""
        return time.time() + self.skew_seconds

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
                if key in task.films and not task.is_over:
                    task.failure = broken
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
        if task.provider in WAITS and self._running[slot] >= self.config.concurrency(task.provider):
            self._waiting[slot][task.id] = next(self._numbers)
            return
        self._running[slot] += 1
        self.move(task, "running")
        task.started_at, task.updated_at = at, at
        self._note(task)
        self._plan_end(task)

    def _end(self, task: Task, at: float) -> None:
        missing = [film for film in task.films if not self.studio.is_ready(film)]
        if task.failure is not None:
            self._close(task, "failed", at)
        elif missing:
            self._unrendered[missing[0]].add(task.id)
        else:
            self._close(task, "done", at)

    def _close(self, task: Task, state: State, at: float) -> None:
        slot = (task.provider, task.account)
        self._open[(*slot, task.lane)] -= task.slots
        if task.state == "running":
            self._running[slot] -= 1
        else:
            self._waiting[slot].pop(task.id, None)
        self.move(task, state)
        task.done_at, task.updated_at = at, at
        if state == "done" or (task.failure is not None and task.failure.charged):
            task.billed, task.usd = task.due, task.due_usd
            self.accounts.charge(task)
        self.accounts.free(task)
        self._note(task)
        self._fill_slots(slot, at)

    def _fill_slots(self, slot: tuple[str, str], at: float) -> None:
        line = self._waiting[slot]
        while line and self._running[slot] < self.config.concurrency(slot[0]):
            first = next(iter(line))
            del line[first]
            self._start(self.tasks[first], at)

    def _plan_end(self, task: Task) -> None:
        if task.has("stuck") or task.started_at is None:
            return
        early = task.failure is not None and task.failure.early
        seconds = task.render_seconds * (INPUT_FAILURE_SHARE if early else 1)
        heapq.heappush(self._moments, (task.started_at + seconds, task.seq, task.id, "end"))

    # Memory and file

    def _load(self) -> None:
        # A sandbox that was down cannot have been seen to finish anything: nothing is dated before it is back.
        self._woke_at = time.time()
        for task in self.store.tasks():
            self._seq = max(self._seq, task.seq)
            self._remember(task)
            if not task.is_over:
                task.films = [self.studio.order(Shot(**shot)) for shot in task.shots]

    def _remember(self, task: Task) -> None:
        self.put(task)
        if task.state == "queued":
            heapq.heappush(self._moments, (task.submitted_at + task.queue_seconds, task.seq, task.id, "start"))
        elif task.state == "running":
            self._running[(task.provider, task.account)] += 1
            self._plan_end(task)
        if task.is_over:
            self.accounts.charge(task)
        else:
            self._open[(task.provider, task.account, task.lane)] += task.slots
            self.accounts.hold(task)

    def _note(self, task: Task) -> None:
        """Remember that a task's state has changed, and who is to be told."""
        self._changed[task.id] = task
        self._letters.extend(self.letters_for(task))

    def _commit(self) -> None:
        if not self._changed:
            return
        letters, self._letters = self._letters, []
        self.store.save(self._changed.values(), letters)
        for task in self._changed.values():
            if task.is_over and (over := self._watched.pop(task.id, None)) is not None:
                over.set()
        self._changed.clear()
        if letters:
            self.on_letters(letters)
