"""A recipe in the words of the official API, legacy generation: docs/providers.md 3.5."""

from __future__ import annotations

from generations.choices import CameraAxis, CameraMove, InputRole
from generations.providers.body import body
from generations.providers.parts import references, trajectory
from generations.providers.types import JSON, Prepared


def payload(prepared: Prepared) -> dict[str, JSON]:
    """The request body: how the route selects the model, our own id, and only what the recipe sets."""
    return body(prepared, {"dynamic_mask": _dynamic_masks, "camera": _camera})


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
