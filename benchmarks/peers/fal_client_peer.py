"""The comparison of `inflight`: fal's own Python client, as the author of a script would use it.

`python -m benchmarks.peers.fal_client_peer ORIGIN COUNT FIRST LAST` subscribes to COUNT takes at once, which render for
FIRST to LAST seconds, and prints for each its id and when its result was there, as JSON. The client polls as it does by
default. Only its host is replaced.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import fal_client
import fal_client.client

APPLICATION = "fal-ai/kling-video/v2/master/text-to-video"


async def _take(client: fal_client.AsyncClient, seconds: float) -> tuple[str, float]:
    ids: list[str] = []
    arguments: dict[str, Any] = {"prompt": f"A script's take [render {seconds:.1f}s]", "duration": "5"}
    await client.subscribe(APPLICATION, arguments=arguments, on_enqueue=ids.append)
    return ids[0], time.time()


async def _all(count: int, first: float, last: float) -> dict[str, float]:
    client = fal_client.AsyncClient(key="bench-peer:secret")
    seconds = [first + (last - first) * number / count for number in range(count)]
    return dict(await asyncio.gather(*(_take(client, each) for each in seconds)))


def main(origin: str, count: str, first: str, last: str) -> None:
    fal_client.client.QUEUE_URL_FORMAT = f"{origin}/fal/"
    print(json.dumps(asyncio.run(_all(int(count), float(first), float(last)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
