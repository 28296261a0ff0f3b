"""WaveSpeedAI's storage: a ticket for the key's owner, then PUT to the address it names, which asks for no key."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from pathlib import PurePosixPath
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Address

from generations.sandbox.inputs import InputStore
from generations.sandbox.wire import now
from generations.sandbox.world import World

UPLOAD_MAX_BYTES = 200 * 1024 * 1024
TICKET_SECONDS = 900


class WaveSpeedStorage:
    """Another host at WaveSpeed, here another folder of one origin."""

    def __init__(self, world: World, inputs: InputStore, origin: str) -> None:
        self.world = world
        self.inputs = inputs
        self.origin = f"{origin}/wavespeed-cdn"
        self._secret = _secret(world)

    def addresses(self) -> list[Address]:
        return [Address("/in/{name}", self.put, methods=["PUT"])]

    def ticket(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """Where a file goes and where it can be read then, or None for one that is too large or has no name."""
        filename, size = body.get("filename"), body.get("size")
        if not isinstance(filename, str) or isinstance(size, bool) or not isinstance(size, int):
            return None
        if not 0 <= size <= UPLOAD_MAX_BYTES:
            return None
        name = f"{uuid.uuid4().hex}{PurePosixPath(filename).suffix[:10]}"
        until = int(now()) + TICKET_SECONDS
        content_type = body.get("content_type")
        return {
            "upload": {
                "method": "PUT",
                "url": f"{self.origin}/in/{name}?until={until}&signature={self._sign(name, until)}",
                "headers": {"Content-Type": content_type} if isinstance(content_type, str) else {},
            },
            "download_url": f"{self.origin}/files/{name}",
        }

    async def put(self, request: Request) -> Response:
        """Receive a file. Only the signature counts, as in an object store; a key in the request is a mistake."""
        self.world.requests["wavespeed.upload"] += 1
        name, until = request.path_params["name"], request.query_params.get("until", "")
        signature = request.query_params.get("signature", "")
        genuine = until.isdecimal() and hmac.compare_digest(signature.encode(), self._sign(name, int(until)).encode())
        if not genuine or int(until) < self.world.clock():
            return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
        if "authorization" in request.headers:
            return Response("<Error><Code>InvalidArgument</Code></Error>", 400, media_type="application/xml")
        return await self._receive(request, name)

    async def _receive(self, request: Request, name: str) -> Response:
        if await self.inputs.receive(name, request.stream(), UPLOAD_MAX_BYTES):
            return Response(status_code=200)
        return Response("<Error><Code>EntityTooLarge</Code></Error>", 413, media_type="application/xml")

    def _sign(self, name: str, until: int) -> str:
        return hmac.digest(self._secret, f"{name} {until}".encode(), "sha256").hex()


def _secret(world: World) -> bytes:
    """The key of this sandbox's tickets, the same after every restart."""
    kept = world.store.setting("wavespeed_ticket_key")
    if kept is None:
        kept = hashlib.sha256(uuid.uuid4().bytes).hexdigest()
        world.store.put_setting("wavespeed_ticket_key", kept)
    return bytes.fromhex(kept)
