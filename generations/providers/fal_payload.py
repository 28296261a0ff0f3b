"""A recipe in the words of fal's Kling endpoints: docs/providers.md 2.7."""

from __future__ import annotations

from generations.catalog import Camera
from generations.choices import CameraMove, InputRole
from generations.providers.parts import reference, references, trajectory
from generations.providers.types import JSON, Prepared


def payload(prepared: Prepared) -> dict[str, JSON]:
    """The request body: only what the recipe sets, so that the endpoint's own defaults stay in force."""
    recipe = prepared.task.recipe
    fields = {
        "prompt": recipe.prompt,
        "duration": str(recipe.duration_seconds),  # text on the wire, everywhere on fal
        "negative_prompt": recipe.negative_prompt or None,
        "cfg_scale": None if recipe.guidance is None else float(recipe.guidance),
        "aspect_ratio": recipe.aspect_ratio,
        "image_url": reference(prepared, InputRole.FIRST_FRAME),
        "tail_image_url": reference(prepared, InputRole.LAST_FRAME),
        "static_mask_url": reference(prepared, InputRole.STATIC_MASK),
        "dynamic_masks": _dynamic_masks(prepared) or None,
        **(_camera(recipe.camera) if recipe.camera else {}),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _dynamic_masks(prepared: Prepared) -> list[JSON]:
    masks = references(prepared, InputRole.DYNAMIC_MASK)
    return [{"mask_url": url, "trajectories": trajectory(item)} for item, url in masks]


def _camera(camera: Camera) -> dict[str, JSON]:
    if camera.move == CameraMove.SIMPLE:
        return {"advanced_camera_control": {"movement_type": str(camera.axis), "movement_value": camera.amount}}
    return {"camera_control": str(camera.move)}
