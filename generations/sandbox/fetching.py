"""Getting the files that a caller serves himself from an address of this machine, as a provider gets public ones."""

from __future__ import annotations

from collections.abc import Iterable

import aiohttp

from generations.sandbox.inputs import MAX_MB

FETCH_SECONDS = 20


async def fetch(urls: Iterable[str]) -> dict[str, bytes]:
    """The bytes behind addresses; one that does not answer with a whole file is left out."""
    found: dict[str, bytes] = {}
    limit = aiohttp.ClientTimeout(total=FETCH_SECONDS)
    async with aiohttp.ClientSession(timeout=limit) as session:
        for url in urls:
            try:
                async with session.get(url, allow_redirects=False) as reply:
                    if reply.status == 200 and (reply.content_length or 0) <= MAX_MB * 1_000_000:
                        found[url] = await reply.read()
            except (aiohttp.ClientError, TimeoutError, OSError):
                continue
    return found
