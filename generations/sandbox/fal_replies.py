"""What fal says when something is wrong: model errors as a detail list, the platform's own with an error type."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from generations.sandbox import fal_fields
from generations.sandbox.faults import Asked
from generations.sandbox.tasks import Failure, Task
from generations.sandbox.wire import cut, gateway_page, json_reply

MODERATED = "The content could not be processed because it contained material flagged by a content checker."


def failure_body(failure: Failure) -> dict[str, Any]:
    """fal's detail list for a model's refusal."""
    return {"detail": [fal_fields.detail(failure.loc, failure.kind, failure.message, None, **failure.ctx)]}


async def refusal(request: Request, faults: set[str]) -> Response | None:
    """The reply of a submit that makes nothing, or None."""
    if "lost request" in faults:
        return await cut(request)
    if faults & {"429", "1303"}:
        return json_reply({"detail": "Too many requests"}, 429, {"Retry-After": "2"})
    if "500" in faults:
        return infrastructure("Internal server error", "internal_error", 500)
    if "503" in faults:
        return infrastructure("No runner available", "runner_scheduling_failure", 503)
    return gateway_page(502, "Bad Gateway") if "html" in faults else None


def failure_asked(asked: dict[str, Asked]) -> Failure | None:
    """The end that was asked for in the prompt, or None."""
    if "moderated charged" in asked:
        return Failure("content_policy_violation", MODERATED, charged=True)
    if "moderated" in asked:
        return Failure("content_policy_violation", MODERATED)
    if "fail" in asked:
        return Failure("runner_server_error", "The runner failed to process the request.", 500)
    return None


def infrastructure(words: str, kind: str, status: int) -> Response:
    """A failure of fal's platform, in its other shape."""
    return json_reply({"detail": words, "error_type": kind}, status, {"X-Fal-Error-Type": kind})


def infrastructure_words(task: Task) -> dict[str, str]:
    """A status names the platform's own failures; a model's refusal shows only when the result is asked for."""
    if task.state == "canceled":
        return {"error": "Request was cancelled", "error_type": "client_cancelled"}
    if task.failure is not None and task.failure.status >= 500:
        return {"error": task.failure.message, "error_type": task.failure.kind}
    return {}


def logs_of(task: Task) -> list[dict[str, str]]:
    """The log lines of a task that has begun."""
    lines = [(task.started_at, "Rendering started."), (task.done_at, "Rendering ended.")]
    return [
        {"message": words, "level": "INFO", "source": "USER", "timestamp": datetime.fromtimestamp(at, UTC).isoformat()}
        for at, words in lines
        if at is not None
    ]
