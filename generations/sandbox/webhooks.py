"""Webhooks: written down with the change they tell of, signed as each provider signs, tried again, never in the way."""

from __future__ import annotations

import asyncio
import heapq
import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp

from generations.sandbox.store import Letter
from generations.sandbox.tasks import Task
from generations.sandbox.wire import now
from generations.sandbox.world import World

FIRST_RETRY_SECONDS = 5.0  # doubles each time: ten retries within an hour and a half
RETRY_MIN_SECONDS = 0.2
TIMEOUT_SECONDS = 15.0
AT_ONCE = 16
STALE_SECONDS = 600
LATE_SECONDS = 20.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SIGNING_FAULTS = ("forged webhook", "stale webhook")


class Post(Protocol):
    """How one provider tells of a task: when, with which body, and how the delivery is signed."""

    retries: int

    def event(self, task: Task) -> dict[str, Any] | None:
        """What is to be sent now that a task has changed, or None."""

    def sign(self, letter: Letter, at: int, *, forged: bool) -> dict[str, str]:
        """The headers that make a delivery genuine, or with `forged` nearly so. `at` is in unix seconds."""


class Courier:
    """Carries letters to whoever asked for them, on the loopback only."""

    def __init__(self, world: World, posts: Mapping[str, Post]) -> None:
        self.world = world
        self._posts = posts
        self._due: list[tuple[float, str, Letter]] = []
        self._news = asyncio.Event()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._faults: dict[str, str] = {}  # letter -> how it is to be signed wrongly
        world.letters_for = self.letters_for
        world.on_letters = self.take

    def letters_for(self, task: Task) -> list[Letter]:
        """What is to be sent now that a task has changed."""
        event = self._posts[task.provider].event(task) if task.webhook_url else None
        if event is None:
            return []
        if not _is_loopback(task.webhook_url):
            task.webhook_note = "not sent: the sandbox calls only http addresses of this machine"
            return []
        fault = self.world.take_fault(task, "webhook")
        if fault == "no webhook":
            return []
        body, due = json.dumps(event), now()
        if fault == "late webhook":
            due += task.fault_seconds(fault, LATE_SECONDS)
        copies = 2 if fault == "double webhook" else 1
        letters = [
            Letter(str(uuid.uuid4()), task.id, task.provider, task.webhook_url, body, due) for _ in range(copies)
        ]
        if fault in SIGNING_FAULTS:
            self._faults |= {letter.id: fault for letter in letters}
        return letters

    def take(self, letters: Iterable[Letter]) -> None:
        for letter in letters:
            heapq.heappush(self._due, (letter.due_at, letter.id, letter))
        self._news.set()

    async def run(self) -> None:
        """Send what is due, for ever."""
        self.take(self.world.store.letters())
        limit = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        async with aiohttp.ClientSession(timeout=limit) as session, asyncio.TaskGroup() as group:
            while True:
                await self._wait()
                while self._due and self._due[0][0] <= now():
                    await self._places.acquire()
                    group.create_task(self._send(session, heapq.heappop(self._due)[2]))

    async def _wait(self) -> None:
        self._news.clear()
        pause = self._due[0][0] - now() if self._due else None
        if pause is not None and pause <= 0:
            return
        try:
            await asyncio.wait_for(self._news.wait(), pause)
        except TimeoutError:
            return

    async def _send(self, session: aiohttp.ClientSession, letter: Letter) -> None:
        try:
            headers = {"Content-Type": "application/json", **self._signature(letter)}
            options: Any = {"headers": headers, "allow_redirects": False}
            async with session.post(letter.url, data=letter.body.encode(), **options) as reply:
                note = f"answered {reply.status}"
                arrived = reply.ok and reply.status < 300
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            note, arrived = type(error).__name__, False
        finally:
            self._places.release()
        self.world.requests["webhook.delivered" if arrived else "webhook.failed"] += 1
        self._done(letter, note) if arrived else self._again(letter, note)

    def _done(self, letter: Letter, note: str) -> None:
        self._faults.pop(letter.id, None)
        self.world.tasks[letter.task_id].webhook_note = note
        self.world.store.drop_letter(letter)

    def _again(self, letter: Letter, note: str) -> None:
        letter.tries += 1
        if letter.tries > self._posts[letter.provider].retries:
            self._done(letter, f"given up: {note}")
            return
        pause = FIRST_RETRY_SECONDS * 2 ** (letter.tries - 1) / self.world.config.speed
        letter.due_at = now() + max(RETRY_MIN_SECONDS, pause)
        self.world.store.save((), [letter])
        self.take([letter])

    def _signature(self, letter: Letter) -> dict[str, str]:
        fault = self._faults.get(letter.id, "")
        at = int(self.world.clock()) - (STALE_SECONDS if fault == "stale webhook" else 0)
        return self._posts[letter.provider].sign(letter, at, forged=fault == "forged webhook")


def _is_loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and parts.hostname in LOOPBACK
    except ValueError:
        return False
