"""Replies all providers share: JSON, troubles on the wire, and the connection cut in the middle."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

if TYPE_CHECKING:
    from generations.sandbox.tasks import Task

MEDIA_TYPES = {
    "mp4": "video/mp4",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
}
GATEWAY_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center><hr>nginx</body></html>"
SLOW_REPLY_SECONDS = 60.0

SPECIAL_KEYS = {"bad-key": "refused", "revoked": "refused", "empty-balance": "empty"}


def account_label(key: str) -> str:
    """A stable name for a key that does not give the key away."""
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def json_reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return Response(body, status, headers, "application/json")


def gateway_page(status: int, words: str) -> Response:
    """What a proxy in front of a provider says, in HTML."""
    return HTMLResponse(GATEWAY_PAGE.format(f"{status} {words}"), status)


async def cut(request: Request) -> Response:
    """Close the connection without another byte, as a crash or a broken line does."""
    transport = getattr(getattr(request.receive, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("This server offers no way to cut a connection.")
    transport.close()
    await asyncio.sleep(0.01)  # until the server has noticed, so that it does not try to answer
    return Silence()


class Silence(Response):
    """Sends nothing; for a connection that is closed already."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        return


class CutShort(Response):
    """Announces the whole body, sends a part of it, then closes the connection."""

    def __init__(self, request: Request, whole: Response) -> None:
        super().__init__(bytes(whole.body)[: len(whole.body) // 2], whole.status_code)
        self.raw_headers = whole.raw_headers
        self._request = request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        await cut(self._request)


def read_json(body: bytes) -> dict[str, Any] | None:
    """The object in a body, or None where it is not one."""
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


async def spoil(request: Request, task: Task, reply: Response) -> Response:
    """The reply to a task that was taken, with what its faults do to it. The task itself is committed already."""
    if task.has("lost reply"):
        return await cut(request)
    if task.has("half reply"):
        return CutShort(request, reply)
    if task.has("garbled reply"):
        return Response(b'{"request_id": "', 200, media_type="application/json")
    if task.has("slow reply"):
        await asyncio.sleep(task.fault_seconds("slow reply", SLOW_REPLY_SECONDS))
    return reply


def now() -> float:
    return time.time()
