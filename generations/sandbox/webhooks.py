"""Webhooks: written down with the change they tell of, signed as each provider signs, tried again, never in the way."""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import json
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from standardwebhooks.webhooks import Webhook

from generations.sandbox.fal_replies import failure_body
from generations.sandbox.kling import whole
from generations.sandbox.store import Letter
from generations.sandbox.tasks import Task
from generations.sandbox.wire import now
from generations.sandbox.world import World

RETRIES = {"fal": 10, "kling": 3}  # Kling documents none
FIRST_RETRY_SECONDS = 5.0  # doubles each time: ten retries within an hour and a half
RETRY_MIN_SECONDS = 0.2
TIMEOUT_SECONDS = 15.0
AT_ONCE = 16
STALE_SECONDS = 600
LOOPBACK = ("127.0.0.1", "localhost", "::1")
USER_ID = "sandbox-user"
SIGNING_FAULTS = ("forged webhook", "stale webhook")

ResultBody = Callable[[Task], dict[str, Any]]


class Courier:
    """Carries letters to whoever asked for them, on the loopback only."""

    def __init__(self, world: World, key: Ed25519PrivateKey, result_body: ResultBody) -> None:
        self.world = world
        self._key = key
        self._result_body = result_body
        self._due: list[tuple[float, str, Letter]] = []
        self._news = asyncio.Event()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._faults: dict[str, str] = {}  # letter -> how it is to be signed wrongly
        world.letters_for = self.letters_for
        world.on_letters = self.take

    def letters_for(self, task: Task) -> list[Letter]:
        """What is to be sent now that a task has changed: fal tells the end only, Kling every state."""
        if not task.webhook_url or (task.provider == "fal" and not task.is_over):
            return []
        if not _is_loopback(task.webhook_url):
            task.webhook_note = "not sent: the sandbox calls only http addresses of this machine"
            return []
        fault = self.world.take_fault(task, "webhook")
        if fault == "no webhook":
            return []
        body = json.dumps(self._event(task) if task.provider == "fal" else whole(task))
        copies = 2 if fault == "double webhook" else 1
        letters = [
            Letter(str(uuid.uuid4()), task.id, task.provider, task.webhook_url, body, now()) for _ in range(copies)
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
        if letter.tries > RETRIES[letter.provider]:
            self._done(letter, f"given up: {note}")
            return
        pause = FIRST_RETRY_SECONDS * 2 ** (letter.tries - 1) / self.world.config.speed
        letter.due_at = now() + max(RETRY_MIN_SECONDS, pause)
        self.world.store.save((), [letter])
        self.take([letter])

    def _event(self, task: Task) -> dict[str, Any]:
        event = {"request_id": task.id, "gateway_request_id": task.id, "status": "OK"}
        if task.state == "done":
            return {**event, "payload": self._result_body(task)}
        status = 499 if task.failure is None else task.failure.status
        words = "Request was cancelled" if task.failure is None else task.failure.message
        payload = failure_body(task.failure) if task.failure and status == 422 else {"detail": words}
        return {**event, "status": "ERROR", "payload": payload, "error": f"Invalid status code: {status}"}

    def _signature(self, letter: Letter) -> dict[str, str]:
        fault = self._faults.get(letter.id, "")
        at = int(now()) - (STALE_SECONDS if fault == "stale webhook" else 0)
        if letter.provider == "fal":
            return self._fal_signature(letter, at, forged=fault == "forged webhook")
        secret = self.world.store.setting("kling_webhook_secret")
        return kling_signature(secret, letter, at, forged=fault == "forged webhook") if secret else {}

    def _fal_signature(self, letter: Letter, at: int, *, forged: bool) -> dict[str, str]:
        digest = hashlib.sha256(letter.body.encode()).hexdigest()
        message = "\n".join((letter.task_id, USER_ID, str(at), digest)).encode()
        key = Ed25519PrivateKey.generate() if forged else self._key
        return {
            "X-Fal-Webhook-Request-Id": letter.task_id,
            "X-Fal-Webhook-User-Id": USER_ID,
            "X-Fal-Webhook-Timestamp": str(at),
            "X-Fal-Webhook-Signature": key.sign(message).hex(),
        }


def kling_signature(secret: str, letter: Letter, at: int, *, forged: bool = False) -> dict[str, str]:
    """Standard Webhooks headers."""
    value = Webhook(secret).sign(letter.id, datetime.fromtimestamp(at, UTC), letter.body)
    if forged:
        value = f"v1,{'A' * 43}="
    return {"webhook-id": letter.id, "webhook-timestamp": str(at), "webhook-signature": value}


def _is_loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and parts.hostname in LOOPBACK
    except ValueError:
        return False
