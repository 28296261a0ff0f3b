"""What is left at the providers: read from the clock where there is an endpoint, and told before a pack runs out."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from generations import providers
from generations.errors import PortalError
from generations.lifecycle.accounts import provider_account, provider_session
from generations.models import BalanceReading, ProviderAccount

_AT_ONCE = 8
_EARLY = timedelta(minutes=5)  # a clock is never quite on time


def read_balances(now: datetime) -> int:
    """Read what every account has left, where its provider tells and an hour has passed; how many were asked.

    What could not be read is stored too, with the reason. Not inside a transaction.
    """
    mine = [account for account in _due(now) if tells_balance(account.provider)]
    if mine:
        for account, answer in zip(mine, asyncio.run(_ask_all(mine)), strict=True):
            BalanceReading.objects.bulk_create(_rows(account, answer, now))
    return len(mine)


def tells_balance(provider: str) -> bool:
    """Whether a provider has an endpoint that says what an account has left."""
    return providers.adapter_class(provider).read_balance is not providers.Adapter.read_balance


def newest_balances() -> QuerySet[BalanceReading]:
    """The rows of each account's newest reading, by account."""
    newest = BalanceReading.objects.filter(account=OuterRef("account")).order_by("-read_at").values("read_at")[:1]
    rows = BalanceReading.objects.filter(read_at=Subquery(newest)).select_related("account")
    return rows.order_by("account__label", "currency", "pk")


def _due(now: datetime) -> list[ProviderAccount]:
    every = timedelta(seconds=settings.LIFECYCLE["balance_seconds"])
    recent = BalanceReading.objects.filter(read_at__gt=now - every + _EARLY).values("account_id")
    return list(ProviderAccount.objects.exclude(pk__in=recent).order_by("pk"))


async def _ask_all(accounts: Sequence[ProviderAccount]) -> list[tuple[providers.Balance, ...] | PortalError]:
    gate = asyncio.Semaphore(_AT_ONCE)
    async with provider_session() as http:
        return await asyncio.gather(*(_ask(account, http, gate) for account in accounts))


async def _ask(
    account: ProviderAccount, http: providers.Http, gate: asyncio.Semaphore
) -> tuple[providers.Balance, ...] | PortalError:
    try:
        async with gate, asyncio.timeout(settings.LIFECYCLE["probe_timeout_seconds"]):
            return await providers.get(provider_account(account), http).read_balance()
    except PortalError as error:
        return error
    except TimeoutError:
        return providers.Unreachable(_("The provider did not answer in time."), provider=account.provider)


def _rows(
    account: ProviderAccount, answer: tuple[providers.Balance, ...] | PortalError, now: datetime
) -> Iterable[BalanceReading]:
    """One row for each currency; packs of one currency are added up and kept beside the sum."""
    if isinstance(answer, PortalError):
        return [BalanceReading(account=account, read_at=now, problem=answer.public[:400] or answer.code)]
    if not answer:
        problem = _("The provider answered, and named no balance and no pack with anything left.")
        return [BalanceReading(account=account, read_at=now, problem=problem)]
    by_currency: dict[str, list[providers.Balance]] = defaultdict(list)
    for balance in answer:
        by_currency[balance.currency].append(balance)
    return [_row(account, currency, found, now) for currency, found in by_currency.items()]


def _row(account: ProviderAccount, currency: str, found: list[providers.Balance], now: datetime) -> BalanceReading:
    return BalanceReading(
        account=account,
        read_at=now,
        amount=sum((balance.amount for balance in found), Decimal(0)).quantize(Decimal("0.00001")),
        currency=currency[:20],
        as_of_note=found[0].as_of_note[:200],
        packs_json=[_pack(balance) for balance in found if balance.name or balance.expires_at],
    )


def _pack(balance: providers.Balance) -> dict[str, str]:
    return {
        "name": balance.name,
        "left": format(balance.amount, "f"),
        "expires_at": balance.expires_at.isoformat() if balance.expires_at else "",
    }
