"""What makes a recipe impossible on a route: one rule per function, each a sentence that says what to do instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.catalog.entries import Ability, Model, Route
from generations.catalog.recipe import Recipe
from generations.choices import Capability, InputRole

# Source: the official image-to-video page, docs/providers.md 3.5: pairwise exclusive on every route.
EXCLUSIVE = ("end_frame", "brush", "camera")
_LABELS = {
    "end_frame": gettext_lazy("an end frame"),
    "brush": gettext_lazy("the motion brush"),
    "camera": gettext_lazy("camera control"),
}

Problem = tuple[str, str]


def problems(recipe: Recipe, route: Route, model: Model) -> dict[str, str]:
    """Every reason why a route cannot make a recipe, by recipe field; empty where it can."""
    ability = model.find_ability(recipe.capability, recipe.tier)
    if ability is None:
        sentence = _("%(model)s has no %(tier)s tier for %(capability)s.")
        facts = {"model": model.label, "tier": recipe.tier.label, "capability": str(recipe.capability.label).lower()}
        return {"tier": sentence % facts}
    found: dict[str, str] = {}
    for rule in _RULES:
        for field, sentence in rule(recipe, route, model, ability):
            found.setdefault(field, sentence)
    return found


def _prompt(recipe: Recipe, route: Route, model: Model, ability: Ability) -> Iterator[Problem]:
    if not recipe.prompt and "prompt" in route.requires:
        sentence = _("%(provider)s needs a prompt for %(model)s. Describe what should move and how.")
        yield "prompt", sentence % _names(route, model)


def _frames(recipe: Recipe, route: Route, model: Model, ability: Ability) -> Iterator[Problem]:
    first, last = recipe.input_for(InputRole.FIRST_FRAME), recipe.input_for(InputRole.LAST_FRAME)
    if recipe.capability == Capability.TEXT_TO_VIDEO and recipe.inputs:
        yield "inputs", _("Text to video takes no image. Choose image to video, or remove the image.")
    if recipe.capability == Capability.IMAGE_TO_VIDEO and first is None:
        if last is None:
            yield "first_frame", _("Image to video needs a start image. Add a JPG or PNG.")
        elif "end_frame_alone" not in route.takes:
            sentence = _("%(provider)s needs a start image beside the end frame. Add a JPG or PNG.")
            yield "first_frame", sentence % _names(route, model)


def _duration(recipe: Recipe, route: Route, model: Model, ability: Ability) -> Iterator[Problem]:
    facts = {"model": model.label, "lengths": _seconds(ability.durations), "asked": recipe.duration_seconds}
    if recipe.duration_seconds is None:
        yield "duration_seconds", _("%(model)s makes %(lengths)s. Choose a length.") % facts
    elif recipe.duration_seconds not in ability.durations:
        yield "duration_seconds", _("%(model)s makes %(lengths)s, not %(asked)s s.") % facts


def _aspect_ratio(recipe: Recipe, route: Route, model: Model, ability: Ability) -> Iterator[Problem]:
    if recipe.aspect_ratio is None:
        return
    if "aspect_ratio" not in route.takes or not ability.aspect_ratios:
        sentence = _("%(provider)s takes the frame from the image here. Leave the ratio open.")
        yield "aspect_ratio", sentence % _names(route, model)
    elif recipe.aspect_ratio not in ability.aspect_ratios:
        facts = {"model": model.label, "known": ", ".join(ability.aspect_ratios), "asked": recipe.aspect_ratio}
        yield "aspect_ratio", _("%(model)s makes %(known)s, not %(asked)s.") % facts


def _text_options(recipe: Recipe, route: Route, model: Model, ability: Ability) -> Iterator[Problem]:
    if recipe.negative_prompt and not (ability.negative_prompt and "negative_prompt" in route.takes):
        sentence = _("%(provider)s takes no negative prompt for %(model)s. Remove it.")
        yield "negative_prompt", sentence % _names(route, model)
    if recipe.guidance is not None and not (ability.guidance and "guidance" in route.takes):
        sentence = _("%(provider)s takes no guidance for %(model)s. Leave it at the model's own.")
        yield "guidance", sentence % _names(route, model)


def _controls(recipe: Recipe, route: Route, model: Model, ability: Ability) -> Iterator[Problem]:
    used = [name for name in EXCLUSIVE if _uses(recipe, name)]
    if len(used) > 1:
        sentence = _("Kling takes only one of an end frame, the motion brush and camera control; not %(used)s.")
        yield "__all__", sentence % {"used": _(" and ").join(str(_LABELS[name]) for name in used)}
    for name in used:
        allowed = _durations_with(ability, name) if name in route.takes else ()
        field = "last_frame" if name == "end_frame" else name
        facts = {**_names(route, model), "option": _LABELS[name], "tier": ability.tier.label}
        if not allowed:
            yield field, _("%(provider)s does not offer %(option)s for %(model)s, %(tier)s.") % facts
        elif recipe.duration_seconds not in allowed:
            facts["lengths"] = _seconds(allowed)
            yield field, _("%(model)s offers %(option)s for %(lengths)s only.") % facts
    if recipe.camera and ability.camera and recipe.camera.move not in ability.camera.moves:
        sentence = _("%(model)s does not offer the camera move “%(move)s”.")
        yield "camera", sentence % {"model": model.label, "move": recipe.camera.move.label}


def _names(route: Route, model: Model) -> dict[str, str]:
    return {"provider": str(route.provider.label), "model": model.label}


def _uses(recipe: Recipe, name: str) -> bool:
    if name == "end_frame":
        return recipe.input_for(InputRole.LAST_FRAME) is not None
    return recipe.has_brush if name == "brush" else recipe.camera is not None


def _durations_with(ability: Ability, name: str) -> tuple[int, ...]:
    if name == "camera":
        return ability.camera.durations if ability.camera else ()
    return ability.end_frame if name == "end_frame" else ability.brush


def _seconds(values: Iterable[int]) -> str:
    return _(" or ").join(_("%(seconds)s s") % {"seconds": value} for value in values)


_RULES = (_prompt, _frames, _duration, _aspect_ratio, _text_options, _controls)
