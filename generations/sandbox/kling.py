"""The official Kling host: text to video and image to video, by task id or the caller's own id, in its envelope."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Address

from generations.sandbox import kling_rules
from generations.sandbox.faults import Asked, read_faults
from generations.sandbox.images import BadPicture, Picture, PictureStore, decode_base64
from generations.sandbox.kling_auth import KlingError, account_of
from generations.sandbox.tasks import Failure, Task, make_task, shot_for
from generations.sandbox.wire import cut, gateway_page, json_reply, now, read_json, spoil
from generations.sandbox.world import World

PATHS = ("/v1/videos/text2video", "/v1/videos/image2video")
RATIO_SLACK = 0.02
STATES = {"queued": "submitted", "running": "processing", "done": "succeed", "failed": "failed", "canceled": "failed"}
MODERATED = "Failure to pass the risk control system"
Answer = Callable[[Request, str], Awaitable[Response]]


class KlingHost:
    """The official host over one world."""

    def __init__(self, world: World, pictures: PictureStore, origin: str) -> None:
        self.world = world
        self.pictures = pictures
        self.cdn = f"{origin}/kling/cdn"

    def addresses(self) -> list[Address]:
        found = []
        for path in PATHS:
            found.append(Address(path, self._enveloped(path, self._create), methods=["POST"]))
            found.append(Address(path, self._enveloped(path, self._list), methods=["GET"]))
            found.append(Address(f"{path}/{{id}}", self._enveloped(path, self._query), methods=["GET"]))
        return [*found, Address("/{rest:path}", self._unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])]

    def _enveloped(self, path: str, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def reply(request: Request) -> Response:
            try:
                self.world.advance()
                return await answer(request, path)
            except KlingError as error:
                return refused(error)

        return reply

    async def _unknown(self, request: Request) -> Response:
        path = f"/{request.path_params['rest']}"
        known = any(path == one or path.startswith(f"{one}/") for one in PATHS)
        words = "The request method is invalid" if known else "The requested resource does not exist"
        return refused(KlingError(1202 if known else 1203, words))

    def _account(self, request: Request) -> tuple[str, bool]:
        return account_of(request.headers.get("authorization", ""), self.world.kling_secrets)

    # Create

    async def _create(self, request: Request, path: str) -> Response:
        self.world.requests["kling.submit"] += 1
        account, is_empty = self._account(request)
        raw = await request.body()
        body = read_json(raw)
        asked = read_faults((body or {}).get("prompt"), request.headers.get("x-sandbox-fault", ""))
        asked |= {item.name: item for item in self.world.armed.take("kling", ("submit", "render"))}
        if (reply := await _refusal(request, set(asked))) is not None:
            return reply
        if body is None:
            raise KlingError(1200, "The request body is not valid JSON")
        if is_empty:
            raise KlingError(1102, "Account balance not enough")
        route, ability, seconds = kling_rules.check(path, body)
        first, last = await asyncio.to_thread(self._read_pictures, body)
        # From here to accept nothing waits, so two equal ids cannot both pass.
        external_id = body.get("external_task_id") or ""
        if external_id and self.world.find_external("kling", account, external_id):
            raise KlingError(1201, f"external_task_id {external_id} already exists")
        if self.world.unfinished("kling", account) >= self.world.config.kling_concurrency:
            raise KlingError(1303, "parallel task over resource pack limit")
        prompt, at = body.get("prompt") or "", now()
        shot = shot_for(route, ability, seconds, prompt, first, last, body.get("aspect_ratio") or "16:9")
        task_id = self._new_id()
        task = make_task(
            task_id=task_id,
            account=account,
            route=route,
            seconds=seconds,
            prompt=prompt,
            raw=raw,
            at=at,
            speed=self.world.config.speed,
            asked=asked,
            shot=shot,
            external_id=external_id,
            webhook_url=body.get("callback_url") or "",
            failure=_failure(asked),
            ignored=tuple(sorted(body.keys() - kling_rules.fields_of(path))),
            output_url=f"{self.cdn}/{task_id}/output.mp4",
        )
        self.world.accept(task, shot)
        if "500 after accept" in asked:
            raise KlingError(5000, "Internal server error")
        return await spoil(request, set(asked), task.fault_seconds("slow reply", 0), envelope(_head(task)))

    def _read_pictures(self, body: dict[str, Any]) -> tuple[str, str]:
        """The paths of both frames, with every picture and mask of the request checked. Raises KlingError."""
        image = self._keep("image", body.get("image"))
        tail = self._keep("image_tail", body.get("image_tail"))
        masks = [self._keep("static_mask", body.get("static_mask"), mask=True)]
        masks += [self._keep("dynamic_masks", item["mask"], mask=True) for item in body.get("dynamic_masks") or []]
        sizes = {(mask.width, mask.height) for mask in masks if mask}
        if len(sizes) > 1:
            raise KlingError(1201, "the resolution of static_mask and dynamic_masks must be identical")
        for width, height in sizes:
            if image and abs(width / height / (image.width / image.height) - 1) > RATIO_SLACK:
                raise KlingError(1201, "the aspect ratio of the masks must be that of image")
        return str(image.path) if image else "", str(tail.path) if tail else ""

    def _keep(self, name: str, value: str | None, *, mask: bool = False) -> Picture | None:
        if not value:
            return None
        if value.startswith("data:"):
            raise KlingError(1201, f"{name} must be Base64 without a data: prefix, or a URL")
        try:
            is_url = value.startswith(("http://", "https://"))
            data = self.pictures.from_url(value) if is_url else decode_base64(value)
            return self.pictures.keep(data, mask=mask)
        except BadPicture as bad:
            raise KlingError(1201, f"{name}: {bad.message}") from None

    def _new_id(self) -> str:
        """A decimal id of 18 digits, as the official ones are."""
        return str(10**17 + uuid.uuid4().int % (9 * 10**17))

    # Query

    async def _query(self, request: Request, path: str) -> Response:
        self.world.requests["kling.status"] += 1
        account, _ = self._account(request)
        wanted = request.path_params["id"]
        task = self.world.get("kling", account, wanted) or self.world.find_external("kling", account, wanted)
        if task is None or task.endpoint != path:
            raise KlingError(1203, f"task {wanted} does not exist")
        if (trouble := self._trouble(task)) is not None:
            return trouble
        return envelope(whole(task))

    def _trouble(self, task: Task) -> Response | None:
        name = self.world.take_fault(task, "status")
        if name == "500 status":
            raise KlingError(5000, "Internal server error")
        if name == "429 status":
            raise KlingError(1302, "Too many requests")
        if name == "html status":
            return gateway_page(200, "Welcome")
        if name == "unknown state":
            return envelope({**whole(task), "task_status": "paused"})
        name = self.world.take_fault(task, "result") if task.is_over else ""
        if name == "504 result":
            raise KlingError(5002, "Server internal timeout")
        if name == "no url" and task.state == "done":
            value = whole(task)
            value["task_result"]["videos"][0].pop("url")
            return envelope(value)
        return None

    async def _list(self, request: Request, path: str) -> Response:
        self.world.requests["kling.list"] += 1
        account, _ = self._account(request)
        page = _bounded(request, "pageNum", 1, 1000)
        size = _bounded(request, "pageSize", 30, 500)
        tasks = [task for task in self.world.of_account("kling", account) if task.endpoint == path]
        return envelope([whole(task) for task in tasks[(page - 1) * size : page * size]])


def whole(task: Task) -> dict[str, Any]:
    """A task as a query and a callback show it."""
    value = {**_head(task), "task_status_msg": task.failure.message if task.failure and task.is_over else ""}
    value["task_result"] = {}
    if task.is_over:
        value["final_unit_deduction"] = task.billed
    if task.state == "done":
        video = {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, task.output_url)), "url": task.output_url}
        value["task_result"] = {"videos": [{**video, "duration": f"{task.seconds}.0"}]}
    return value


def _head(task: Task) -> dict[str, Any]:
    return {
        "task_id": task.id,
        "task_status": STATES[task.state],
        "task_info": {"external_task_id": task.external_id} if task.external_id else {},
        "created_at": int(task.submitted_at * 1000),
        "updated_at": int(task.updated_at * 1000),
    }


def envelope(data: Any) -> Response:
    """A success in Kling's envelope."""
    return json_reply({"code": 0, "message": "SUCCEED", "request_id": str(uuid.uuid4()), "data": data})


