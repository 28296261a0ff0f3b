"""What providers ask for today, for a take like the newest one of a route, beside what we would quote for it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from generations import catalog, pricing, providers
from generations.choices import Currency, PriceUnit
from generations.errors import PortalError
from generations.lifecycle.accounts import provider_account, provider_session
from generations.lifecycle.quote import quote_on
from generations.models import DriftCheck, DriftReading, Generation

_AT_ONCE = 4
# The words in which providers count, in the singular.
_UNITS = {"second": PriceUnit.SECOND, "image": PriceUnit.IMAGE}
_WHOLE_TAKE = frozenset({"call", "request", "video", "generation", "take"})


class _Asked(NamedTuple):
    reading: DriftReading
    take: Generation
    route: catalog.Route


def read_list_prices(check: DriftCheck, now: datetime) -> None:
    """Read the list price of every route of a check, and store it with ours, or with why there is none.

    Not inside a transaction. An account whose provider does not tell is left out.
    """
    rows = check.readings.filter(list_usd=None, list_problem="")
    found = [_asked(row) for row in rows.select_related("account", "sample__team").order_by("pk")]
    asked = [item for item in found if item is not None and _tells(item.reading.account.provider)]
    if not asked:
        return
    for item, answer in zip(asked, asyncio.run(_ask_all(asked)), strict=True):
        facts = _facts(item, answer, now)
        if facts:
            DriftReading.objects.filter(pk=item.reading.pk).update(**facts)


def _asked(reading: DriftReading) -> _Asked | None:
    route = catalog.load().route(reading.route_key)
    return _Asked(reading, reading.sample, route) if route else None


def _tells(provider: str) -> bool:
    return providers.adapter_class(provider).read_list_price is not providers.Adapter.read_list_price


async def _ask_all(asked: list[_Asked]) -> list[providers.ListPrice | PortalError | None]:
    gate = asyncio.Semaphore(_AT_ONCE)
    async with provider_session() as http:
        return await asyncio.gather(*(_ask(item, http, gate) for item in asked))


async def _ask(item: _Asked, http: providers.Http, gate: asyncio.Semaphore) -> providers.ListPrice | PortalError | None:
    account, take = item.reading.account, item.take
    # Without the files: no price that a provider lists goes by what is in them.
    task = providers.Task(take.our_id, take.recipe, item.route)
    try:
        async with gate, asyncio.timeout(settings.LIFECYCLE["probe_timeout_seconds"]):
            adapter = providers.get(provider_account(account), http)
            return await adapter.read_list_price(providers.Prepared(task, {}))
    except PortalError as error:
        return error
    except TimeoutError:
        return providers.Unreachable(_("The provider did not answer in time."), provider=account.provider)


def _facts(item: _Asked, answer: providers.ListPrice | PortalError | None, now: datetime) -> dict[str, Any]:
    if isinstance(answer, PortalError):
        return {"list_problem": answer.public[:400]}
    if answer is None:
        return {}
    if answer.currency != Currency.USD:
        sentence = _("The provider gives its price in %(currency)s, which is not compared.")
        return {"list_problem": sentence % {"currency": answer.currency}, "list_per": answer.unit[:60]}
    facts: dict[str, Any] = {"list_usd": answer.amount, "list_per": answer.unit[:60]}
    ours, problem = _ours(item, answer.unit, now)
    return facts | ({"list_problem": problem[:400]} if ours is None else _compared(answer.amount, ours))


def _compared(listed: Decimal, ours: Decimal) -> dict[str, Any]:
    return {"our_usd": ours, "list_percent": percent_of(listed, ours)}


def percent_of(found: Decimal, expected: Decimal) -> Decimal | None:
    """By how many percent a figure is above (or below) what was expected; None without an expectation."""
    if not expected:
        return None
    percent = (found - expected) * 100 / expected
    return min(percent, Decimal("999999999")).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _ours(item: _Asked, unit: str, now: datetime) -> tuple[Decimal | None, str]:
    """What our rule in force asks for one of the provider's units, in US dollars; or why that cannot be said."""
    account = item.reading.account
    found = quote_on([account], team=item.take.team, recipe=item.take.recipe, now=now)
    quote = found.find(account.pk)
    if quote is None:
        return None, found.blocked[0].reason
    if quote.is_placeholder:
        return None, _("No source gives us a price for this; the sandbox quotes a placeholder.")
    word = unit.strip().lower().removesuffix("s")
    if word in _WHOLE_TAKE:
        return _usd(quote, quote.units), ""
    if _UNITS.get(word) == quote.per:
        return _usd(quote, Decimal(1)), ""
    sentence = _("The provider counts in “%(theirs)s” and our price is for one %(ours)s, so they are not compared.")
    return None, sentence % {"theirs": unit, "ours": PriceUnit(quote.per).label}


def _usd(quote: pricing.Quote, units: Decimal) -> Decimal:
    return quote.amount * units * quote.usd_per_unit
