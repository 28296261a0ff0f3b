"""Kling's callbacks: one for every state, signed as Standard Webhooks where the account has a secret, else unsigned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook

from generations.sandbox.store import Letter, Store
from generations.sandbox.tasks import Task


class KlingPost:
    """A `webhooks.Post`. Kling documents no retries; three are made."""

    retries = 3

    def __init__(self, store: Store, body_of: Callable[[Task], dict[str, Any]]) -> None:
        self._store = store
        self._body_of = body_of

    def event(self, task: Task) -> dict[str, Any] | None:
        return self._body_of(task)

    def sign(self, letter: Letter, at: int, *, forged: bool) -> dict[str, str]:
        secret = self._store.setting("kling_webhook_secret")
        return kling_signature(secret, letter, at, forged=forged) if secret else {}


def kling_signature(secret: str, letter: Letter, at: int, *, forged: bool = False) -> dict[str, str]:
    """Standard Webhooks headers."""
    value = Webhook(secret).sign(letter.id, datetime.fromtimestamp(at, UTC), letter.body)
    if forged:
        value = f"v1,{'A' * 43}="
    return {"webhook-id": letter.id, "webhook-timestamp": str(at), "webhook-signature": value}
