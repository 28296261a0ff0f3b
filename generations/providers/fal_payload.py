"""A recipe in the words of fal's Kling endpoints: docs/providers.md 2.7."""

from __future__ import annotations

from generations.choices import CameraMove, InputRole
from generations.providers.body import body
from generations.providers.parts import references, trajectory
from generations.providers.types import JSON, Prepared


def payload(prepared: Prepared) -> dict[str, JSON]:
    """The request body: only what the recipe sets, so that the endpoint's own defaults stay in force."""
    found = body(prepared, {"dynamic_mask": _dynamic_masks, "camera": _camera})
    camera = found.pop("camera", {})
    return {**found, **camera}


def _dynamic_masks(prepared: Prepared) -> list[JSON]:
    masks = references(prepared, InputRole.DYNAMIC_MASK)
    return [{"mask_url": url, "trajectories": trajectory(item)} for item, url in masks]


def _camera(prepared: Prepared) -> JSON:
    camera = prepared.task.recipe.camera
    if camera is None:
        return None
    if camera.move == CameraMove.SIMPLE:
        return {"advanced_camera_control": {"movement_type": str(camera.axis), "movement_value": camera.amount}}
    return {"camera_control": str(camera.move)}
