"""A provider that answers late: each of its requests waits, before it is looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send


class Latency:
    """ASGI middleware. `seconds` are by provider, the first word of the path, and may change at any time."""

    def __init__(self, app: ASGIApp, seconds: Mapping[str, float]) -> None:
        self.app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._seconds and scope["type"] == "http":
            provider = scope["path"].split("/")[1].partition("-")[0]
            await asyncio.sleep(self._seconds.get(provider, 0.0))
        await self.app(scope, receive, send)
