"""Kling's webhooks: one for every change of status, signed as in Standard Webhooks where the account has a secret.

Facts: docs/providers.md 3.11. Unsigned deliveries are taken as what they are, a hint; nothing is believed before a read
with our own key.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from standardwebhooks import Webhook

from generations.providers.delivery import read_object, read_signed
from generations.providers.errors import CallbackInvalid
from generations.providers.reply import plain, read_task_id
from generations.providers.types import JSON, Callback, Delivery


def read_delivery(delivery: Delivery, secret: str) -> Callback:
    """The hint of a delivery of either shape, verified where the account has a secret. Raises CallbackInvalid.

    It names our own id too, so that an unsigned one can be compared with the take it speaks of. With a secret, an
    unsigned delivery is refused: otherwise leaving the signature out would pass for having one.
    """
    if secret:
        _check_signature(delivery, secret)
    body = read_object(delivery.body)
    task_id = read_task_id(body.get("task_id", body.get("id")))
    if task_id is None:
        raise CallbackInvalid(_("This delivery names no task."))
    return Callback(_delivery_id(delivery, body, task_id, bool(secret)), task_id, bool(secret), _our_id(body))


def _our_id(body: Mapping[str, JSON]) -> str:
    info = body.get("task_info")
    found = info.get("external_task_id") if isinstance(info, dict) else body.get("external_id")
    return plain(found, 64) if isinstance(found, str) else ""


def _delivery_id(delivery: Delivery, body: Mapping[str, JSON], task_id: str, is_signed: bool) -> str:
    if is_signed:
        return plain(delivery.headers["webhook-id"], 128)
    status = body.get("task_status", body.get("status"))
    changed_at = body.get("updated_at", body.get("update_time"))
    return f"{task_id}:{plain(str(status), 20)}:{plain(str(changed_at), 20)}"


def _check_signature(delivery: Delivery, secret: str) -> None:
    # The library's own `verify` reads the clock; ours comes with the delivery, so only its signature is used.
    delivery_id, timestamp, signatures = read_signed(delivery)
    sent_at = datetime.fromtimestamp(int(timestamp), UTC)
    try:
        expected = Webhook(secret).sign(delivery_id, sent_at, delivery.body.decode())
    except UnicodeDecodeError:
        raise CallbackInvalid(_("This delivery is not a JSON object.")) from None
    if not any(hmac.compare_digest(expected.encode(), candidate) for candidate in signatures):
        raise CallbackInvalid(_("The signature of this delivery was not made by Kling."))