def refused(error: KlingError) -> Response:
    """An error in Kling's envelope, which then has no data."""
    value = {"code": error.code, "message": error.message, "request_id": str(uuid.uuid4())}
    return json_reply(value, error.status)


def _bounded(request: Request, name: str, default: int, highest: int) -> int:
    given = request.query_params.get(name, str(default))
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= highest:
        raise KlingError(1201, f"{name} must be between 1 and {highest}")
    return int(given)


def _failure(asked: dict[str, Asked]) -> Failure | None:
    if "moderated charged" in asked:
        return Failure("moderated", MODERATED, charged=True)
    if "moderated" in asked:
        return Failure("moderated", MODERATED)
    return Failure("failed", "Service is busy, the generation failed") if "fail" in asked else None


async def _refusal(request: Request, faults: set[str]) -> Response | None:
    """The reply of a create that makes nothing, or None."""
    if "lost request" in faults:
        return await cut(request)
    for name, code, words in (
        ("429", 1302, "Too many requests"),
        ("1303", 1303, "parallel task over resource pack limit"),
        ("500", 5000, "Internal server error"),
        ("503", 5001, "Server is under maintenance"),
    ):
        if name in faults:
            raise KlingError(code, words)
    return gateway_page(502, "Bad Gateway") if "html" in faults else None
