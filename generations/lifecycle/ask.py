"""Asking a provider something now, outside the pumps: for a person who waits, or for the step that needs the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from generations import providers
from generations.lifecycle.accounts import call_row, provider_account, provider_session
from generations.models import Generation, ProviderCall

T = TypeVar("T")


def ask(generation: Generation, question: Callable[[providers.Adapter], Awaitable[T]]) -> T:
    """The answer of the take's provider; every call that it took is kept with the take.

    Raises providers.ProviderError. Must not be called inside a transaction, nor from a running event loop.
    """
    account = provider_account(generation.account)
    exchanges: list[providers.Exchange] = []

    async def asking() -> T:
        async with provider_session(exchanges.append) as http:
            return await question(providers.get(account, http))

    try:
        return asyncio.run(asking())
    finally:
        facts = {"account_id": generation.account_id, "generation_id": generation.pk}
        ProviderCall.objects.bulk_create([call_row(exchange, **facts) for exchange in exchanges])
