"""Rules about a recipe's input files: which roles a capability takes, how many, and how large they may be."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from generations.catalog.case import Case, Problem
from generations.catalog.entries import FileFacts, FileRule
from generations.choices import Capability, InputRole, Tier

_FRAMES = frozenset({InputRole.FIRST_FRAME, InputRole.LAST_FRAME, InputRole.STATIC_MASK, InputRole.DYNAMIC_MASK})
# Roles that another rule judges: as an option of their own, or as frames.
_JUDGED_ELSEWHERE = _FRAMES | {InputRole.ELEMENT_IMAGE}


def _frames(case: Case) -> Iterator[Problem]:
    recipe = case.recipe
    first, last = recipe.input_for(InputRole.FIRST_FRAME), recipe.input_for(InputRole.LAST_FRAME)
    if recipe.capability == Capability.TEXT_TO_VIDEO and _FRAMES & {item.role for item in recipe.inputs}:
        yield "inputs", _("Text to video takes no image. Choose image to video, or remove the image.")
    elif first and recipe.capability != Capability.IMAGE_TO_VIDEO:
        yield "first_frame", _("%(model)s takes no start image here. Remove it.") % case.names
    if last is None and "end_frame" in case.route.requires:
        yield "last_frame", _("%(provider)s needs an end frame on this route. Add a JPG or PNG.") % case.names
    if recipe.capability == Capability.IMAGE_TO_VIDEO and first is None:
        if last is None:
            yield "first_frame", _("Image to video needs a start image. Add a JPG or PNG.")
        elif not case.has("end_frame_alone"):
            sentence = _("%(provider)s needs a start image beside the end frame. Add a JPG or PNG.")
            yield "first_frame", sentence % case.names


def _counts(case: Case) -> Iterator[Problem]:
    recipe, rules = case.recipe, case.files_taken
    for role in InputRole:
        if role in _JUDGED_ELSEWHERE:
            continue
        count, rule = len(recipe.inputs_for(role)), rules.get(role)
        facts = {**case.names, "role": role.label, "count": count}
        if rule is None:
            if count and role not in (InputRole.REFERENCE_IMAGE, InputRole.SOURCE_VIDEO, InputRole.AUDIO):
                yield role.value, _("%(model)s takes no “%(role)s” here. Remove it.") % facts
            continue
        least, most = rule.count
        facts |= {"least": least, "most": most}
        if count < least:
            yield role.value, _missing(least) % facts
        elif count > most:
            yield role.value, _("%(model)s takes at most %(most)s of “%(role)s”; these are %(count)s.") % facts


def _missing(least: int) -> str:
    if least == 1:
        return _("%(model)s needs “%(role)s” here. Add it.")
    return _("%(model)s needs at least %(least)s of “%(role)s”; there are %(count)s.")


def _limits(case: Case) -> Iterator[Problem]:
    for item in case.recipe.inputs:
        rule, facts = case.files_taken.get(item.role), case.files.get(item.sha256)
        if rule and facts:
            names = {**case.names, "role": str(item.role.label)}
            for sentence in _over_limits(rule, facts, names):
                yield item.role.value, sentence


def _over_limits(rule: FileRule, facts: FileFacts, names: dict[str, str]) -> Iterator[str]:
    if rule.seconds and facts.seconds is not None and not rule.seconds[0] <= facts.seconds <= rule.seconds[1]:
        limits = {"least": _plain(rule.seconds[0]), "most": _plain(rule.seconds[1]), "is": _plain(facts.seconds)}
        sentence = _("For “%(role)s” %(model)s takes %(least)s to %(most)s s; this one has %(is)s s.")
        yield sentence % {**names, **limits}
    if rule.gap and facts.seconds is not None and rule.gap[0] < facts.seconds < rule.gap[1]:
        limits = {"least": _plain(rule.gap[0]), "most": _plain(rule.gap[1]), "is": _plain(facts.seconds)}
        sentence = _("For “%(role)s” %(model)s takes nothing between %(least)s and %(most)s s; this one has %(is)s s.")
        yield sentence % {**names, **limits}
    if rule.sides and facts.width and facts.height:
        least, most = rule.sides
        if min(facts.width, facts.height) < least or max(facts.width, facts.height) > most:
            limits = {"least": str(least), "most": str(most), "is": f"{facts.width} × {facts.height}"}
            sentence = _("For “%(role)s” %(model)s takes sides of %(least)s to %(most)s pixels; this one has %(is)s.")
            yield sentence % {**names, **limits}
    if rule.max_bytes and facts.size_bytes and facts.size_bytes > rule.max_bytes:
        limits = {"most": str(rule.max_bytes // 1_000_000), "is": _plain(Decimal(facts.size_bytes) / 1_000_000)}
        sentence = _("For “%(role)s” %(model)s takes at most %(most)s MB; this one has %(is)s MB.")
        yield sentence % {**names, **limits}


def _plain(value: Decimal) -> str:
    return format(value.quantize(Decimal("0.01")).normalize() + 0, "f")


def _elements(case: Case) -> Iterator[Problem]:
    recipe, ability = case.recipe, case.ability
    facts = {**case.names, "most": ability.elements, "count": len(recipe.elements)}
    if case.has("elements") and len(recipe.elements) > ability.elements:
        yield "element_image", _("%(model)s takes at most %(most)s elements; these are %(count)s.") % facts
    for group in recipe.elements:
        if not 2 <= len(group) <= 4:
            sentence = _("An element needs a frontal image and 1 to 3 further ones; one of them has %(count)s in all.")
            yield "element_image", sentence % {"count": len(group)}
    if case.has("element_ids") and len(recipe.element_ids) > ability.element_ids:
        facts |= {"most": ability.element_ids, "count": len(recipe.element_ids)}
        yield "element_ids", _("%(model)s takes at most %(most)s elements; these are %(count)s.") % facts


def _references_together(case: Case) -> Iterator[Problem]:
    recipe, most = case.recipe, case.ability.references_max
    images = len(recipe.inputs_for(InputRole.REFERENCE_IMAGE))
    count = images + len(recipe.elements) + len(recipe.element_ids)
    if most is not None and count > most:
        sentence = _("%(model)s takes at most %(most)s images and elements together; these are %(count)s.")
        yield "reference_image", sentence % {**case.names, "most": most, "count": count}
    if recipe.capability == Capability.REFERENCE_TO_VIDEO and count == 0:
        yield "reference_image", _("Add an image or an element that the video should show.")


def _source_id(case: Case) -> Iterator[Problem]:
    item = case.recipe.input_for(InputRole.SOURCE_VIDEO)
    if "source_id" not in case.route.requires or item is None or item.sha256 not in case.files:
        return
    if case.account_id not in case.files[item.sha256].provider_ids:
        sentence = _(
            "%(provider)s works only on videos that it made on this account in the last 30 days. Choose such a take."
        )
        yield "source_video", sentence % case.names


def _extended_by_its_own_model(case: Case) -> Iterator[Problem]:
    """An extension is made and billed as the film that it extends: docs/providers.md 3.6."""
    item = case.recipe.input_for(InputRole.SOURCE_VIDEO)
    facts = case.files.get(item.sha256) if item else None
    made_by = facts.made_by.get(case.account_id or 0) if facts else None
    if case.recipe.capability != Capability.EXTEND or made_by is None:
        return
    model, tier = made_by
    if (model, tier) != (case.recipe.model, case.recipe.tier):
        sentence = _("A film is extended by the model that made it: %(made)s, %(made_tier)s. Choose that one.")
        yield "model", sentence % {"made": model, "made_tier": Tier(tier).label}


FILE_RULES = (_frames, _counts, _limits, _elements, _references_together, _source_id, _extended_by_its_own_model)
