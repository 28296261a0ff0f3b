"""What a recipe is billed for: how many of a price's units it takes, and which variant of the price it is."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal

from generations.catalog.entries import FileFacts
from generations.catalog.recipe import Recipe
from generations.choices import Capability, InputRole, PriceUnit, Variant

# Whose length is billed where the recipe has none of its own: research 3.9, 7.1 (by the output, which is as long).
_LENGTH_OF = {
    Capability.LIP_SYNC: InputRole.SOURCE_VIDEO,
    Capability.MOTION_CONTROL: InputRole.SOURCE_VIDEO,
    Capability.VIDEO_EDIT: InputRole.SOURCE_VIDEO,
    Capability.VIDEO_TO_AUDIO: InputRole.SOURCE_VIDEO,
    Capability.AVATAR: InputRole.AUDIO,
}
Files = Mapping[str, FileFacts]


def variant_of(recipe: Recipe) -> Variant:
    """Which variant of its route's price a recipe is; exactly one."""
    picture = recipe.picture
    if recipe.tier == "4k" or (picture and picture.resolution == "4k"):
        return Variant.FOUR_K
    if recipe.voices:
        return Variant.VOICE
    if recipe.input_for(InputRole.SOURCE_VIDEO):
        return Variant.VIDEO
    return Variant.SOUND if recipe.sound else Variant.SILENT


def billed_seconds(recipe: Recipe, files: Files) -> Decimal | None:
    """The seconds that a recipe is billed for, or None where neither it nor its files say."""
    if recipe.duration_seconds is not None:
        return Decimal(recipe.duration_seconds)
    if recipe.shots:
        return recipe.seconds_of_shots
    item = recipe.input_for(_LENGTH_OF.get(recipe.capability, InputRole.SOURCE_VIDEO))
    facts = files.get(item.sha256) if item else None
    return facts.seconds if facts else None


def billed_units(recipe: Recipe, per: PriceUnit, files: Files) -> Decimal | None:
    """How many units of a price a recipe takes, or None where its length is not known."""
    if per == PriceUnit.CALL:
        return Decimal(1)
    if per == PriceUnit.IMAGE:
        return Decimal(recipe.picture.count if recipe.picture and recipe.picture.count else 1)
    if per == PriceUnit.THOUSAND_CHARACTERS:
        return Decimal(len(recipe.speech)) / 1_000
    seconds = billed_seconds(recipe, files)
    if seconds is None or per == PriceUnit.SECOND:
        return seconds
    return (seconds / 5).to_integral_value(ROUND_CEILING)
