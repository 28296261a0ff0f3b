"""What a task costs: in the unit its provider counts, and in list dollars where a price is published."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from generations.sandbox.products import Checked, Price


class Cost(NamedTuple):
    """An amount of `unit` as text; `usd` is "" where no price is published. A guess stands in for an unknown price."""

    amount: str
    unit: str
    usd: str
    guess: bool = False


def cost_of(checked: Checked, seconds: float) -> Cost:
    """The cost of a task of so many seconds, from its product's price.

    A provider that counts seconds, calls or images (fal) bills those; one with a unit of its own bills that unit.
    """
    price: Price | None = checked.settings.get("price")
    if price is None:
        return Cost("0", "", "")
    count = price.quantity(seconds=seconds, count=checked.count, chars=len(checked.prompt))
    if not price.unit:
        return Cost(plain(count), price.per, "" if price.guess else plain(count * price.amount), price.guess)
    units = count * price.amount
    usd = "" if price.guess else plain(units * checked.product.units[price.unit])
    return Cost(plain(units), price.unit, usd, price.guess)


def plain(amount: Decimal) -> str:
    """A decimal without exponent or trailing zeros."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
