"""What makes a recipe impossible on a route: one rule per function, each a sentence that says what to do instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from django.utils.translation import gettext as _

from generations.catalog.case import Case, Problem, seconds_listed
from generations.catalog.entries import FileFacts, Model, NamedList, Option, Route
from generations.catalog.recipe import Recipe
from generations.catalog.rules_of_files import FILE_RULES
from generations.catalog.rules_of_work import WORK_RULES
from generations.catalog.used import FIELDS, LABELS, used_options
from generations.choices import Capability

# Source: the official image-to-video page, docs/providers.md 3.5: pairwise exclusive on every route.
EXCLUSIVE: tuple[Option, ...] = ("end_frame", "brush", "camera")
_OWN_SENTENCE = frozenset({"aspect_ratio", "end_frame", "end_frame_alone", "brush", "camera", "guidance"})
_NO_FILES: Mapping[str, FileFacts] = MappingProxyType({})


def problems(
    recipe: Recipe,
    route: Route,
    model: Model,
    *,
    lists: Mapping[str, NamedList] = MappingProxyType({}),
    files: Mapping[str, FileFacts] = _NO_FILES,
    account_id: int | None = None,
) -> dict[str, str]:
    """Every reason why a route cannot make a recipe, by recipe field; empty where it can.

    Limits of files are checked for those that `files` knows; a provider's own id of a file counts for `account_id`.
    """
    ability = model.find_ability(recipe.capability, recipe.tier)
    if ability is None:
        sentence = _("%(model)s has no %(tier)s tier for %(capability)s.")
        facts = {"model": model.label, "tier": recipe.tier.label, "capability": str(recipe.capability.label).lower()}
        return {"tier": sentence % facts}
    case = Case(recipe, route, model, ability, lists, files, account_id)
    found: dict[str, str] = {}
    for rule in _RULES:
        for field, sentence in rule(case):
            found.setdefault(field, sentence)
    return found


def _prompt(case: Case) -> Iterator[Problem]:
    recipe, most = case.recipe, case.prompt_max
    if not most:
        if recipe.prompt:
            yield "prompt", _("%(model)s takes no prompt here. Remove it.") % case.names
        return
    if not recipe.prompt and not recipe.shots and "prompt" in case.route.requires:
        sentence = _("%(provider)s needs a prompt for %(model)s. Describe what should move and how.")
        yield "prompt", sentence % case.names
    if recipe.prompt and not {"prompt", "contents"} & case.route.fields.keys():
        sentence = _("%(provider)s takes no prompt for %(model)s. Remove it.")
        yield "prompt", sentence % case.names
    for field in ("prompt", "negative_prompt"):
        count = len(getattr(recipe, field))
        if count > most:
            sentence = _("%(model)s takes at most %(most)s characters here; these are %(count)s. Shorten the text.")
            yield field, sentence % {**case.names, "most": most, "count": count}


def _duration(case: Case) -> Iterator[Problem]:
    recipe, durations = case.recipe, case.durations
    asked = recipe.duration_seconds
    facts = {"model": case.model.label, "lengths": seconds_listed(durations), "asked": asked}
    if not durations:
        if asked is not None:
            yield "duration_seconds", _("%(model)s decides the length by itself here. Leave it open.") % facts
    elif asked is None:
        if recipe.capability != Capability.VIDEO_EDIT:
            yield "duration_seconds", _("%(model)s makes %(lengths)s. Choose a length.") % facts
    elif asked not in durations:
        yield "duration_seconds", _("%(model)s makes %(lengths)s, not %(asked)s s.") % facts
    elif case.is_from_start and asked not in case.route.durations_from_start:
        facts |= {"lengths": seconds_listed(case.route.durations_from_start), **case.names}
        sentence = _("From a start image alone %(provider)s makes %(lengths)s, not %(asked)s s.")
        yield "duration_seconds", sentence % facts


def _aspect_ratio(case: Case) -> Iterator[Problem]:
    asked, known = case.recipe.aspect_ratio, case.aspect_ratios
    if asked is None:
        return
    if not case.has("aspect_ratio"):
        sentence = _("%(provider)s takes the frame from the image here. Leave the ratio open.")
        yield "aspect_ratio", sentence % case.names
    elif asked not in known:
        facts = {"model": case.model.label, "known": ", ".join(known), "asked": asked}
        yield "aspect_ratio", _("%(model)s makes %(known)s, not %(asked)s.") % facts


def _guidance(case: Case) -> Iterator[Problem]:
    if case.recipe.guidance is not None and not case.has("guidance"):
        sentence = _("%(provider)s takes no guidance for %(model)s. Leave it at the model's own.")
        yield "guidance", sentence % case.names


def _options(case: Case) -> Iterator[Problem]:
    used = used_options(case.recipe)
    for option in used:
        is_always = option == "sound" and case.ability.sound == "always"
        if option not in _OWN_SENTENCE and not is_always and not case.has(option):
            sentence = _("%(provider)s takes no %(option)s for %(model)s. Remove it.")
            label = str(LABELS[option]).removeprefix("a ").removeprefix("an ")
            yield FIELDS.get(option, option), sentence % {**case.names, "option": label}
    for group in case.ability.never_together:
        both = [option for option in group if option in used and (option != "sound" or case.recipe.sound)]
        if len(both) > 1:
            sentence = _("%(model)s takes only one of these at a time: %(used)s.")
            yield "__all__", sentence % {**case.names, "used": _together(both)}


def _controls(case: Case) -> Iterator[Problem]:
    recipe, ability = case.recipe, case.ability
    used = [name for name in EXCLUSIVE if name in used_options(recipe)]
    if len(used) > 1:
        sentence = _("Kling takes only one of an end frame, the motion brush and camera control; not %(used)s.")
        yield "__all__", sentence % {"used": _together(used)}
    for name in used:
        allowed = _durations_with(case, name) if name in case.route.takes else ()
        facts = {**case.names, "option": LABELS[name]}
        field = FIELDS.get(name, name)
        if not allowed:
            yield field, _("%(provider)s does not offer %(option)s for %(model)s, %(tier)s.") % facts
        elif recipe.duration_seconds not in allowed:
            facts["lengths"] = seconds_listed(allowed)
            yield field, _("%(model)s offers %(option)s for %(lengths)s only.") % facts
    if recipe.camera and ability.camera and recipe.camera.move not in ability.camera.moves:
        sentence = _("%(model)s does not offer the camera move “%(move)s”.")
        yield "camera", sentence % {"model": case.model.label, "move": recipe.camera.move.label}


def _together(options: Sequence[Option]) -> str:
    return _(" and ").join(str(LABELS[name]) for name in options)


def _durations_with(case: Case, name: Option) -> tuple[int, ...]:
    ability = case.ability
    if name == "camera":
        return ability.camera.durations if ability.camera else ()
    return ability.end_frame if name == "end_frame" else ability.brush


_RULES = (*FILE_RULES, _prompt, _duration, _aspect_ratio, _guidance, _options, _controls, *WORK_RULES)
