"""A recipe in the words of fal's Kling endpoints: docs/providers.md 2.7."""

from __future__ import annotations

import re

from generations.choices import CameraMove, InputRole
from generations.providers.body import body
from generations.providers.parts import references, trajectory
from generations.providers.types import JSON, Prepared

# A recipe names its references as the official API does, <<<image_1>>>; fal writes @Image1. Voices are alike on both.
_REFERENCE = re.compile(r"<<<(image|element|video)_([1-9])>>>")


def payload(prepared: Prepared) -> dict[str, JSON]:
    """The request body: only what the recipe sets, so that the endpoint's own defaults stay in force."""
    found = body(prepared, _COMPOSITES)
    camera = found.pop("camera", {})
    return {**found, **camera}


def in_fals_words(prompt: str) -> str:
    """A prompt whose references to images, elements and videos are spelled as fal reads them."""
    return _REFERENCE.sub(lambda match: f"@{match[1].title()}{match[2]}", prompt)


def _prompt(prepared: Prepared) -> JSON:
    return in_fals_words(prepared.task.recipe.prompt)


def _dynamic_masks(prepared: Prepared) -> JSON:
    masks = references(prepared, InputRole.DYNAMIC_MASK)
    return [{"mask_url": url, "trajectories": trajectory(item)} for item, url in masks]


def _camera(prepared: Prepared) -> JSON:
    camera = prepared.task.recipe.camera
    if camera is None:
        return None
    if camera.move == CameraMove.SIMPLE:
        return {"advanced_camera_control": {"movement_type": str(camera.axis), "movement_value": camera.amount}}
    return {"camera_control": str(camera.move)}


def _shots(prepared: Prepared) -> JSON:
    shots = prepared.task.recipe.shots
    return [{"prompt": in_fals_words(shot.prompt), "duration": str(shot.seconds)} for shot in shots]


def _shot_plan(prepared: Prepared) -> JSON:
    # The official word is `intelligence`.
    return {"intelligence": "intelligent", "customize": "customize"}.get(prepared.task.recipe.shot_plan or "")


def _elements(prepared: Prepared) -> JSON:
    groups: dict[int, list[str]] = {}
    for item, url in references(prepared, InputRole.ELEMENT_IMAGE):
        groups.setdefault(item.group, []).append(url)
    return [{"frontal_image_url": urls[0], "reference_image_urls": urls[1:]} for _, urls in sorted(groups.items())]


_COMPOSITES = {
    "prompt": _prompt,
    "dynamic_mask": _dynamic_masks,
    "camera": _camera,
    "shots": _shots,
    "shot_plan": _shot_plan,
    "element_image": _elements,
}
