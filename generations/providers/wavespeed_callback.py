"""WaveSpeedAI's webhooks: one for the end of a prediction, its bare object, signed where the account has a secret.

Facts: docs/providers.md 4.5. It looks like Standard Webhooks and is not: the version is `v3`, the signature hex, and
the key is the secret as it is written, not decoded. Unsigned deliveries are a hint, like every other.
"""

from __future__ import annotations

import hashlib
import hmac

from django.utils.translation import gettext as _

from generations.providers.delivery import read_object, read_signed
from generations.providers.errors import CallbackInvalid
from generations.providers.reply import plain, read_task_id
from generations.providers.types import Callback, Delivery

PREFIX = "whsec_"


def read_delivery(delivery: Delivery, secret: str) -> Callback:
    """The hint of a delivery, verified where the account has a secret. Raises CallbackInvalid.

    With a secret, an unsigned delivery is refused: otherwise leaving the signature out would pass for having one.
    """
    if secret:
        _check_signature(delivery, secret)
    body = read_object(delivery.body)
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
    delivery_id, timestamp, signatures = read_signed(delivery)
    expected = f"v3,{signature(secret, delivery_id, timestamp, delivery.body)}".encode()
    if not any(hmac.compare_digest(expected, candidate) for candidate in signatures):
        raise CallbackInvalid(_("The signature of this delivery was not made by WaveSpeedAI."))
