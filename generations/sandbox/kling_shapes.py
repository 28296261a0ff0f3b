"""A task as the official API shows it: the legacy shape per product, and the envelope around every reply."""

from __future__ import annotations

import uuid
from typing import Any

from starlette.responses import Response

from generations.sandbox.kling_auth import KlingError
from generations.sandbox.tasks import Task
from generations.sandbox.wire import json_reply

STATES = {"queued": "submitted", "running": "processing", "done": "succeed", "failed": "failed", "canceled": "failed"}
IMAGES = (".png", ".jpg", ".webp")


def whole(task: Task) -> dict[str, Any]:
    """A task as a query and a callback of the legacy API show it."""
    value = {**head(task), "task_status_msg": task.failure.message if task.failure and task.is_over else ""}
    value["task_result"] = result(task) if task.state == "done" else {}
    if task.is_over:
        value["final_unit_deduction"] = task.billed
    return value


def head(task: Task) -> dict[str, Any]:
    """A task as its creation answers."""
    info: dict[str, Any] = {"external_task_id": task.external_id} if task.external_id else {}
    if parent := task.extra.get("parent_video"):
        info["parent_video"] = parent
    return {
        "task_id": task.id,
        "task_status": STATES[task.state],
        "task_info": info,
        "created_at": int(task.submitted_at * 1000),
        "updated_at": int(task.updated_at * 1000),
    }


def result(task: Task) -> dict[str, Any]:
    """The files of a finished task, by kind."""
    found: dict[str, Any] = {}
    films, pictures, sounds = (task.outputs_of(*kinds) for kinds in ((".mp4",), IMAGES, (".mp3", ".wav")))
    if films:
        found["videos"] = [{"id": output_id(url), "url": url, "duration": f"{float(task.seconds)}"} for url in films]
    if pictures:
        found["images"] = [{"index": number, "url": url} for number, url in enumerate(pictures)]
    if sounds:
        found["audios"] = [sound(task)]
    if task.capability == "create voice":
        found["voices"] = [{"voice_id": task.extra["made_id"], "voice_name": task.extra["name"], "owned_by": "user"}]
    if task.capability == "create element":
        found["elements"] = [{"element_id": int(task.extra["made_id"]), "element_name": task.extra["name"]}]
    return found


def sound(task: Task) -> dict[str, Any]:
    """The sound of a finished task, in both forms where both were made."""
    value: dict[str, Any] = {"id": output_id(f"{task.id} sound")}
    for url in task.outputs_of(".mp3", ".wav"):
        kind = url.rsplit(".", 1)[-1]
        value |= {f"url_{kind}": url, f"duration_{kind}": f"{float(task.seconds)}"}
    return value


def output_id(url: str) -> str:
    """The id of a result, by which later calls name it."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, url))


def output_ids(task: Task) -> list[str]:
    """The ids of a finished task's films and sounds."""
    sounds = [output_id(f"{task.id} sound")] if task.outputs_of(".mp3", ".wav") else []
    return [*sounds, *(output_id(url) for url in task.outputs_of(".mp4"))]


def envelope(data: Any) -> Response:
    """A success in Kling's envelope."""
    return json_reply({"code": 0, "message": "SUCCEED", "request_id": str(uuid.uuid4()), "data": data})


def refused(error: KlingError) -> Response:
    """An error in Kling's envelope, which then has no data."""
    value = {"code": error.code, "message": error.message, "request_id": str(uuid.uuid4())}
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else None
    return json_reply(value, error.status, headers)


NEW_STATES = {**STATES, "done": "succeeded"}
PACKS = {"kling_unit": "video", "kling_image_unit": "image"}


def new_head(task: Task) -> dict[str, Any]:
    """A task of the new standard as its creation answers."""
    return {
        "id": task.id,
        "status": NEW_STATES[task.state],
        "create_time": int(task.submitted_at * 1000),
        "update_time": int(task.updated_at * 1000),
        "external_id": task.external_id,
    }


def element(task: Task) -> dict[str, Any]:
    """A task as queries and callbacks of the new standard show it."""
    done = task.state == "done"
    return {
        **new_head(task),
        "message": task.failure.message if task.failure and task.is_over else "",
        "outputs": [_output(task, url) for url in task.outputs] if done else [],
        "billing": [_charge(task)] if task.is_over and task.billed != "0" else [],
    }


def body_of(task: Task) -> dict[str, Any]:
    """What a callback about a task carries, which depends on the generation it was made in."""
    return element(task) if task.extra.get("generation") == "new" else whole(task)


def _output(task: Task, url: str) -> dict[str, Any]:
    kind = "image" if url.endswith(IMAGES) else "video"
    value = {"type": kind, "id": output_id(url), "url": url, "watermark_url": ""}
    return {**value, "duration": f"{float(task.seconds)}"} if kind == "video" else value


def _charge(task: Task) -> dict[str, str]:
    return {
        "charge_type": "unit",
        "amount": task.billed,
        "package_type": PACKS[task.unit],
        "list_price": task.usd,
        "currency": "USD",
    }
