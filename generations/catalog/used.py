"""Which optional parts a recipe uses, which field of a form each belongs to, and what people call it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from generations.catalog.entries import Option
from generations.catalog.recipe import Recipe
from generations.choices import Capability, InputRole

# Their own capability asks for these, so that they are no options there.
_NATURAL: dict[Option, frozenset[Capability]] = {
    "source_video": frozenset(
        {
            Capability.EXTEND,
            Capability.LIP_SYNC,
            Capability.MULTI_ELEMENTS,
            Capability.MOTION_CONTROL,
            Capability.VIDEO_EDIT,
            Capability.VIDEO_REFERENCE,
            Capability.VIDEO_TO_AUDIO,
        }
    ),
    "audio": frozenset({Capability.AVATAR}),
    "speech": frozenset({Capability.TEXT_TO_SPEECH}),
    "reference_images": frozenset({Capability.EFFECT}),
}

FIELDS: dict[Option, str] = {
    "end_frame": "last_frame",
    "end_frame_alone": "first_frame",
    "reference_images": "reference_image",
    "count": "picture",
    "picture_resolution": "picture",
    "picture_reference": "picture",
    "elements": "element_image",
    "voice_language": "voice",
    "voice_speed": "voice",
}

LABELS = {
    "negative_prompt": _("a negative prompt"),
    "guidance": _("guidance"),
    "aspect_ratio": _("an aspect ratio"),
    "end_frame": _("an end frame"),
    "end_frame_alone": _("an end frame without a start image"),
    "brush": _("the motion brush"),
    "camera": _("camera control"),
    "sound": _("sound"),
    "voices": _("voices"),
    "shots": _("several shots"),
    "elements": _("elements made from images"),
    "element_ids": _("elements of the provider's library"),
    "reference_images": _("reference images"),
    "source_video": _("a video to work on"),
    "keep_sound": _("keeping the video's own sound"),
    "voice_language": _("a voice's language"),
    "voice_speed": _("a voice's speed"),
    "crop": _("a part of a sound"),
    "face": _("a choice of face"),
    "speech": _("a text to speak"),
    "audio": _("a sound of your own"),
    "music_prompt": _("a prompt for music"),
    "asmr": _("ASMR"),
    "count": _("a number of images"),
    "picture_resolution": _("an image resolution"),
    "picture_reference": _("a reference's strength"),
    "watermark": _("a choice about the watermark"),
}


def used_options(recipe: Recipe) -> tuple[Option, ...]:
    """The optional parts that a recipe uses, in the order of the list above."""
    last = recipe.input_for(InputRole.LAST_FRAME)
    picture, voice = recipe.picture, recipe.voice
    used: dict[Option, bool] = {
        "negative_prompt": bool(recipe.negative_prompt),
        "guidance": recipe.guidance is not None,
        "aspect_ratio": recipe.aspect_ratio is not None,
        "end_frame": last is not None,
        "end_frame_alone": last is not None and recipe.input_for(InputRole.FIRST_FRAME) is None,
        "brush": recipe.has_brush,
        "camera": recipe.camera is not None,
        "sound": recipe.sound is not None,
        "voices": bool(recipe.voices),
        "shots": bool(recipe.shots) or recipe.shot_plan is not None,
        "elements": bool(recipe.elements),
        "element_ids": bool(recipe.element_ids),
        "reference_images": bool(recipe.inputs_for(InputRole.REFERENCE_IMAGE)),
        "source_video": recipe.input_for(InputRole.SOURCE_VIDEO) is not None,
        "keep_sound": recipe.keep_sound is not None,
        "voice_language": voice is not None and voice.language is not None,
        "voice_speed": voice is not None and voice.speed is not None,
        "crop": recipe.crop is not None,
        "face": recipe.face is not None,
        "speech": bool(recipe.speech),
        "audio": recipe.input_for(InputRole.AUDIO) is not None,
        "music_prompt": bool(recipe.music_prompt),
        "asmr": recipe.asmr is not None,
        "count": picture is not None and picture.count is not None,
        "picture_resolution": picture is not None and picture.resolution is not None,
        "picture_reference": picture is not None
        and (picture.reference is not None or picture.fidelity is not None or picture.face_fidelity is not None),
        "watermark": recipe.watermark is not None,
    }
    return tuple(
        name for name, is_used in used.items() if is_used and recipe.capability not in _NATURAL.get(name, frozenset())
    )
