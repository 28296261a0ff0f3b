"""A recipe in the words of the official API, legacy generation: docs/providers.md 3.5."""

from __future__ import annotations

from generations.catalog import Camera
from generations.choices import CameraAxis, CameraMove, InputRole
from generations.providers.parts import reference, references, trajectory
from generations.providers.types import JSON, Prepared


def payload(prepared: Prepared) -> dict[str, JSON]:
    """The request body: how the route selects the model, our own id, and only what the recipe sets."""
    task = prepared.task
    recipe = task.recipe
    fields = {
        **task.route.wire,
        "prompt": recipe.prompt or None,
        "negative_prompt": recipe.negative_prompt or None,
        "duration": str(recipe.duration_seconds),  # text on the wire
        "cfg_scale": None if recipe.guidance is None else float(recipe.guidance),
        "aspect_ratio": recipe.aspect_ratio,
        "image": reference(prepared, InputRole.FIRST_FRAME),
        "image_tail": reference(prepared, InputRole.LAST_FRAME),
        "static_mask": reference(prepared, InputRole.STATIC_MASK),
        "dynamic_masks": _dynamic_masks(prepared) or None,
        "camera_control": _camera(recipe.camera) if recipe.camera else None,
        "external_task_id": task.our_id,
        "callback_url": task.callback_url or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _dynamic_masks(prepared: Prepared) -> list[JSON]:
    masks = references(prepared, InputRole.DYNAMIC_MASK)
    return [{"mask": image, "trajectories": trajectory(item)} for item, image in masks]


def _camera(camera: Camera) -> JSON:
    if camera.move != CameraMove.SIMPLE:
        return {"type": str(camera.move)}
    # All six axes are sent because the documents ask for "one non-zero, the rest zero".
    config = {str(axis): camera.amount if axis == camera.axis else 0 for axis in CameraAxis}
    return {"type": str(camera.move), "config": config}
