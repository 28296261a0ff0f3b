"""fal's webhooks: the end of a request only, signed with Ed25519 over its id, the user, the time and the body."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from generations.sandbox.fal_replies import failure_body
from generations.sandbox.store import Letter
from generations.sandbox.tasks import Task

USER_ID = "sandbox-user"


class FalPost:
    """A `webhooks.Post`: ten retries within two hours."""

    retries = 10

    def __init__(self, key: Ed25519PrivateKey, result_body: Callable[[Task], dict[str, Any]]) -> None:
        self._key = key
        self._result_body = result_body

    def event(self, task: Task) -> dict[str, Any] | None:
        if not task.is_over:
            return None
        event = {"request_id": task.id, "gateway_request_id": task.id, "status": "OK"}
        if task.state == "done":
            return {**event, "payload": self._result_body(task)}
        status = 499 if task.failure is None else task.failure.status
        words = "Request was cancelled" if task.failure is None else task.failure.message
        payload = failure_body(task.failure) if task.failure and status == 422 else {"detail": words}
        return {**event, "status": "ERROR", "payload": payload, "error": f"Invalid status code: {status}"}

    def sign(self, letter: Letter, at: int, *, forged: bool) -> dict[str, str]:
        digest = hashlib.sha256(letter.body.encode()).hexdigest()
        message = "\n".join((letter.task_id, USER_ID, str(at), digest)).encode()
        key = Ed25519PrivateKey.generate() if forged else self._key
        return {
            "X-Fal-Webhook-Request-Id": letter.task_id,
            "X-Fal-Webhook-User-Id": USER_ID,
            "X-Fal-Webhook-Timestamp": str(at),
            "X-Fal-Webhook-Signature": key.sign(message).hex(),
        }
