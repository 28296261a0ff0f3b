"""What the official API says a task cost: units of a pack, or money. docs/providers.md 3.9."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from generations.catalog import Route
from generations.choices import Capability, Currency
from generations.providers.reply import read_amount
from generations.providers.types import JSON, Account, Cost

_IMAGES = frozenset(
    {Capability.TEXT_TO_IMAGE, Capability.IMAGE_TO_IMAGE, Capability.EXPAND_IMAGE, Capability.TRY_ON},
)
# Sounds and speech draw on the video pack: seen live, docs/providers.md 7.1.
_PACKS = {
    "video": Currency.KLING_UNIT.value,
    "audio": Currency.KLING_UNIT.value,
    "image": Currency.KLING_IMAGE_UNIT.value,
}


class Purse(NamedTuple):
    """What an account pays a product with: units of the product's pack, and money; empty where that is not ours."""

    units: str
    cash: str

    @property
    def nothing(self) -> Cost:
        return Cost(Decimal(0), self.units)


def purse_of(route: Route, account: Account) -> Purse:
    """The purse of a route's product. Accounts of the Chinese region pay in yuan, which the catalog has no price in."""
    units = Currency.KLING_IMAGE_UNIT if route.capability in _IMAGES else Currency.KLING_UNIT
    return Purse(units.value, "" if account.region == "cn" else Currency.USD.value)


def read_deduction(data: Mapping[str, JSON], purse: Purse) -> Cost | None:
    """What an older task deducted; None where it does not say, or took from both purses, which no one figure tells."""
    units = read_amount(data.get("final_unit_deduction"))
    balance = data.get("final_balance_deduction")
    money = read_amount(balance.get("quota")) if isinstance(balance, dict) else None
    if money:
        return Cost(money, purse.cash) if purse.cash and not units else None
    return None if units is None else Cost(units, purse.units)


def read_billing(billing: JSON, purse: Purse) -> Cost | None:
    """What a newer task was billed; None where it does not say, or where its lines are of several currencies."""
    lines = [_line(line, purse) for line in billing] if isinstance(billing, list) else []
    found = [line for line in lines if line is not None]
    if not found or len(found) < len(lines) or len({line.currency for line in found}) > 1:
        return None
    return added(found)


def added(costs: Iterable[Cost]) -> Cost:
    """The sum of costs of one currency."""
    first, *rest = costs
    return Cost(sum((cost.amount for cost in rest), first.amount), first.currency)


def with_begun(cost: Cost | None, begun: JSON) -> Cost | None:
    """A cost with that of the call before the submit, where one was charged; unknown stays unknown."""
    if not isinstance(begun, dict) or cost is None:
        return cost
    before = Cost.from_json(begun)
    return added((cost, before)) if before.currency == cost.currency else cost


def _line(line: JSON, purse: Purse) -> Cost | None:
    amount = read_amount(line.get("amount")) if isinstance(line, dict) else None
    if amount is None:
        return None
    if line.get("charge_type") == "cash":
        is_usd = str(line.get("currency")).lower() == Currency.USD.value
        return Cost(amount, Currency.USD.value) if is_usd else None
    return Cost(amount, _PACKS.get(str(line.get("package_type")), purse.units))
