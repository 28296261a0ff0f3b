"""A recipe in the words of the official API, both generations: docs/providers.md 3.5 to 3.7.

Most parts are spelled by the route itself (`providers.body`). Here are those that Kling wants built. Some have no part
of the recipe by that name: `multi_shot`, `image_list`, `video_list`, `contents`, `effect_image`, `effect_images`,
`lip_sync_mode`, `audio_type`, `audio_file`, `audio_url`, `session_id` and `face_choose`.
"""

from __future__ import annotations

from collections.abc import Mapping

from generations.choices import CameraAxis, CameraMove, Capability, InputRole
from generations.providers.body import Composite, body
from generations.providers.kling_contents import contents, prompt_text, seconds
from generations.providers.kling_inputs import is_inline, source
from generations.providers.kling_steps import sound_span
from generations.providers.parts import reference, references, trajectory
from generations.providers.types import JSON, Prepared


def payload(prepared: Prepared) -> dict[str, JSON]:
    """The request body: how the route selects the model, our own id, and only what the recipe sets."""
    return body(prepared, _NEW if prepared.task.route.api == "new" else _LEGACY)


def _dynamic_masks(prepared: Prepared) -> list[JSON]:
    masks = references(prepared, InputRole.DYNAMIC_MASK)
    return [{"mask": image, "trajectories": trajectory(item)} for item, image in masks]


def _camera(prepared: Prepared) -> JSON:
    camera = prepared.task.recipe.camera
    if camera is None:
        return None
    if camera.move != CameraMove.SIMPLE:
        return {"type": str(camera.move)}
    # All six axes are sent because the documents ask for "one non-zero, the rest zero".
    config = {str(axis): camera.amount if axis == camera.axis else 0 for axis in CameraAxis}
    return {"type": str(camera.move), "config": config}


def _multi_shot(prepared: Prepared) -> JSON:
    recipe = prepared.task.recipe
    return True if recipe.shots or recipe.shot_plan else None


def _shot_plan(prepared: Prepared) -> JSON:
    recipe = prepared.task.recipe
    return recipe.shot_plan or ("customize" if recipe.shots else None)


def _shots(prepared: Prepared) -> list[JSON]:
    shots = enumerate(prepared.task.recipe.shots, start=1)
    return [{"index": index, "prompt": shot.prompt, "duration": str(shot.seconds)} for index, shot in shots]


def _image_list(prepared: Prepared) -> list[JSON]:
    """Pictures of an omni video, in the order in which a prompt numbers them: <<<image_1>>> is the first."""
    frames = ((InputRole.FIRST_FRAME, "first_frame"), (InputRole.LAST_FRAME, "end_frame"))
    found = [{"image_url": url, "type": kind} for role, kind in frames if (url := reference(prepared, role))]
    return found + [{"image_url": url} for _, url in references(prepared, InputRole.REFERENCE_IMAGE)]


def _video_list(prepared: Prepared) -> list[JSON]:
    recipe, url = prepared.task.recipe, reference(prepared, InputRole.SOURCE_VIDEO)
    if not url:
        return []
    kind = "base" if recipe.capability == Capability.VIDEO_EDIT else "feature"
    keep = {} if recipe.keep_sound is None else {"keep_original_sound": "yes" if recipe.keep_sound else "no"}
    return [{"video_url": url, "refer_type": kind} | keep]


def _source_part(name: str) -> Composite:
    """One of the two ways to name the video; the other one stays away."""

    def part(prepared: Prepared) -> JSON:
        has_video = prepared.task.recipe.input_for(InputRole.SOURCE_VIDEO) is not None
        return source(prepared).get(name) if has_video else None

    return part


def _source_url(prepared: Prepared) -> JSON:
    """The address, also of a video that Kling holds where the route has no field for the id."""
    by_id = "source_id" in prepared.task.route.fields
    return _source_part("video_url")(prepared) if by_id else reference(prepared, InputRole.SOURCE_VIDEO)


def _effect_images(count: int) -> Composite:
    """The pictures of a scene for so many, else None: for one and for two they stand in fields of different shape."""

    def part(prepared: Prepared) -> JSON:
        found = [url for _, url in references(prepared, InputRole.REFERENCE_IMAGE)]
        if len(found) != count:
            return None
        return found[0] if count == 1 else found

    return part


def _lip_sync_mode(prepared: Prepared) -> JSON:
    return "text2video" if prepared.task.recipe.speech else "audio2video"


def _sound_as(kind: str, *, is_type: bool = False) -> Composite:
    """The sound where it goes as `file` (base64) or `url`, else None; or that word itself."""

    def part(prepared: Prepared) -> JSON:
        sound = reference(prepared, InputRole.AUDIO)
        if not sound or (kind == "file") != is_inline(sound):
            return None
        return kind if is_type else sound

    return part


def _audio_type(prepared: Prepared) -> JSON:
    return _sound_as("file", is_type=True)(prepared) or _sound_as("url", is_type=True)(prepared)


def _session_id(prepared: Prepared) -> JSON:
    return prepared.session["session_id"]


def _face_choose(prepared: Prepared) -> list[JSON]:
    span, crop = sound_span(prepared.task), prepared.task.recipe.crop
    volumes = {} if crop is None else {"sound_volume": crop.volume, "original_audio_volume": crop.source_volume}
    chosen = {
        "face_id": prepared.session["face_id"],
        "sound_file": reference(prepared, InputRole.AUDIO),
        "sound_start_time": span.start,
        "sound_end_time": span.end,
        "sound_insert_time": span.insert,
    }
    return [chosen | {name: float(value) for name, value in volumes.items() if value is not None}]


def _edit(prepared: Prepared) -> JSON:
    edit = prepared.task.recipe.edit
    return edit.kind if edit else None


def _sound_of_new(prepared: Prepared) -> JSON:
    # One field says native, original or off: where the video keeps its sound, nothing else is said.
    recipe = prepared.task.recipe
    return None if recipe.keep_sound else recipe.sound


def _keep_sound_of_new(prepared: Prepared) -> JSON:
    recipe = prepared.task.recipe
    return None if recipe.sound and not recipe.keep_sound else recipe.keep_sound


_LEGACY: Mapping[str, Composite] = {
    "dynamic_mask": _dynamic_masks,
    "camera": _camera,
    "duration_seconds": seconds,
    "multi_shot": _multi_shot,
    "shot_plan": _shot_plan,
    "shots": _shots,
    "image_list": _image_list,
    "video_list": _video_list,
    "source_id": _source_part("video_id"),
    "source_video": _source_url,
    "effect_image": _effect_images(1),
    "effect_images": _effect_images(2),
    "lip_sync_mode": _lip_sync_mode,
    "audio_type": _audio_type,
    "audio_file": _sound_as("file"),
    "audio_url": _sound_as("url"),
    "session_id": _session_id,
    "face_choose": _face_choose,
    "edit": _edit,
}
_NEW: Mapping[str, Composite] = {
    "prompt": prompt_text,
    "contents": contents,
    "duration_seconds": seconds,
    "multi_shot": _multi_shot,
    "sound": _sound_of_new,
    "keep_sound": _keep_sound_of_new,
}
