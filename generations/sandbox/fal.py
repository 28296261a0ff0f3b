"""fal's queue host: submit, status, result, cancel. The subpath of an endpoint is gone from its requests' addresses."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Address

from generations import catalog
from generations.catalog import Ability, Route
from generations.sandbox import fal_fields
from generations.sandbox.fal_auth import Stranger, account_of
from generations.sandbox.fal_replies import (
    failure_asked,
    failure_body,
    infrastructure,
    infrastructure_words,
    logs_of,
    refusal,
)
from generations.sandbox.faults import Asked, read_faults
from generations.sandbox.images import BadPicture, PictureStore
from generations.sandbox.shot import Shot
from generations.sandbox.tasks import Failure, Task, make_task, shot_for
from generations.sandbox.wire import gateway_page, json_reply, now, read_json, spoil
from generations.sandbox.world import World

BODY_MAX_BYTES = 30_000_000


class FalQueue:
    """The queue host over one world."""

    def __init__(self, world: World, pictures: PictureStore, origin: str) -> None:
        self.world = world
        self.pictures = pictures
        self.origin = f"{origin}/fal"
        self.cdn = f"{origin}/fal-cdn"

    def addresses(self) -> list[Address]:
        request = "/{owner}/{app}/requests/{id}"
        return [
            Address(f"{request}/status", self.status, methods=["GET"]),
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
        asked = read_faults((body or {}).get("prompt"), request.headers.get("x-sandbox-fault", ""))
        asked |= {item.name: item for item in self.world.armed.take("fal", ("submit", "render"))}
        if (refused := await refusal(request, set(asked))) is not None:
            return refused
        found = find_route(request.path_params["endpoint"])
        if found is None:
            return json_reply({"detail": f"Application '{request.path_params['endpoint']}' not found"}, 404)
        if body is None or len(raw) > BODY_MAX_BYTES:
            return json_reply({"detail": [fal_fields.detail(("body",), "value_error", "Invalid JSON")]}, 422)
        if problems := fal_fields.faults_in(found[0].endpoint, body):
            return json_reply({"detail": problems}, 422, {"X-Fal-Retryable": "false"})
        task, shot = await self._make(
            body, found, asked, account=account, raw=raw, webhook_url=request.query_params.get("fal_webhook", "")
        )
        self.world.accept(task, shot)
        return await self._accepted(request, task, asked)

    async def _make(
        self, body: dict[str, Any], found: tuple[Route, Ability], asked: dict[str, Asked], **facts: Any
    ) -> tuple[Task, Shot | None]:
        route, ability = found
        fields = fal_fields.fields_of(route.endpoint)
        seconds, task_id, prompt = int(body.get("duration") or "5"), str(uuid.uuid4()), body["prompt"]
        first, last, failure = await asyncio.to_thread(self._read_pictures, body, fields)
        shot = None
        if failure is None:
            ratio = (body.get("aspect_ratio") or "") if "aspect_ratio" in fields else ""
            shot = shot_for(route, ability, seconds, prompt, first, last, ratio)
        task = make_task(
            task_id=task_id,
            route=route,
            seconds=seconds,
            prompt=prompt,
            at=now(),
            speed=self.world.config.speed,
            asked=asked,
            shot=shot,
            failure=failure or failure_asked(asked),
            ignored=tuple(sorted(body.keys() - fields)),
            output_url=f"{self.cdn}/results/{task_id}/output.mp4",
            **facts,
        )
        return task, shot

    def _read_pictures(self, body: dict[str, Any], known: frozenset[str]) -> tuple[str, str, Failure | None]:
        """The paths of both frames. A bad picture is found by the runner: the task is taken and fails."""
        paths = {"image_url": "", "tail_image_url": ""}
        urls: list[tuple[str, str, tuple[str, ...]]] = [
            (name, body[name], ("body", name)) for name in (*paths, "static_mask_url") if body.get(name)
        ]
        urls += [
            (str(number), mask["mask_url"], ("body", "dynamic_masks", str(number), "mask_url"))
            for number, mask in enumerate(body.get("dynamic_masks") or [])
        ]
        for name, url, loc in urls:
            if loc[1] not in known:
                continue
            try:
                kept = self.pictures.keep(self.pictures.from_url(url), mask=name not in paths)
            except BadPicture as bad:
                return "", "", Failure(bad.kind, bad.message, 422, loc, dict(bad.ctx))
            paths[name] = str(kept.path)
        return paths["image_url"], paths["tail_image_url"], None

    async def _accepted(self, request: Request, task: Task, asked: dict[str, Asked]) -> Response:
        if "500 after accept" in asked:
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
        return await spoil(request, set(asked), task.fault_seconds("slow reply", 0), reply)

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
        value: dict[str, Any] = {"status": "IN_QUEUE", "request_id": task.id, "response_url": self._base(task)}
        if task.state == "queued":
            value["queue_position"] = self._position(task)
            return json_reply(value, 202, {"x-fal-request-id": task.id})
        value["logs"] = logs_of(task) if request.query_params.get("logs") in ("1", "true") else []
        value["status"] = "COMPLETED" if task.is_over else "IN_PROGRESS"
        if task.is_over:
            began = task.started_at or task.submitted_at
            value["metrics"] = {"inference_time": round((task.done_at or began) - began, 3)}
            value |= infrastructure_words(task)
        return json_reply(value, 200 if task.is_over else 202, {"x-fal-request-id": task.id})

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
            value["video"].pop("url")
        return json_reply(value, 200, headers)

    def result_body(self, task: Task) -> dict[str, Any]:
        """What a finished task answers, here and in its webhook."""
        size = self.world.studio.path(task.film).stat().st_size
        video = {"url": task.output_url, "content_type": "video/mp4", "file_name": "output.mp4", "file_size": size}
        return {"video": video}

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


def find_route(endpoint: str) -> tuple[Route, Ability] | None:
    """The catalog's route for an endpoint of fal, with what its model can do, or None."""
    book = catalog.load()
    route = next((item for item in book.routes if item.provider == "fal" and item.endpoint == endpoint), None)
    ability = book.model(route.model).find_ability(route.capability, route.tier) if route else None
    return (route, ability) if route and ability else None
