"""Testing a provider account: one free call with its key."""

from __future__ import annotations

import asyncio
from datetime import datetime

from generations import providers
from generations.lifecycle.accounts import provider_account, provider_session
from generations.lifecycle.record import record
from generations.models import ProviderAccount


def check_account(account: ProviderAccount, *, now: datetime, actor_id: int | None) -> str:
    """Ask the provider whether it knows the key; its sentence. Raises providers.ProviderError with what is wrong."""
    try:
        said = asyncio.run(_ask(provider_account(account)))
    except providers.ProviderError as error:
        record("check_account", account, now=now, actor_id=actor_id, answer=error.code)
        raise
    record("check_account", account, now=now, actor_id=actor_id, answer="ok")
    return said


async def _ask(account: providers.Account) -> str:
    async with provider_session() as http:
        return await providers.get(account, http).check_account()
