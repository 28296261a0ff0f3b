"""What makes a recipe impossible on a route: one rule per function, each a sentence that says what to do instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generations.catalog.entries import Ability, Model, Route
from generations.catalog.recipe import Recipe
from generations.choices import Capability, InputRole

# Source: the official image-to-video page, docs/providers.md 3.5: pairwise exclusive on every route.
EXCLUSIVE = ("end_frame", "brush", "camera")
_LABELS = {"end_frame": "an end frame", "brush": "the motion brush", "camera": "camera control"}

Problem = tuple[str, str]


def problems(recipe: Recipe, route: Route, model: Model) -> dict[str, str]:
    """Every reason why a route cannot make a recipe, by recipe field; empty where it can."""
    ability = model.find_ability(recipe.capability, recipe.tier)
    if ability is None:
        return {"tier": f"{model.label} has no {recipe.tier.label} tier for {recipe.capability.label.lower()}."}
    found: dict[str, str] = {}
    for rule in _RULES:
        for field, sentence in rule(recipe, route, model, ability):
            found.setdefault(field, sentence)
    return found


def _prompt(recipe: Recipe, route: Route, model: Model, ability: Ability) -> Iterator[Problem]:
    if not recipe.prompt and "prompt" in route.requires:
        yield "prompt", f"{route.provider.label} needs a prompt for {model.label}. Describe what should move and how."


def _frames(recipe: Recipe, route: Route, model: Model, ability: Ability) -> Iterator[Problem]:
    first, last = recipe.input_for(InputRole.FIRST_FRAME), recipe.input_for(InputRole.LAST_FRAME)
    if recipe.capability == Capability.TEXT_TO_VIDEO and recipe.inputs:
        yield "inputs", "Text to video takes no image. Choose image to video, or remove the image."
    if recipe.capability == Capability.IMAGE_TO_VIDEO and first is None:
        if last is None:
            yield "first_frame", "Image to video needs a start image. Add a JPG or PNG."
        elif "end_frame_alone" not in route.takes:
            yield "first_frame", f"{route.provider.label} needs a start image beside the end frame."


def _duration(recipe: Recipe, route: Route, model: Model, ability: Ability) -> Iterator[Problem]:
    if recipe.duration_seconds not in ability.durations:
        asked = "no length" if recipe.duration_seconds is None else f"{recipe.duration_seconds} s"
        yield "duration_seconds", f"{model.label} makes {_seconds(ability.durations)}, not {asked}."


def _aspect_ratio(recipe: Recipe, route: Route, model: Model, ability: Ability) -> Iterator[Problem]:
    if recipe.aspect_ratio is None:
        return
    if "aspect_ratio" not in route.takes or not ability.aspect_ratios:
        yield "aspect_ratio", f"{route.provider.label} takes the frame from the image here. Leave the ratio open."
    elif recipe.aspect_ratio not in ability.aspect_ratios:
        known = ", ".join(ability.aspect_ratios)
        yield "aspect_ratio", f"{model.label} makes {known}, not {recipe.aspect_ratio}."


def _text_options(recipe: Recipe, route: Route, model: Model, ability: Ability) -> Iterator[Problem]:
    if recipe.negative_prompt and not (ability.negative_prompt and "negative_prompt" in route.takes):
        yield "negative_prompt", f"{route.provider.label} takes no negative prompt for {model.label}. Remove it."
    if recipe.guidance is not None and not (ability.guidance and "guidance" in route.takes):
        yield "guidance", f"{route.provider.label} takes no guidance for {model.label}. Leave it at the model's own."


def _controls(recipe: Recipe, route: Route, model: Model, ability: Ability) -> Iterator[Problem]:
    used = [name for name in EXCLUSIVE if _uses(recipe, name)]
    if len(used) > 1:
        names = " and ".join(_LABELS[name] for name in used)
        yield "__all__", f"Kling takes only one of an end frame, the motion brush and camera control; not {names}."
    for name in used:
        allowed = _durations_with(ability, name) if name in route.takes else ()
        field = "last_frame" if name == "end_frame" else name
        if not allowed:
            where = f"{model.label}, {ability.tier.label}"
            yield field, f"{route.provider.label} does not offer {_LABELS[name]} for {where}."
        elif recipe.duration_seconds not in allowed:
            yield field, f"{model.label} offers {_LABELS[name]} for {_seconds(allowed)} only."
    if recipe.camera and ability.camera and recipe.camera.move not in ability.camera.moves:
        yield "camera", f"{model.label} does not offer the camera move “{recipe.camera.move.label}”."


def _uses(recipe: Recipe, name: str) -> bool:
    if name == "end_frame":
        return recipe.input_for(InputRole.LAST_FRAME) is not None
    return recipe.has_brush if name == "brush" else recipe.camera is not None


def _durations_with(ability: Ability, name: str) -> tuple[int, ...]:
    if name == "camera":
        return ability.camera.durations if ability.camera else ()
    return ability.end_frame if name == "end_frame" else ability.brush


def _seconds(values: Iterable[int]) -> str:
    return " or ".join(f"{value} s" for value in values)


_RULES = (_prompt, _frames, _duration, _aspect_ratio, _text_options, _controls)
