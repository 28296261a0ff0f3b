"""WaveSpeedAI's host, API version 3: submit by model path, result, history, balance, price, uploads.

A bearer key is an account; one that begins with `bronze-`, `silver-` or `gold-` has that tier's limits, others the
highest. What is submitted over the limit of a minute is refused, what is over the concurrency waits.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Address

from generations.sandbox import products
from generations.sandbox.billing import cost_of
from generations.sandbox.desk import Desk
from generations.sandbox.inputs import BadFile, Inputs
from generations.sandbox.products import Checked
from generations.sandbox.tasks import Task
from generations.sandbox.wavespeed_post import SECRET
from generations.sandbox.wavespeed_shapes import envelope, prediction, with_input
from generations.sandbox.wavespeed_storage import WaveSpeedStorage
from generations.sandbox.wavespeed_words import failure_asked, failure_of, refusal, refusal_of, said
from generations.sandbox.wire import SPECIAL_KEYS, account_label, gateway_page, now, read_json, spoil

BODY_MAX_BYTES = 30_000_000
VIDEOS_PER_MINUTE = {"bronze": 5, "silver": 60, "gold": 600}
ULTRA_PER_MINUTE = 5_000
SYNC_SECONDS = 60.0
PAGE_MAX = 100

Answer = Callable[[Request, str], Awaitable[Response]]


class WaveSpeedHost:
    """The API host over one world."""

    def __init__(self, desk: Desk, storage: WaveSpeedStorage, origin: str) -> None:
        self.world = desk.world
        self.desk = desk
        self.storage = storage
        self.api = f"{origin}/wavespeed/api/v3"
        self.cdn = f"{origin}/wavespeed-cdn/outputs"
        self._submits: dict[str, deque[float]] = defaultdict(deque)

    def addresses(self) -> list[Address]:
        gets = {
            "/api/v3/predictions/{id}/result": self.result,
            "/api/v3/predictions/{id}": self.result,
            "/api/v3/balance": self.balance,
            "/api/v3/models": self.models,
            "/api/v3/webhook/secret": self.webhook_secret,
        }
        posts = {
            "/api/v3/predictions": self.history,
            "/api/v3/media/uploads": self.ticket,
            "/api/v3/model/price": self.price,
            "/api/v3/{model:path}": self.submit,
        }
        found = [Address(path, self._known(answer), methods=["GET"]) for path, answer in gets.items()]
        return found + [Address(path, self._known(answer), methods=["POST"]) for path, answer in posts.items()]

    def _known(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        """An answer for callers with a key."""

        async def reply(request: Request) -> Response:
            scheme, _, key = request.headers.get("authorization", "").partition(" ")
            key = key.strip()
            if scheme != "Bearer" or not key or SPECIAL_KEYS.get(key) == "refused":
                return said(401)
            self.world.advance()
            return await answer(request, key)

        return reply

    # Submit

    async def submit(self, request: Request, key: str) -> Response:
        self.world.requests["wavespeed.submit"] += 1
        raw = await request.body()
        body = read_json(raw)
        product = products.find("wavespeed", request.path_params["model"])
        checked = products.check(product, body) if product and body is not None else None
        prompt = checked.prompt if checked else str((body or {}).get("prompt"))
        asked = self.desk.asked("wavespeed", prompt, request.headers.get("x-sandbox-fault", ""))
        if (refused := await refusal(request, asked)) is not None:
            return refused
        if product is None:
            return said(404, f"model {request.path_params['model']} not found")
        if checked is None or len(raw) > BODY_MAX_BYTES:
            return said(400, "the request body is not valid JSON")
        if checked.faults:
            return refusal_of(checked.faults[0])
        account = account_label(key)
        if self._is_over_rate(account, key):
            return said(429)
        failure, inputs = failure_asked(asked), Inputs()
        try:
            inputs = await self.desk.read(checked)
        except BadFile as bad:
            failure = failure_of(bad)
        task = self._make(request, checked, inputs, account=account, raw=raw, asked=asked, failure=failure)
        if SPECIAL_KEYS.get(key) == "empty" or not self.world.accounts.can_pay(task):
            return said(402)
        self.world.accept(task)
        if task.has("500 after accept"):
            return said(500)
        if (body or {}).get("enable_sync_mode"):
            return await spoil(request, task, await self._wait_for(task))
        return await spoil(request, task, envelope(prediction(task)))

    def _make(self, request: Request, checked: Checked, inputs: Inputs, **facts: Any) -> Task:
        task_id = uuid.uuid4().hex
        get = f"{self.api}/predictions/{task_id}/result"
        return self.desk.make(
            checked,
            inputs,
            task_id=task_id,
            cdn=self.cdn,
            webhook_url=request.query_params.get("webhook", ""),
            extra={"get": get, "input": read_json(facts["raw"])},
            **facts,
        )

    def _is_over_rate(self, account: str, key: str) -> bool:
        """Whether this submit is one too many in a minute of simulated time; if not, it counts."""
        most = VIDEOS_PER_MINUTE.get(key.partition("-")[0], ULTRA_PER_MINUTE)
        recent, minute = self._submits[account], 60.0 / self.world.config.speed
        while recent and recent[0] <= now() - minute:
            recent.popleft()
        if len(recent) >= most:
            return True
        recent.append(now())
        return False

    async def _wait_for(self, task: Task) -> Response:
        """Sync mode: the answer when the task is over; after a minute one that says that it goes on."""
        until = now() + SYNC_SECONDS / self.world.config.speed
        while not task.is_over and now() < until:
            await asyncio.sleep(0.02)
            self.world.advance()
        if task.is_over:
            return envelope(prediction(task))
        words = f"Sync mode timed out. Query the result later at: {task.extra['get']}"
        return envelope({**prediction(task), "error": words, "code": 5004})

    # Predictions

    async def result(self, request: Request, key: str) -> Response:
        self.world.requests["wavespeed.status"] += 1
        task = self.world.get("wavespeed", account_label(key), request.path_params["id"])
        if task is None:
            return said(404, "prediction not found")
        trouble = self.world.take_fault(task, "status")
        if trouble in ("500 status", "429 status"):
            return said(int(trouble[:3]))
        if trouble == "html status":
            return gateway_page(200, "Welcome")
        value = prediction(task)
        if trouble == "unknown state":
            return envelope({**value, "status": "paused"})
        trouble = self.world.take_fault(task, "result") if task.is_over else ""
        if trouble == "504 result":
            return said(504)
        return envelope({**value, "outputs": []} if trouble == "no url" else value)

    async def history(self, request: Request, key: str) -> Response:
        """The account's predictions, newest first."""
        self.world.requests["wavespeed.history"] += 1
        body = read_json(await request.body()) or {}
        page, size = body.get("page", 1), body.get("page_size", 20)
        if not _is_count(page, 100_000) or not _is_count(size, PAGE_MAX):
            return said(400, f"page and page_size are whole numbers from 1, page_size at most {PAGE_MAX}")
        found = [task for task in self.world.of_account("wavespeed", account_label(key)) if _is_asked_for(task, body)]
        items = [with_input(task) for task in found[(page - 1) * size : page * size]]
        return envelope({"page": page, "items": items})

    # Platform

    async def ticket(self, request: Request, key: str) -> Response:
        self.world.requests["wavespeed.ticket"] += 1
        found = self.storage.ticket(read_json(await request.body()) or {})
        return envelope(found) if found else said(400, "filename and size (at most 200 MB) are required")

    async def balance(self, request: Request, key: str) -> Response:
        self.world.requests["wavespeed.balance"] += 1
        empty = SPECIAL_KEYS.get(key) == "empty"
        return envelope(
            {"balance": 0.0 if empty else float(self.world.accounts.balance("wavespeed", account_label(key)))}
        )

    async def price(self, request: Request, key: str) -> Response:
        self.world.requests["wavespeed.price"] += 1
        body = read_json(await request.body()) or {}
        product, inputs = products.find("wavespeed", str(body.get("model_id"))), body.get("inputs")
        if product is None:
            return said(404, "model not found")
        checked = products.check(product, inputs if isinstance(inputs, dict) else {})
        amount = float(cost_of(checked, checked.seconds).amount)
        return envelope({"price": amount, "discounted_price": amount, "discount_rate": 1.0, "currency": "USD"})

    async def models(self, request: Request, key: str) -> Response:
        found = products.load()["wavespeed"].values()
        return envelope([{"model_id": item.path, "name": item.path, "type": item.settings["does"]} for item in found])

    async def webhook_secret(self, request: Request, key: str) -> Response:
        return envelope({"secret": self.world.store.setting(SECRET) or ""})


def _is_count(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _is_asked_for(task: Task, body: dict[str, Any]) -> bool:
    """Whether a history with these filters shows a task."""
    after, before = _moment(body.get("created_after")), _moment(body.get("created_before"))
    if (after is not None and task.submitted_at < after) or (before is not None and task.submitted_at > before):
        return False
    shown = prediction(task)
    return all(body.get(name) in (None, "", shown[name]) for name in ("model", "status"))


def _moment(value: Any) -> float | None:
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) and value else None
    except ValueError:
        return None
