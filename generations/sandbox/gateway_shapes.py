"""A task as gateways show it: MuleRun's `task_info`, or Kling's envelope passed through. Source: providers.md 5."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from generations.sandbox.tasks import Task
from generations.sandbox.wire import json_reply

# MuleRun's Kling pages, and its general page about tasks.
WORDS = {"queued": "pending", "running": "processing", "done": "completed", "failed": "failed", "canceled": "failed"}
OTHER_WORDS = {"queued": "queued", "running": "running", "done": "succeeded", "failed": "failed", "canceled": "failed"}
KLING_WORDS = {
    "queued": "submitted",
    "running": "processing",
    "done": "succeed",
    "failed": "failed",
    "canceled": "failed",
}


def task_info(task: Task, words: dict[str, str], http: int = 200, **changes: Any) -> Response:
    """A task in MuleRun's shape: a failed one is still answered with 200."""
    info: dict[str, Any] = {
        "id": task.id,
        "status": words[task.state],
        "created_at": _iso(task.submitted_at),
        "updated_at": _iso(task.updated_at),
    }
    if task.failure and task.is_over:
        kind = task.failure.kind
        info["error"] = {
            "code": int(kind) if kind.isdecimal() else 3001,
            "title": task.failure.ctx.get("title", "Task Execution Error"),
            "detail": task.failure.message,
        }
    body: dict[str, Any] = {"task_info": {**info, **changes}}
    if task.state == "done":
        body["videos"] = list(task.outputs)
    return json_reply(body, http)


def envelope(task: Task, **changes: Any) -> Response:
    """A task in Kling's envelope, as a gateway that passes everything through answers."""
    words = task.failure.message if task.failure and task.is_over else ""
    data: dict[str, Any] = {
        "task_id": task.id,
        "task_status": KLING_WORDS[task.state],
        "task_status_msg": words,
        "created_at": int(task.submitted_at * 1000),
        "updated_at": int(task.updated_at * 1000),
    }
    if task.state == "done":
        seconds = f"{task.seconds:g}"
        data["task_result"] = {"videos": [{"id": task.id, "url": url, "duration": seconds} for url in task.outputs]}
    return json_reply({"code": 0, "message": "SUCCEED", "request_id": task.id[:16], "data": {**data, **changes}})


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
