"""WaveSpeedAI's webhooks: one for the end of a prediction, its bare object, signed where the account has a secret.

Facts: docs/providers.md 4.5. It looks like Standard Webhooks and is not: the version is `v3`, the signature hex, and
the key is the secret as it is written, not decoded. Unsigned deliveries are a hint, like every other.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta

from django.utils.translation import gettext as _

from generations.providers.errors import CallbackInvalid
from generations.providers.reply import plain, read_task_id
from generations.providers.types import JSON, Callback, Delivery

TOLERANCE = timedelta(seconds=300)
SIGNATURES_MAX = 8
PREFIX = "whsec_"


def read_delivery(delivery: Delivery, secret: str) -> Callback:
    """The hint of a delivery, verified where the account has a secret. Raises CallbackInvalid.

    With a secret, an unsigned delivery is refused: otherwise leaving the signature out would pass for having one.
    """
    if secret:
        _check_signature(delivery, secret)
    body = _read_object(delivery.body)
    task_id = read_task_id(body.get("id"))
    if task_id is None:
        raise CallbackInvalid(_("This delivery names no task."))
    if secret:
        return Callback(plain(delivery.headers["webhook-id"], 128), task_id, verified=True)
    return Callback(f"{task_id}:{plain(str(body.get('status')), 20)}", task_id, verified=False)


def signature(secret: str, delivery_id: str, timestamp: str, body: bytes) -> str:
    """The signature of a body: hex HMAC-SHA256 of `id.timestamp.body`."""
    signed = f"{delivery_id}.{timestamp}.".encode("utf-8", "replace") + body
    return hmac.new(secret.removeprefix(PREFIX).encode(), signed, hashlib.sha256).hexdigest()


def _check_signature(delivery: Delivery, secret: str) -> None:
    delivery_id, timestamp, given = (delivery.headers.get(f"webhook-{name}", "") for name in _HEADERS)
    if not (delivery_id and timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise CallbackInvalid(_("This delivery is not signed."))
    if abs(delivery.received_at.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise CallbackInvalid(_("This delivery is too old, or the clocks differ."))
    expected = f"v3,{signature(secret, delivery_id, timestamp, delivery.body)}".encode()
    candidates = [item.encode("utf-8", "replace") for item in given.split()[:SIGNATURES_MAX]]
    if not any(hmac.compare_digest(expected, candidate) for candidate in candidates):
        raise CallbackInvalid(_("The signature of this delivery was not made by WaveSpeedAI."))


def _read_object(body: bytes) -> Mapping[str, JSON]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise CallbackInvalid(_("This delivery is not a JSON object."))
    return value


_HEADERS = ("id", "timestamp", "signature")
