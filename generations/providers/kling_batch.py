"""Asking how many jobs stand: the newer API answers for 20 at once, the older one for one. docs/providers.md 3.4."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from generations.catalog import Route
from generations.providers.errors import Garbled, ProviderError
from generations.providers.kling_api import api_of
from generations.providers.kling_desk import Desk
from generations.providers.kling_task import settled
from generations.providers.types import Failed, Finished, Operation, Pending

TASKS_MAX = 20  # one more is refused with 1201: seen live, documented nowhere

State = Pending | Finished | Failed
Item = tuple[Operation, Route]


async def follow_many(
    desk: Desk, follow: Callable[[Operation, Route], Awaitable[State]], items: Sequence[Item]
) -> list[State | ProviderError]:
    """An answer or an error for each item, in their order. Those of the older API are asked beside each other."""
    together = [item for item in items if not api_of(item[1]).answers_with_one]
    alone = [item for item in items if api_of(item[1]).answers_with_one]
    batch, singles = await asyncio.gather(_batch(desk, together), _singles(follow, alone))
    ready = {False: iter(batch), True: iter(singles)}
    return [next(ready[api_of(route).answers_with_one]) for _operation, route in items]


async def _singles(
    follow: Callable[[Operation, Route], Awaitable[State]], items: Sequence[Item]
) -> list[State | ProviderError]:
    return list(await asyncio.gather(*(_single(follow, item) for item in items)))


async def _single(follow: Callable[[Operation, Route], Awaitable[State]], item: Item) -> State | ProviderError:
    try:
        return await follow(*item)
    except ProviderError as error:
        return error


async def _batch(desk: Desk, items: Sequence[Item]) -> list[State | ProviderError]:
    if not items:
        return []
    try:
        answer, found = await desk.tasks(items[0][1], [operation.task_id for operation, _route in items])
    except ProviderError as error:
        return [error] * len(items)
    standings = {standing.task_id: standing for standing in found}
    states = (settled(standings.get(operation.task_id), operation) for operation, _route in items)
    return [state if state is not None else desk.failure(Garbled, answer) for state in states]
