"""What every signed webhook has in common: a time that must be near, and signatures beside the id of the delivery."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _

from generations.providers.errors import CallbackInvalid
from generations.providers.types import JSON, Delivery

TOLERANCE = timedelta(minutes=5)
SIGNATURES_MAX = 8  # two during a change of secret


class Signed(NamedTuple):
    """The `webhook-…` headers of a delivery; `signatures` as they were given, one of which must fit."""

    delivery_id: str
    timestamp: str
    signatures: tuple[bytes, ...]


def read_signed(delivery: Delivery) -> Signed:
    """The signature headers. Raises CallbackInvalid for one that is missing, and for a time that is not near."""
    delivery_id, timestamp, given = (delivery.headers.get(f"webhook-{name}", "") for name in _HEADERS)
    if not delivery_id:
        raise CallbackInvalid(_("This delivery is not signed."))
    check_age(delivery, timestamp)
    signatures = tuple(item.encode("utf-8", "replace") for item in given.split()[:SIGNATURES_MAX])
    return Signed(delivery_id, timestamp, signatures)


def check_age(delivery: Delivery, timestamp: str) -> None:
    """Raise CallbackInvalid unless a time in unix seconds is one, and within five minutes of our clock."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise CallbackInvalid(_("This delivery is not signed."))
    if abs(delivery.received_at.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise CallbackInvalid(_("This delivery is too old, or the clocks differ."))


def read_object(body: bytes) -> Mapping[str, JSON]:
    """A body that must be a JSON object. Raises CallbackInvalid."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise CallbackInvalid(_("This delivery is not a JSON object."))
    return value


_HEADERS = ("id", "timestamp", "signature")
