"""fal's webhooks: signed with Ed25519, by keys that fal publishes. docs/providers.md 2.5.

The keys are kept in this process for a day at most. A signature that no kept key made may come from a new key, so the
keys are fetched once more; how often that happens is limited, because forgeries are free.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.utils.translation import gettext as _

from generations.providers.delivery import check_age
from generations.providers.errors import CallbackInvalid, Unreachable
from generations.providers.reply import plain, read_task_id
from generations.providers.types import JSON, Callback, Delivery

KEYS_MAX_AGE = timedelta(hours=24)
FETCH_INTERVAL = timedelta(seconds=30)
KEYS_MAX = 20

FetchKeys = Callable[[str], Awaitable[tuple[bytes, ...]]]


@dataclass(frozen=True, slots=True)
class _Kept:
    keys: tuple[bytes, ...]
    fetched_at: datetime | None
    tried_at: datetime


_kept: dict[str, _Kept] = {}


async def read_verified(delivery: Delivery, url: str, fetch: FetchKeys) -> Callback:
    """The hint of a delivery whose signature a key published at `url` made.

    Raises CallbackInvalid for what is forged, stale or unreadable, and what `fetch` raises, or Unreachable, where the
    keys cannot be had: then the provider should deliver again.
    """
    signature, message = _read_signature(delivery)
    now = delivery.received_at
    is_valid = _is_signed(signature, message, _fresh_keys(url, now))
    if not is_valid and _may_fetch(url, now):
        is_valid = _is_signed(signature, message, await _fetch(url, now, fetch))
    if not is_valid:
        raise CallbackInvalid(_("The signature of this delivery was not made by fal."))
    return _read_hint(delivery)


def read_keys(document: Mapping[str, JSON]) -> tuple[bytes, ...]:
    """The Ed25519 keys of a JWKS document; entries of another kind are passed over."""
    entries = document.get("keys")
    found = [_read_key(entry) for entry in entries[:KEYS_MAX]] if isinstance(entries, list) else []
    return tuple(key for key in found if key is not None)


def _read_key(entry: JSON) -> bytes | None:
    if not isinstance(entry, dict) or entry.get("crv", "Ed25519") != "Ed25519" or not isinstance(entry.get("x"), str):
        return None
    try:
        key = base64.urlsafe_b64decode(entry["x"] + "=" * (-len(entry["x"]) % 4))
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == 32 else None


def _read_signature(delivery: Delivery) -> tuple[bytes, bytes]:
    """The signature and the message it must be of. Everything that needs no key is checked here."""
    names = ("request-id", "user-id", "timestamp", "signature")
    request_id, user_id, timestamp, signature = (delivery.headers.get(f"x-fal-webhook-{name}", "") for name in names)
    check_age(delivery, timestamp)
    try:
        signed = bytes.fromhex(signature)
    except ValueError:
        raise CallbackInvalid(_("The signature of this delivery cannot be read.")) from None
    if len(signed) != 64:
        raise CallbackInvalid(_("The signature of this delivery cannot be read."))
    digest = hashlib.sha256(delivery.body).hexdigest()
    return signed, "\n".join((request_id, user_id, timestamp, digest)).encode("utf-8", "replace")


def _is_signed(signature: bytes, message: bytes, keys: tuple[bytes, ...]) -> bool:
    return any(_is_signed_by(signature, message, key) for key in keys)


def _is_signed_by(signature: bytes, message: bytes, key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _fresh_keys(url: str, now: datetime) -> tuple[bytes, ...]:
    kept = _kept.get(url)
    return kept.keys if kept and kept.fetched_at and now - kept.fetched_at <= KEYS_MAX_AGE else ()


def _may_fetch(url: str, now: datetime) -> bool:
    """Whether the keys may be fetched now. Raises Unreachable where there are none and the last try is too recent."""
    kept = _kept.get(url)
    if kept is None or now - kept.tried_at >= FETCH_INTERVAL:
        return True
    if not _fresh_keys(url, now):
        raise Unreachable(_("The keys that sign fal's webhooks cannot be had at the moment."), provider="fal")
    return False


async def _fetch(url: str, now: datetime, fetch: FetchKeys) -> tuple[bytes, ...]:
    kept = _kept.get(url) or _Kept((), None, now)
    try:
        kept = _Kept(await fetch(url), now, now)
    finally:
        _kept[url] = replace(kept, tried_at=now)  # a try that failed counts too
    return kept.keys


def _read_hint(delivery: Delivery) -> Callback:
    try:
        body = json.loads(delivery.body)
    except (ValueError, RecursionError):
        body = None
    task_id = read_task_id(body.get("request_id")) if isinstance(body, dict) else None
    if task_id is None:
        raise CallbackInvalid(_("This delivery names no request."))
    # fal delivers again until it is answered, up to ten times in two hours: one id for all repeats.
    signed_id = plain(delivery.headers.get("x-fal-webhook-request-id", "") or task_id, 128)
    return Callback(f"{signed_id}:{plain(str(body.get('status')), 20)}", task_id, verified=True)
