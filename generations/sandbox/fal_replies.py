"""What fal says when something is wrong: model errors as a detail list, the platform's own with an error type."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from generations.sandbox.fal_words import detail
from generations.sandbox.faults import Asked
from generations.sandbox.studio import Studio
from generations.sandbox.tasks import Failure, Task
from generations.sandbox.wire import MEDIA_TYPES, cut, gateway_page, json_reply

LOCKED = "User is locked. Reason: exhausted balance."
# HTTP status -> error type and words.
KINDS = {
    400: ("bad_request", "Bad request"),
    401: ("unauthorized", "Authentication is required to access this application."),
    403: ("forbidden", "The key's scope does not allow this."),
    422: ("value_error", "Value error, the input was refused"),
    499: ("client_disconnected", "Client disconnected"),
    500: ("runner_server_error", "The runner failed to process the request."),
    502: ("runner_incomplete_response", "The runner's response was incomplete."),
    503: ("runner_scheduling_failure", "No runner available"),
    504: ("request_timeout", "Request timed out"),
}
MODERATED = "The content could not be processed because it contained material flagged by a content checker."


def failure_body(failure: Failure) -> dict[str, Any]:
    """fal's detail list for a model's refusal."""
    return {"detail": [detail(failure.loc, failure.kind, failure.message, None, **failure.ctx)]}


async def refusal(request: Request, asked: Mapping[str, Asked]) -> Response | None:
    """The reply of a submit that makes nothing, or None."""
    if "lost request" in asked:
        return await cut(request)
    if asked.keys() & {"429", "1303"}:
        return json_reply({"detail": "Too many requests"}, 429, {"Retry-After": "2"})
    if "429 bare" in asked:
        return json_reply({"detail": "Too many requests"}, 429)
    if "500" in asked:
        return infrastructure("Internal server error", "internal_error", 500)
    if "503" in asked:
        return infrastructure("No runner available", "runner_scheduling_failure", 503)
    if "no funds" in asked:
        return json_reply({"detail": LOCKED}, 403)
    if "code" in asked:
        return by_status(int(asked["code"].seconds))
    return gateway_page(502, "Bad Gateway") if "html" in asked else None


def by_status(status: int) -> Response:
    """What fal answers with an HTTP status, in the words of its platform."""
    kind, words = KINDS.get(status, ("internal_error", "Internal server error"))
    if status == 422:
        return json_reply({"detail": [detail(("body", "prompt"), kind, words)]}, 422, {"X-Fal-Retryable": "false"})
    return infrastructure(words, kind, status) if status in KINDS else json_reply({"detail": words}, status or 500)


def failure_asked(asked: Mapping[str, Asked]) -> Failure | None:
    """The end that was asked for in the prompt, or None."""
    if "moderated charged" in asked:
        return Failure("content_policy_violation", MODERATED, charged=True)
    if asked.keys() & {"moderated", "nsfw"}:
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


def result_of(task: Task, studio: Studio) -> dict[str, Any]:
    """The result of a finished request, in the shape of its endpoint's output."""
    if task.capability == "create voice":
        return {"voice_id": uuid.uuid5(uuid.NAMESPACE_URL, task.id).hex}
    files = [_file(url, studio.path(film)) for url, film in zip(task.outputs, task.films, strict=True)]
    images = [file for file in files if file["content_type"].startswith("image/")]
    if task.capability == "virtual try-on":
        return {"image": images[0]}
    if images:
        return {"images": images}
    return {file["content_type"].partition("/")[0]: file for file in files}


def _file(url: str, path: Path) -> dict[str, Any]:
    name = url.rsplit("/", 1)[-1]
    kind = MEDIA_TYPES[name.rsplit(".", 1)[-1]]
    return {"url": url, "content_type": kind, "file_name": name, "file_size": path.stat().st_size}


def drop_url(value: dict[str, Any]) -> None:
    """Take the addresses out of a result."""
    for file in value.values():
        for item in file if isinstance(file, list) else [file]:
            if isinstance(item, dict):
                item.pop("url", None)
