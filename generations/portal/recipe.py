"""A take's recipe in words: its headline, every part line by line, and whether the studio can take it up again."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations import catalog
from generations.catalog import Camera, Recipe
from generations.choices import CameraMove, Capability, InputRole
from generations.models import Asset, Generation

ROLE_LABELS = {
    InputRole.FIRST_FRAME: gettext_lazy("Start image"),
    InputRole.LAST_FRAME: gettext_lazy("End image"),
}
_FRAMES = frozenset({InputRole.FIRST_FRAME, InputRole.LAST_FRAME})
_MADE_FROM_WORDS = frozenset({Capability.TEXT_TO_VIDEO, Capability.IMAGE_TO_VIDEO})
# What the studio's form has a place for. Whatever else a recipe says would be lost on the way through it.
_IN_THE_STUDIO = frozenset(
    {
        "capability",
        "model",
        "tier",
        "prompt",
        "negative_prompt",
        "duration_seconds",
        "aspect_ratio",
        "guidance",
        "camera",
        "inputs",
    }
)
_LABELS = {
    "sound": gettext_lazy("Sound"),
    "voices": gettext_lazy("Voices"),
    "music_prompt": gettext_lazy("Music"),
    "asmr": gettext_lazy("ASMR"),
    "shot_plan": gettext_lazy("Shots"),
    "element_ids": gettext_lazy("Elements"),
    "scene": gettext_lazy("Effect"),
    "keep_sound": gettext_lazy("The video's own sound"),
    "orientation": gettext_lazy("Faces as in the"),
    "face": gettext_lazy("Face"),
    "watermark": gettext_lazy("Watermark"),
}


class Row(NamedTuple):
    label: str
    value: str


class Image(NamedTuple):
    label: str
    asset: Asset


def headline(recipe: Recipe) -> str:
    """What a take is called in lists: its prompt, else what it says, does or is."""
    if recipe.prompt or recipe.speech:
        return recipe.prompt or f"“{recipe.speech}”"
    if recipe.shots:
        return " / ".join(shot.prompt for shot in recipe.shots)
    if recipe.capability in _MADE_FROM_WORDS:
        return _("No prompt; the image alone")
    return f"{recipe.capability.label}: {recipe.scene}" if recipe.scene else str(recipe.capability.label)


def fits_the_studio(recipe: Recipe) -> bool:
    """Whether the studio's form can take up the whole recipe, so that nothing of it is lost unsaid."""
    files = {item.role for item in recipe.inputs}
    return recipe.capability in _MADE_FROM_WORDS and set(recipe.as_json()) <= _IN_THE_STUDIO and files <= _FRAMES


def recipe_rows(take: Generation) -> list[Row]:
    """Every part of the recipe beyond its words and files; length, frame, guidance and camera also where left open."""
    return list(_rows(take.recipe))


def recipe_images(take: Generation) -> list[Image]:
    """The images that the take was made from."""
    return [Image(role_label(item.role), item.asset) for item in take.inputs.all() if item.asset]


def role_label(role: str) -> str:
    """What an image is for, in the words of the composer."""
    return str(ROLE_LABELS.get(InputRole(role), InputRole(role).label))


def _rows(recipe: Recipe) -> Iterator[Row]:
    if recipe.duration_seconds:
        yield Row(_("Length"), _("%(n)s s") % {"n": recipe.duration_seconds})
    if recipe.capability in _MADE_FROM_WORDS or recipe.aspect_ratio:
        from_image = recipe.capability == Capability.IMAGE_TO_VIDEO
        yield Row(_("Frame"), recipe.aspect_ratio or (_("as the image is") if from_image else _("the model decides")))
    if recipe.capability in _MADE_FROM_WORDS or recipe.guidance is not None:
        yield Row(_("Guidance"), _("the model decides") if recipe.guidance is None else _plain(recipe.guidance))
    if recipe.capability in _MADE_FROM_WORDS or recipe.camera:
        yield Row(_("Camera"), _camera(recipe.camera))
    yield from _speech(recipe)
    for number, shot in enumerate(recipe.shots, 1):
        label = _("Shot %(number)s, %(seconds)s s") % {"number": number, "seconds": shot.seconds}
        yield Row(label, shot.prompt)
    for name, title in _LABELS.items():
        value = getattr(recipe, name)
        if value not in (None, "", ()):
            yield Row(str(title), _value(value))
    yield from _groups(recipe)


def _speech(recipe: Recipe) -> Iterator[Row]:
    if recipe.speech:
        yield Row(_("Says"), recipe.speech)
    if recipe.voice:
        speed = "" if recipe.voice.speed is None else f", {_plain(recipe.voice.speed)}×"
        language = f", {recipe.voice.language}" if recipe.voice.language else ""
        yield Row(_("Voice"), f"{_voice_label(recipe)}{language}{speed}")


def _voice_label(recipe: Recipe) -> str:
    """The voice's name, where the model's list has one."""
    book, wanted = catalog.load(), recipe.voice.id if recipe.voice else ""
    model = book.find_model(recipe.model)
    ability = model.find_ability(recipe.capability, recipe.tier) if model else None
    known = book.lists.get(ability.voice_list) if ability else None
    choice = known.find(wanted) if known else None
    return choice.label if choice and choice.label else wanted


def _groups(recipe: Recipe) -> Iterator[Row]:
    """The parts that have parts, in the words of the recipe file."""
    for title, part in (
        (_("Images"), recipe.picture),
        (_("Margins"), recipe.margins),
        (_("Part of the sound"), recipe.crop),
    ):
        if part is not None:
            facts = part.model_dump(mode="json", exclude_defaults=True)
            yield Row(title, ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items()))
    if recipe.edit:
        sentence = _("%(kind)s, marked on %(frames)s frames")
        yield Row(_("Edit"), sentence % {"kind": recipe.edit.kind, "frames": len(recipe.edit.marks)})


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _camera(camera: Camera | None) -> str:
    if camera is None:
        return _("the model decides")
    if camera.move != CameraMove.SIMPLE or camera.axis is None:
        return str(camera.move.label)
    return f"{camera.axis.label} {camera.amount:+d}".replace("-", "−")
