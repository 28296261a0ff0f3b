"""The sandbox's own book: what each task cost, in the provider's unit and in list dollars."""

from __future__ import annotations

from decimal import Decimal

from generations import catalog
from generations.catalog import Route
from generations.sandbox.tasks import Task


def bill(task: Task) -> None:
    """Write down what a task cost: fal counts seconds, Kling units; in list dollars too where a price is known."""
    task.unit = "second" if task.provider == "fal" else "kling_unit"
    price = price_per_second(task)
    amount = Decimal(task.seconds) * (1 if task.provider == "fal" else price or 0)
    task.billed = plain(amount)
    if price is not None:
        rate = price if task.provider == "fal" else price * catalog.load().kling_unit_usd
        task.usd = plain(rate * task.seconds)


def price_per_second(task: Task) -> Decimal | None:
    """The newest list price of the task's route, in dollars on fal and in units on Kling, or None."""
    book = catalog.load()
    rows = [
        price
        for price in book.prices
        if (price.provider, price.model, price.tier) == (task.provider, task.model, task.tier)
        and price.capability in (None, task.capability)
        and isinstance(price.amount, Decimal)
    ]
    newest = max(rows, key=lambda price: price.valid_from, default=None)
    return newest.amount if newest and isinstance(newest.amount, Decimal) else None


def plain(amount: Decimal) -> str:
    """A decimal without exponent or trailing zeros."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def find_kling_route(endpoint: str, model: str, mode: str) -> Route | None:
    """The catalog's route for a model and a mode ("" where none is sent) of an official endpoint."""
    for route in catalog.load().routes:
        same = route.provider == "kling" and route.endpoint == endpoint and route.wire.get("model_name") == model
        if same and route.wire.get("mode", "") == mode:
            return route
    return None
