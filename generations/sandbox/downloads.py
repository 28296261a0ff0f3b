"""Handing out films and uploads: with length, ranges and HEAD, and with the troubles a download can have."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route as Address

from generations.sandbox.inputs import InputStore
from generations.sandbox.tasks import Task
from generations.sandbox.wire import MEDIA_TYPES, cut, gateway_page
from generations.sandbox.world import World

SLOW_SECONDS = 20.0
SLOW_STEPS = 40
CHUNK_BYTES = 64 * 1024
EXPIRED = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"


class Downloads:
    """Films, pictures and sounds by task, for all providers; uploads by name."""

    def __init__(self, world: World, inputs: InputStore) -> None:
        self.world = world
        self.inputs = inputs

    def film_address(self, path: str) -> Address:
        """The address of results; the path has `{id}` and `{name}`."""
        return Address(path, self.film, methods=["GET"])  # Starlette adds HEAD

    def upload_address(self) -> Address:
        return Address("/files/{name}", self.upload, methods=["GET"])

    async def upload(self, request: Request) -> Response:
        path = self.inputs.find_upload(request.path_params["name"])
        if path is None:
            return Response("Not found", 404)
        return FileResponse(path, media_type=mimetypes.guess_type(path.name)[0] or "application/octet-stream")

    async def film(self, request: Request) -> Response:
        """A file of a finished task, or what its fault makes of it."""
        self.world.requests["download"] += 1
        task_id, name = request.path_params["id"], request.path_params["name"]
        task, path = self.world.tasks.get(task_id), self.world.film_at(task_id, name)
        if task is None or path is None or not path.exists():
            return Response("Not found", 404)
        if task.done_at is not None and task.done_at + self.world.result_seconds < self.world.clock():
            return Response(EXPIRED, 403, media_type="application/xml")
        # A HEAD is only a look: it meets no trouble and uses none up.
        fault = "" if request.method == "HEAD" else self.world.take_fault(task, "download")
        media_type = MEDIA_TYPES[path.suffix[1:]]
        return self._spoilt(request, task, path, fault) if fault else FileResponse(path, media_type=media_type)

    def _spoilt(self, request: Request, task: Task, path: Path, fault: str) -> Response:
        if fault == "expired download":
            return Response(EXPIRED, 403, media_type="application/xml")
        if fault == "html download":
            return gateway_page(200, "Please sign in")
        if fault == "redirect download":
            return RedirectResponse("http://169.254.169.254/latest/meta-data/", 302)
        data, kind = path.read_bytes(), MEDIA_TYPES[path.suffix[1:]]
        if fault == "endless download":
            return StreamingResponse(_endless(data), media_type=kind)
        size = {"Content-Length": str(len(data))}
        if fault == "truncated download":
            return StreamingResponse(_half(request, data), media_type=kind, headers=size)
        seconds = task.fault_seconds("slow download", SLOW_SECONDS)
        return StreamingResponse(_slowly(data, seconds), media_type=kind, headers=size)


async def _endless(data: bytes) -> AsyncIterator[bytes]:
    yield data
    while True:
        yield b"\0" * CHUNK_BYTES
        await asyncio.sleep(0.001)


async def _half(request: Request, data: bytes) -> AsyncIterator[bytes]:
    yield data[: len(data) // 2]
    await asyncio.sleep(0.05)
    await cut(request)


async def _slowly(data: bytes, seconds: float) -> AsyncIterator[bytes]:
    step = max(1, len(data) // SLOW_STEPS)
    for start in range(0, len(data), step):
        yield data[start : start + step]
        await asyncio.sleep(seconds / SLOW_STEPS)
