"""Takes that are in flight all at once: queued and paid for by the product, handed to the sandbox faster than it would.

The submit pump takes its time over each paid call. To have ten thousand takes out at the same moment, the benchmark
plays its part: the same request, and the same row that an accepted submit leaves behind.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any

import aiohttp

from benchmarks.peers.stage import Sandbox, queue_takes

_AT_ONCE = 48
_BATCH = 500
_ENDPOINT = "fal-ai/kling-video/v2/master/text-to-video"


def launch(member: Any, sandbox: Sandbox, *, count: int, span: tuple[float, float]) -> Any:
    """Put takes in flight that render for a time within `span`, in no order; the queryset of them."""
    from generations.models import Generation, ProviderAccount, Status

    account = ProviderAccount.objects.get(teams=member.team)
    first, last = span
    seconds = [first + (last - first) * number / count for number in range(count)]
    random.Random(count).shuffle(seconds)  # noqa: S311
    newest = Generation.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    queue_takes(member, [f"A take in flight [render {each:.2f}s]" for each in seconds])
    takes = Generation.objects.filter(team=member.team, pk__gt=newest)
    assert takes.filter(status=Status.QUEUED).count() == count
    asyncio.run(_submit(list(takes.order_by("pk")), account, sandbox))
    return takes


async def _submit(takes: Sequence[Any], account: Any, sandbox: Sandbox) -> None:
    from generations.lifecycle.accounts import callback_url

    key = account.get_credentials()["key"]
    connector = aiohttp.TCPConnector(limit=_AT_ONCE, keepalive_timeout=1)  # the sandbox keeps them for five
    async with aiohttp.ClientSession(connector=connector, headers={"Authorization": f"Key {key}"}) as session:

        async def one(take: Any) -> tuple[Any, float, dict[str, Any]]:
            body = {"prompt": take.recipe_json["prompt"], "duration": "5", "aspect_ratio": "16:9"}
            hook = callback_url(account, take.public_id)
            address = f"{sandbox.origin}/fal/{_ENDPOINT}"
            sent_at = time.time()
            async with session.post(address, json=body, params={"fal_webhook": hook} if hook else None) as reply:
                reply.raise_for_status()
                return take, sent_at, await reply.json()

        for start in range(0, len(takes), _BATCH):
            accepted = await asyncio.gather(*map(one, takes[start : start + _BATCH]))
            await asyncio.to_thread(_store, accepted)


def _store(accepted: Sequence[tuple[Any, float, dict[str, Any]]]) -> None:
    """What `lifecycle.outcomes.accepted` writes, in one statement for a batch."""
    from datetime import UTC, datetime, timedelta

    from django.db import connection

    from generations.lifecycle.timing import first_look_seconds, typical_seconds
    from generations.models import Generation, Status

    first_look = timedelta(seconds=first_look_seconds(typical_seconds(accepted[0][0])))
    rows = []
    for take, sent_at, answer in accepted:
        take.status, take.provider_task_id = Status.RUNNING, answer["request_id"]
        state = {name: answer[name] for name in ("status_url", "response_url", "cancel_url")}
        take.operation_json = {"task_id": answer["request_id"], "state": state, "request_id": answer["request_id"]}
        take.submitted_at = take.changed_at = datetime.fromtimestamp(sent_at, UTC)
        take.due_at = take.submitted_at + first_look
        rows.append(take)
    fields = ["status", "provider_task_id", "operation_json", "submitted_at", "changed_at", "due_at"]
    Generation.objects.bulk_update(rows, fields)
    connection.close()
