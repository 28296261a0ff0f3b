"""What the resource packs of an account hold: `GET /account/costs`. docs/providers.md 3.3.

Free, but at most one call a second, and the figures lag by up to 12 hours.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from generations.choices import Currency
from generations.providers.reply import plain, read_amount
from generations.providers.types import JSON, Balance

PATH = "/account/costs"
# Packs are listed by when they were bought, and the longest last half a year.
_BOUGHT_WITHIN = timedelta(days=400)
_SPENT = frozenset({"expired", "runout"})


def window() -> dict[str, str]:
    """The period to ask for, in milliseconds."""
    now_ms = int(time.time() * 1000)
    return {"start_time": str(now_ms - int(_BOUGHT_WITHIN.total_seconds() * 1000)), "end_time": str(now_ms)}


def read_packs(data: Mapping[str, JSON]) -> tuple[Balance, ...] | None:
    """The packs that still hold something, or None where the answer cannot be read."""
    packs = data.get("resource_pack_subscribe_infos")
    if not isinstance(packs, list) or data.get("code", 0) != 0:
        return None
    found = [_pack(pack) for pack in packs if isinstance(pack, dict)]
    return tuple(balance for balance in found if balance is not None)


def _pack(pack: Mapping[str, JSON]) -> Balance | None:
    amount, name = read_amount(pack.get("remaining_quantity")), plain(str(pack.get("resource_pack_name", "")), 120)
    if amount is None or str(pack.get("status")).lower() in _SPENT:
        return None
    return Balance(
        amount,
        _units(name),
        as_of_note=_("Kling's figures may be up to 12 hours old."),
        expires_at=_moment(pack.get("invalid_time")),
        name=name,
    )


def _units(name: str) -> str:
    """A pack is of one kind of product, and only its name says of which."""
    is_of_images = "image" in name.lower() or "图" in name
    return (Currency.KLING_IMAGE_UNIT if is_of_images else Currency.KLING_UNIT).value


def _moment(value_ms: JSON) -> datetime | None:
    is_moment = isinstance(value_ms, int) and 0 < value_ms < 10**13
    return datetime.fromtimestamp(value_ms / 1000, UTC) if is_moment else None
