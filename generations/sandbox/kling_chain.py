"""What a call of the official API takes from earlier ones: a film by its id, a session, a face."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generations.sandbox.inputs import Inputs, measure_av
from generations.sandbox.kling_auth import KlingError
from generations.sandbox.products import Checked
from generations.sandbox.tasks import Task
from generations.sandbox.world import World

EXTEND_SECONDS = 5
EXTENDED_MAX_SECONDS = 180
# Older pages name 1.0 to 1.6 only; the newer of two sources says that 2.x can be extended too.
EXTENDABLE = ("kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master")
SESSION_SECONDS = 24 * 3600
RATIO_SLACK = 0.02
SOUND_MIN_MS = 2000
EDITED_SECONDS = ((2.0, 5.1), (7.0, 10.1))


@dataclass(frozen=True, slots=True)
class Source:
    """What a task works on: the path of a film, its new length, facts for prices, and what to keep with the task."""

    path: str = ""
    seconds: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


def source_of(world: World, account: str, checked: Checked, body: dict[str, Any]) -> Source:
    """What a checked body builds on. Raises KlingError where it names something that does not exist."""
    does = checked.settings.get("does")
    if does in ("advanced lip-sync", "multi-elements", "multi-elements selection"):
        return _from_session(world, account, checked, body)
    audio_id = checked.text("audio_id")
    if audio_id:
        return Source(seconds=find_film(world, account, audio_id, "audio_id").seconds)
    if not (video_id := checked.text("video_id")):
        return Source()
    parent = find_film(world, account, video_id)
    if does == "extend":
        return _extended(world, parent, video_id)
    return Source(str(world.studio.path(parent.films[0])), parent.seconds, extra=_parent(parent, video_id))


def find_film(world: World, account: str, video_id: str, name: str = "video_id") -> Task:
    """The account's task that made a film or sound, by that id. Raises KlingError for none or one that is too old."""
    task = world.made.get(video_id)
    if task is None or (task.provider, task.account) != ("kling", account):
        raise KlingError(1201, f"{name} {video_id} does not exist")
    if task.done_at is not None and task.done_at + world.result_seconds < world.clock():
        raise KlingError(1201, f"{name} {video_id} is older than 30 days")
    return task


def _extended(world: World, parent: Task, video_id: str) -> Source:
    model = parent.extra.get("model", parent.model)
    if model not in EXTENDABLE:
        raise KlingError(1201, f"videos of {model} can not be extended")
    seconds = parent.seconds + EXTEND_SECONDS
    if seconds > EXTENDED_MAX_SECONDS:
        raise KlingError(1201, f"the video would be longer than {EXTENDED_MAX_SECONDS} seconds")
    return Source(
        str(world.studio.path(parent.films[0])),
        seconds,
        {"source.model": model, "source.tier": parent.extra.get("tier", parent.tier)},
        {"model": model, "tier": parent.extra.get("tier", parent.tier), **_parent(parent, video_id)},
    )


def _parent(parent: Task, video_id: str) -> dict[str, Any]:
    return {"parent_video": {"id": video_id, "url": parent.output_url, "duration": f"{float(parent.seconds)}"}}


def _from_session(world: World, account: str, checked: Checked, body: dict[str, Any]) -> Source:
    session = world.tasks.get(body["session_id"])
    kinds = {"advanced lip-sync": "identify face"}
    wanted = kinds.get(str(checked.settings["does"]), "multi-elements session")
    if session is None or session.account != account or session.capability != wanted:
        raise KlingError(1201, f"session_id {body['session_id']} does not exist")
    if session.submitted_at + SESSION_SECONDS < world.clock():
        raise KlingError(1201, f"session_id {body['session_id']} has expired")
    if checked.settings["does"] == "advanced lip-sync":
        _check_faces(session, body["face_choose"])
        for face in body["face_choose"]:
            if face.get("audio_id"):
                find_film(world, account, str(face["audio_id"]), "audio_id")
        return Source(session.extra["path"], session.extra["seconds"], extra={"session": session.id})
    if checked.settings["does"] == "multi-elements":
        if body["edit_mode"] != "addition" and not session.extra["frames"]:
            raise KlingError(1201, "nothing is selected in this session")
        return Source(session.extra["path"], checked.seconds, extra={"session": session.id})
    return Source(extra={"session": session.id})


def opened(checked: Checked, source: Source, inputs: Inputs) -> dict[str, Any]:
    """What a call that others build on has to remember. Raises KlingError for a film that does not suit."""
    does = checked.settings.get("does")
    if does in ("create voice", "create element"):
        name = checked.facts.get("voice_name") or checked.facts.get("element_name")
        return {"made_id": str(uuid.uuid4().int % 10**15), "name": name}
    if does not in ("identify face", "multi-elements session"):
        return {}
    kept = inputs.first("video") or measure_av(Path(source.path).read_bytes(), Path(source.path), "video")
    facts = {"path": str(kept.path), "seconds": round(kept.seconds, 2)}
    if does == "identify face":
        end = round(kept.seconds * 1000)
        return {**facts, "face_data": [{"face_id": "0", "face_image": "", "start_time": 0, "end_time": end}]}
    if not any(low <= kept.seconds <= high for low, high in EDITED_SECONDS):
        raise KlingError(1201, "the video must be 2 to 5 or 7 to 10 seconds long")
    return {**facts, "width": kept.width, "height": kept.height, "frames": {}}


def _check_faces(session: Task, faces: list[dict[str, Any]]) -> None:
    known = {face["face_id"]: face for face in session.extra["face_data"]}
    for chosen in faces:
        face = known.get(str(chosen["face_id"]))
        if face is None:
            raise KlingError(1201, f"face_id {chosen['face_id']} does not exist in this session")
        if bool(chosen.get("audio_id")) == bool(chosen.get("sound_file")):
            raise KlingError(1201, "exactly one of audio_id and sound_file must be given")
        length = chosen["sound_end_time"] - chosen["sound_start_time"]
        if length < SOUND_MIN_MS:
            raise KlingError(1201, "the cropped sound must be at least 2 seconds long")
        begins = chosen["sound_insert_time"]
        overlap = min(begins + length, face["end_time"]) - max(begins, face["start_time"])
        if overlap < SOUND_MIN_MS:
            raise KlingError(1201, "the sound must overlap the face by at least 2 seconds")


def mask_sizes(inputs: Inputs) -> None:
    """Masks are as large as each other and of the picture's shape. Raises KlingError."""
    sizes = {(mask.width, mask.height) for mask in inputs.roles.get("mask", ())}
    if len(sizes) > 1:
        raise KlingError(1201, "the resolution of static_mask and dynamic_masks must be identical")
    image = inputs.first("first")
    for width, height in sizes:
        if image and abs(width / height / (image.width / image.height) - 1) > RATIO_SLACK:
            raise KlingError(1201, "the aspect ratio of the masks must be that of image")
