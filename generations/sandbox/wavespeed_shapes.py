"""A task as WaveSpeedAI shows it, and the envelope around every reply. Source: providers.md 4.3."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from generations.sandbox.tasks import Task
from generations.sandbox.wire import json_reply

STATES = {
    "queued": "created",
    "running": "processing",
    "done": "completed",
    "failed": "failed",
    "canceled": "cancelled",
}


def envelope(data: Any) -> Response:
    """A reply that went well; a task that failed is one of those."""
    return json_reply({"code": 200, "message": "success", "data": data})


def prediction(task: Task) -> dict[str, Any]:
    """A task as a submit, a result and, with its input, history and webhooks show it."""
    began, ended = task.started_at or task.submitted_at, task.done_at
    value: dict[str, Any] = {
        "id": task.id,
        "model": task.endpoint,
        "outputs": list(task.outputs) if task.state == "done" else [],
        "urls": {"get": task.extra["get"]},
        "has_nsfw_contents": [task.has("nsfw")] * len(task.outputs) if task.state == "done" else [],
        "status": STATES[task.state],
        "created_at": iso(task.submitted_at),
        "error": task.failure.message if task.failure and task.is_over else "",
        "timings": {"inference": round((ended - began) * 1000) if ended else 0},
    }
    if task.failure and task.is_over:
        value["code"] = int(task.failure.kind) if task.failure.kind.isdecimal() else 1403
    return value


def with_input(task: Task) -> dict[str, Any]:
    return {**prediction(task), "input": task.extra["input"]}


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
