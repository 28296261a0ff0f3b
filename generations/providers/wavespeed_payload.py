"""A recipe in the words of WaveSpeedAI's Kling models: docs/providers.md 4.7."""

from __future__ import annotations

from generations.providers.body import body
from generations.providers.types import JSON, Prepared

_PLANS = {"customize": "customize", "intelligence": "intelligent"}


def payload(prepared: Prepared) -> dict[str, JSON]:
    """The input of a model: what the route always sends, and only what the recipe sets."""
    return body(prepared, {"shots": _shots, "shot_plan": _shot_plan, "element_ids": _elements, "voices": _voices})


def _shots(prepared: Prepared) -> JSON:
    return [{"prompt": shot.prompt, "duration": shot.seconds} for shot in prepared.task.recipe.shots]


def _shot_plan(prepared: Prepared) -> JSON:
    return _PLANS.get(prepared.task.recipe.shot_plan or "")


def _elements(prepared: Prepared) -> JSON:
    return [{"element_id": element} for element in prepared.task.recipe.element_ids]


def _voices(prepared: Prepared) -> JSON:
    return [{"voice_id": voice} for voice in prepared.task.recipe.voices]
