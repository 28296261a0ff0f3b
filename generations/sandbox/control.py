"""What `/_control` can order: troubles, and what the providers' own consoles would set.

- `{"fault": name, "provider": "fal", "count": n, "value": x}`: the next n requests that the fault concerns
- `{"lose": {"provider": "fal", "share": 0.1, "seed": 7}}` or `{"every": 10}`: lose the replies of accepted submits
- `{"balance": {"provider": "kling", "key": "...", "amount": "10", "pack": "kling_unit"}}`: what an account has left
- `{"latency": {"provider": "fal", "seconds": 0.5}}`: answer every request of a provider that much later
- `{"clock_skew": 400}`: the providers' clocks are so many seconds ahead (behind, if negative)
- `{"result_seconds": 60}`: results expire after that time, not after 30 days
- `{"kling_webhook_secret": "whsec_..."}`, `{"kling_access_keys": {access: secret}}`
- `{"wavespeed_webhook_secret": "whsec_..."}`
- `{"clear": true}`: no more troubles, losses, latency or skew
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from generations.sandbox.config import RESULT_DAYS
from generations.sandbox.faults import FAULTS
from generations.sandbox.wire import account_label
from generations.sandbox.world import World

PROVIDERS = ("fal", "kling", "wavespeed", "gateway")

Order = Mapping[str, Any]


class BadOrder(Exception):
    """An order that cannot be followed; the message says why."""


def obey(world: World, order: Order) -> None:
    """Follow an order. Raises BadOrder."""
    known = [name for name in ORDERS if name in order]
    if not known:
        raise BadOrder(f"Name one of: {', '.join(ORDERS)}.")
    for name in known:
        ORDERS[name](world, order)


def _clear(world: World, order: Order) -> None:
    if order["clear"]:
        world.armed.clear()
        world.losses.clear()
        world.latency_seconds.clear()
        world.skew_seconds = 0.0
        world.result_seconds = RESULT_DAYS * 86_400.0


def _arm(world: World, order: Order) -> None:
    name, provider, count = order["fault"], order.get("provider") or "", order.get("count", 1)
    if name not in FAULTS:
        raise BadOrder(f"There is no fault {name!r}. There are: {', '.join(FAULTS)}.")
    if provider not in ("", *PROVIDERS):
        raise BadOrder(f"The provider is one of {', '.join(PROVIDERS)}.")
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise BadOrder("The count is a whole number from 1 up.")
    world.armed.add(name, provider, count, _number(order.get("value", 0)))


def _lose(world: World, order: Order) -> None:
    rule = _part(order, "lose")
    share, every = _number(rule.get("share", 0)), int(_number(rule.get("every", 0)))
    if not 0 <= share <= 1 or every < 0:
        raise BadOrder("A share is from 0 to 1, every is a whole number from 1 up.")
    world.losses.set(_provider(rule), every=every, share=share, seed=int(_number(rule.get("seed", 0))))


def _balance(world: World, order: Order) -> None:
    rule = _part(order, "balance")
    try:
        amount = Decimal(str(rule.get("amount")))
    except InvalidOperation:
        raise BadOrder("The amount is a number.") from None
    provider, key = _provider(rule), str(rule.get("key", ""))
    owner = key.partition(":")[0] if provider == "fal" else key
    world.accounts.give(provider, account_label(owner), amount, str(rule.get("pack", "")))


def _latency(world: World, order: Order) -> None:
    rule = _part(order, "latency")
    world.latency_seconds[_provider(rule)] = _number(rule.get("seconds"))


def _skew(world: World, order: Order) -> None:
    world.skew_seconds = _number(order["clock_skew"])


def _expiry(world: World, order: Order) -> None:
    world.result_seconds = _number(order["result_seconds"])


def _webhook_secret(world: World, order: Order) -> None:
    world.store.put_setting("kling_webhook_secret", order["kling_webhook_secret"] or None)


def _wavespeed_secret(world: World, order: Order) -> None:
    world.store.put_setting("wavespeed_webhook_secret", order["wavespeed_webhook_secret"] or None)


def _access_keys(world: World, order: Order) -> None:
    world.know_kling_secrets(dict(_part(order, "kling_access_keys")))


def _part(order: Order, name: str) -> Mapping[str, Any]:
    if not isinstance(order[name], dict):
        raise BadOrder(f"{name} is an object.")
    return dict(order[name])


def _provider(rule: Order) -> str:
    if rule.get("provider") not in PROVIDERS:
        raise BadOrder(f"The provider is one of {', '.join(PROVIDERS)}.")
    return str(rule["provider"])


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadOrder("A number is missing.")
    return float(value)


ORDERS: dict[str, Callable[[World, Order], None]] = {
    "clear": _clear,
    "fault": _arm,
    "lose": _lose,
    "balance": _balance,
    "latency": _latency,
    "clock_skew": _skew,
    "result_seconds": _expiry,
    "kling_webhook_secret": _webhook_secret,
    "kling_access_keys": _access_keys,
    "wavespeed_webhook_secret": _wavespeed_secret,
}
