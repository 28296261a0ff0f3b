"""The calls of the official API that answer with their result: speech, faces, selections, what a picture shows."""

from __future__ import annotations

import base64
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Address

from generations.sandbox import products
from generations.sandbox.kling import enveloped
from generations.sandbox.kling_auth import KlingError
from generations.sandbox.kling_create import Counter
from generations.sandbox.kling_shapes import envelope, head, output_id
from generations.sandbox.products import Product
from generations.sandbox.tasks import Task
from generations.sandbox.wire import read_json

WAIT_SECONDS = 60.0
FPS = 24
SELECTED_FRAMES_MAX = 10
PARTS = ("object_seg", "head_seg", "face_seg", "cloth_seg")


class KlingSync:
    """Each call is a task too, so that the bill shows it; a reply that is lost is a result that is lost."""

    def __init__(self, counter: Counter) -> None:
        self.world = counter.world
        self.counter = counter

    def addresses(self) -> list[Address]:
        return [self._address_of(one) for one in products.load()["kling"].values() if one.settings.get("sync")]

    def _address_of(self, product: Product) -> Address:
        async def call(request: Request) -> Response:
            self.world.advance()
            taken = await self.counter.take(request, product)
            if isinstance(taken, Response):
                return taken
            if not await self.world.until_over(taken, WAIT_SECONDS):
                raise KlingError(5002, "Server internal timeout")
            if taken.failure is not None:
                raise KlingError(1301 if taken.failure.kind == "moderated" else 5000, taken.failure.message)
            body = read_json(await request.body()) or {}
            return await self.counter.answer(request, taken, envelope(self._data(product.path, taken, body)))

        return Address(product.path, enveloped(call), methods=["POST"])

    def _data(self, path: str, task: Task, body: dict[str, Any]) -> dict[str, Any]:
        match path.rsplit("/", 1)[-1]:
            case "tts":
                return _speech(task)
            case "identify-face":
                faces = [{**face, "face_image": task.output_url} for face in task.extra["face_data"]]
                return {"session_id": task.id, "face_data": faces}
            case "image-recognize":
                shown = [{"type": part, "is_contain": True, "url": task.output_url} for part in PARTS]
                return {**head(task), "task_result": {"images": shown}}
            case "init-selection":
                return _session(task, body)
            case action:
                return self._select(task, action.removesuffix("-selection"), body)

    def _select(self, task: Task, action: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change what is selected in a session, and answer with masks. Raises KlingError."""
        session = self.world.tasks[task.extra["session"]]
        frames: dict[str, list[dict[str, float]]] = session.extra["frames"]
        frame = str(body.get("frame_index", 0))
        if action in ("add", "delete") and int(frame) >= round(session.seconds * FPS):
            raise KlingError(1201, f"frame_index {frame} is beyond the video")
        if action == "add":
            if frame not in frames and len(frames) >= SELECTED_FRAMES_MAX:
                raise KlingError(1201, f"at most {SELECTED_FRAMES_MAX} frames can be selected")
            frames[frame] = [*frames.get(frame, []), *body["points"]]
        elif action == "delete":
            frames.pop(frame, None)
        elif action == "clear":
            frames.clear()
        self.world.keep(session)
        masks = [_mask(session)] if frame in frames else []
        return {"status": 0, "session_id": session.id, "res": {"frame_index": int(frame), "rle_mask_list": masks}}


def _speech(task: Task) -> dict[str, Any]:
    audio = {"id": output_id(f"{task.id} sound"), "url": task.output_url, "duration": f"{float(task.seconds)}"}
    longer = {"url_mp3": audio["url"], "duration_mp3": audio["duration"]}
    return {**head(task), "task_status_msg": "", "task_result": {"audios": [{**audio, **longer}]}}


def _session(task: Task, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": 0,
        "session_id": task.id,
        "fps": FPS,
        "original_duration": round(task.extra["seconds"] * 1000),
        "width": task.extra["width"],
        "height": task.extra["height"],
        "total_frame": round(task.extra["seconds"] * FPS),
        "normalized_video": body.get("video_url") or task.extra.get("parent_video", {}).get("url", ""),
    }


def _mask(session: Task) -> dict[str, Any]:
    """One selected object as a run-length mask: the middle rows of the frame."""
    height, width = session.extra["height"], session.extra["width"]
    third = height // 3 * width
    counts = base64.b64encode(f"{third},{third}".encode()).decode()
    return {"object_id": 1, "rle_mask": {"size": [height, width], "counts": counts}}
