"""fal's queue host: submit, status, result, cancel. The subpath of an endpoint is gone from its requests' addresses."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route as Address

from generations.sandbox import products
from generations.sandbox.desk import Desk
from generations.sandbox.fal_auth import Stranger, account_of
from generations.sandbox.fal_replies import (
    LOCKED,
    drop_url,
    failure_asked,
    failure_body,
    infrastructure,
    infrastructure_words,
    logs_of,
    refusal,
    result_of,
)
from generations.sandbox.fal_words import detail, details
from generations.sandbox.faults import Asked
from generations.sandbox.inputs import BadFile, Inputs
from generations.sandbox.products import Checked
from generations.sandbox.tasks import Failure, Task
from generations.sandbox.wire import gateway_page, json_reply, now, read_json, spoil
from generations.sandbox.world import World

STREAM_SECONDS = 0.2
BODY_MAX_BYTES = 30_000_000


class FalQueue:
    """The queue host over one world."""

    def __init__(self, world: World, desk: Desk, origin: str) -> None:
        self.world = world
        self.desk = desk
        self.origin = f"{origin}/fal"
        self.cdn = f"{origin}/fal-cdn"

    def addresses(self) -> list[Address]:
        request = "/{owner}/{app}/requests/{id}"
        return [
            Address(f"{request}/status", self.status, methods=["GET"]),
            Address(f"{request}/status/stream", self.stream, methods=["GET"]),
            Address(f"{request}/cancel", self.cancel, methods=["PUT"]),
            Address(request, self.result, methods=["GET"]),
            Address(f"{request}/response", self.result, methods=["GET"]),
            Address("/{endpoint:path}", self.submit, methods=["POST"]),
        ]

    # Submit

    async def submit(self, request: Request) -> Response:
        self.world.requests["fal.submit"] += 1
        try:
            account = account_of(request.headers)
        except Stranger as stranger:
            return json_reply({"detail": stranger.words}, stranger.status)
        raw = await request.body()
        body = read_json(raw)
        product = products.find("fal", request.path_params["endpoint"])
        checked = products.check(product, body) if product and body is not None else None
        prompt = checked.prompt if checked else str((body or {}).get("prompt"))
        asked = self.desk.asked("fal", prompt, request.headers.get("x-sandbox-fault", ""))
        if (refused := await refusal(request, asked)) is not None:
            return refused
        if product is None:
            return json_reply({"detail": f"Application '{request.path_params['endpoint']}' not found"}, 404)
        if checked is None or len(raw) > BODY_MAX_BYTES:
            return json_reply({"detail": [detail(("body",), "value_error", "Invalid JSON")]}, 422)
        if checked.faults:
            return json_reply({"detail": details(checked.faults)}, 422, {"X-Fal-Retryable": "false"})
        task = await self._make(
            checked, asked, account=account, raw=raw, webhook_url=request.query_params.get("fal_webhook", "")
        )
        if not self.world.accounts.can_pay(task):
            return json_reply({"detail": LOCKED}, 403)
        self.world.accept(task)
        return await self._accepted(request, task)

    async def _make(self, checked: Checked, asked: dict[str, Asked], **facts: Any) -> Task:
        """The task of a body. A bad file is found by the runner: the task is taken and fails."""
        failure, inputs = failure_asked(asked), Inputs()
        try:
            inputs = await self.desk.read(checked)
        except BadFile as bad:
            failure = Failure(bad.kind, bad.message, 422, ("body", *bad.loc), dict(bad.ctx), early=True)
        task_id, cdn = str(uuid.uuid4()), f"{self.cdn}/results"
        return self.desk.make(checked, inputs, task_id=task_id, asked=asked, cdn=cdn, failure=failure, **facts)

    async def _accepted(self, request: Request, task: Task) -> Response:
        if task.has("500 after accept"):
            return infrastructure("Internal server error", "internal_error", 500)
        base = self._base(task)
        value = {
            "status": "IN_QUEUE",
            "request_id": task.id,
            "response_url": base,
            "status_url": f"{base}/status",
            "cancel_url": f"{base}/cancel",
            "queue_position": self._position(task),
            "gateway_request_id": task.id,
        }
        reply = json_reply(value, 200, {"x-fal-request-id": task.id})
        return await spoil(request, task, reply)

    # Requests

    def _find(self, request: Request) -> Task:
        account = account_of(request.headers)
        self.world.advance()
        task = self.world.get("fal", account, request.path_params["id"])
        if task is None or task.app != f"{request.path_params['owner']}/{request.path_params['app']}":
            raise Stranger(404, "Request not found")
        return task

    async def status(self, request: Request) -> Response:
        self.world.requests["fal.status"] += 1
        try:
            task = self._find(request)
        except Stranger as stranger:
            return json_reply({"detail": stranger.words}, stranger.status)
        if (trouble := self._status_trouble(task)) is not None:
            return trouble
        value = self._status_of(task, logs=request.query_params.get("logs") in ("1", "true"))
        return json_reply(value, 200 if task.is_over else 202, {"x-fal-request-id": task.id})

    def _status_of(self, task: Task, *, logs: bool) -> dict[str, Any]:
        value: dict[str, Any] = {"status": "IN_QUEUE", "request_id": task.id, "response_url": self._base(task)}
        if task.state == "queued":
            return {**value, "queue_position": self._position(task)}
        value["logs"] = logs_of(task) if logs else []
        value["status"] = "COMPLETED" if task.is_over else "IN_PROGRESS"
        if task.is_over:
            began = task.started_at or task.submitted_at
            value["metrics"] = {"inference_time": round((task.done_at or began) - began, 3)}
            value |= infrastructure_words(task)
        return value

    async def stream(self, request: Request) -> Response:
        """The status as server-sent events, one per change, until the request is over."""
        self.world.requests["fal.stream"] += 1
        try:
            task = self._find(request)
        except Stranger as stranger:
            return json_reply({"detail": stranger.words}, stranger.status)
        logs = request.query_params.get("logs") in ("1", "true")
        return StreamingResponse(self._events(task, logs=logs), media_type="text/event-stream")

    async def _events(self, task: Task, *, logs: bool) -> AsyncIterator[bytes]:
        last = b""
        while True:
            self.world.advance()
            event = f"data: {json.dumps(self._status_of(task, logs=logs))}\n\n".encode()
            if event != last:
                yield event
            if task.is_over:
                return
            last = event
            await asyncio.sleep(STREAM_SECONDS)

    def _status_trouble(self, task: Task) -> Response | None:
        name = self.world.take_fault(task, "status")
        if name == "500 status":
            return infrastructure("Internal server error", "internal_error", 500)
        if name == "429 status":
            return json_reply({"detail": "Too many requests"}, 429, {"Retry-After": "1"})
        if name == "html status":
            return gateway_page(200, "Welcome")
        if name == "unknown state":
            return json_reply({"status": "PAUSED", "request_id": task.id, "logs": []}, 202)
        return None

    async def result(self, request: Request) -> Response:
        self.world.requests["fal.result"] += 1
        try:
            task = self._find(request)
        except Stranger as stranger:
            return json_reply({"detail": stranger.words}, stranger.status)
        headers = {"x-fal-request-id": task.id}
        if not task.is_over:
            return json_reply({"detail": "Request is still in progress"}, 400, headers)
        trouble = self.world.take_fault(task, "result")
        if trouble == "504 result":
            return infrastructure("Gateway timeout", "request_timeout", 504)
        if task.state == "canceled":
            return infrastructure("Request was cancelled", "client_cancelled", 499)
        if task.failure is not None and task.failure.status >= 500:
            return infrastructure(task.failure.message, task.failure.kind, task.failure.status)
        headers["x-fal-billable-units"] = task.billed
        if task.failure is not None:
            return json_reply(failure_body(task.failure), 422, {**headers, "X-Fal-Retryable": "false"})
        value = self.result_body(task)
        if trouble == "no url":
            drop_url(value)
        return json_reply(value, 200, headers)

    def result_body(self, task: Task) -> dict[str, Any]:
        """What a finished task answers, here and in its webhook."""
        return result_of(task, self.world.studio)

    async def cancel(self, request: Request) -> Response:
        self.world.requests["fal.cancel"] += 1
        try:
            task = self._find(request)
        except Stranger as stranger:
            missing = {"status": "NOT_FOUND"} if stranger.status == 404 else {"detail": stranger.words}
            return json_reply(missing, stranger.status)
        if task.is_over:
            return json_reply({"status": "ALREADY_COMPLETED"}, 400)
        self.world.cancel(task, now())
        return json_reply({"status": "CANCELLATION_REQUESTED"}, 202)

    def _base(self, task: Task) -> str:
        return f"{self.origin}/{task.app}/requests/{task.id}"

    def _position(self, task: Task) -> int:
        """The place in the queue: other people's requests go first, fewer and fewer, then our own waiting ones."""
        left = task.submitted_at + task.queue_seconds - now()
        others = max(0, round(2 * left / task.queue_seconds)) if task.queue_seconds else 0
        return others + self.world.ahead_of(task)
