"""WaveSpeedAI's webhooks: the end of a prediction only, its bare object. Source: providers.md 4.5.

Signed where the account has a secret: `v3`, hex HMAC-SHA256 of `id.timestamp.body`, keyed with the letters that follow
`whsec_`, just as they are.
"""

from __future__ import annotations

import hmac
from typing import Any

from generations.sandbox.store import Letter, Store
from generations.sandbox.tasks import Task
from generations.sandbox.wavespeed_shapes import with_input

SECRET = "wavespeed_webhook_secret"  # noqa: S105 - the name of a setting


class WaveSpeedPost:
    """A `webhooks.Post`. WaveSpeed documents no retries; three are made."""

    retries = 3

    def __init__(self, store: Store) -> None:
        self._store = store

    def event(self, task: Task) -> dict[str, Any] | None:
        return with_input(task) if task.is_over else None

    def sign(self, letter: Letter, at: int, *, forged: bool) -> dict[str, str]:
        secret = self._store.setting(SECRET)
        return wavespeed_signature(secret, letter, at, forged=forged) if secret else {}


def wavespeed_signature(secret: str, letter: Letter, at: int, *, forged: bool = False) -> dict[str, str]:
    """The three headers of a delivery."""
    key = secret[len("whsec_") :] if secret.startswith("whsec_") else secret
    signed = f"{letter.id}.{at}.{letter.body}".encode()
    value = hmac.digest(b"not the secret" if forged else key.encode(), signed, "sha256").hex()
    return {"webhook-id": letter.id, "webhook-timestamp": str(at), "webhook-signature": f"v3,{value}"}
