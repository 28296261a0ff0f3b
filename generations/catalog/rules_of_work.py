"""Rules about voices, shots, effects, edits and images."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from generations.catalog.case import Case, Problem
from generations.choices import Capability, InputRole

_CROP_MIN_MS = 2_000  # docs/providers.md 3.6


def _speech(case: Case) -> Iterator[Problem]:
    recipe, most = case.recipe, case.speech_max
    has_audio = recipe.input_for(InputRole.AUDIO) is not None
    if len(recipe.speech) > most > 0:
        sentence = _("%(model)s speaks at most %(most)s characters; these are %(count)s. Shorten the text.")
        yield "speech", sentence % {**case.names, "most": most, "count": len(recipe.speech)}
    if recipe.capability == Capability.TEXT_TO_SPEECH and not recipe.speech:
        yield "speech", _("Write the text to speak.")
    if recipe.capability == Capability.LIP_SYNC:
        if recipe.speech and has_audio:
            yield "__all__", _("Lip-sync takes a text or a sound, not both.")
        elif not recipe.speech and not has_audio:
            yield "speech", _("Lip-sync needs a text to speak or a sound.")


def _voice(case: Case) -> Iterator[Problem]:
    voice, known = case.recipe.voice, case.lists.get(case.ability.voice_list)
    if case.recipe.speech and voice is None:
        yield "voice", _("Choose a voice that speaks the text.")
    if voice is None:
        return
    if not case.recipe.speech:
        yield "voice", _("A voice needs a text to speak.")
    if known is None:
        return
    choice = known.find(voice.id)
    if choice is None and not known.is_open:
        sentence = _("%(model)s has no voice “%(voice)s”. Choose one of its %(count)s voices.")
        yield "voice", sentence % {**case.names, "voice": voice.id, "count": len(known.choices)}
    elif choice and voice.language and choice.languages and voice.language not in choice.languages:
        yield "voice", _("The voice “%(voice)s” does not speak this language.") % {"voice": choice.label or choice.id}


def _voices(case: Case) -> Iterator[Problem]:
    recipe, most = case.recipe, case.ability.voices
    if not recipe.voices or not case.has("voices"):
        return
    if len(recipe.voices) > most:
        sentence = _("%(model)s takes at most %(most)s voices; these are %(count)s.")
        yield "voices", sentence % {**case.names, "most": most, "count": len(recipe.voices)}
    if case.ability.sound == "choice" and not recipe.sound:
        yield "voices", _("Voices need sound. Switch it on, or remove the voices.")


def _shots(case: Case) -> Iterator[Problem]:
    recipe, most = case.recipe, case.ability.shots
    if not case.has("shots"):
        return
    if recipe.shot_plan == "customize" and not recipe.shots:
        yield "shots", _("Write at least one shot, or let the model plan them.")
    if recipe.shot_plan == "intelligence" and not {"shot_plan", "multi_shot"} & case.route.fields.keys():
        yield "shots", _("%(model)s plans no shots by itself here. Write the shots.") % case.names
    if recipe.shots and recipe.shot_plan == "intelligence":
        yield "shots", _("Remove the shots, or plan them yourself: the model cannot plan shots that are written.")
    if len(recipe.shots) > most:
        sentence = _("%(model)s takes at most %(most)s shots; these are %(count)s.")
        yield "shots", sentence % {**case.names, "most": most, "count": len(recipe.shots)}
    total, asked = int(recipe.seconds_of_shots), recipe.duration_seconds
    if recipe.shots and asked is not None and total != asked:
        sentence = _("The shots are %(total)s s long together; the take is %(asked)s s. Make them equal.")
        yield "shots", sentence % {"total": total, "asked": asked}
    if recipe.shots and recipe.prompt:
        yield "prompt", _("The model reads the shots, not the prompt. Remove one of them.")


def _sound(case: Case) -> Iterator[Problem]:
    if case.ability.sound == "always" and case.recipe.sound is not None:
        yield "sound", _("%(model)s always makes sound. Leave the choice open.") % case.names


def _scene(case: Case) -> Iterator[Problem]:
    recipe, known = case.recipe, case.lists.get(case.ability.scenes)
    if recipe.capability != Capability.EFFECT:
        if recipe.scene is not None:
            yield "scene", _("Only an effect has a scene. Remove it.")
        return
    if recipe.scene is None:
        yield "scene", _("Choose an effect.")
        return
    choice = known.find(recipe.scene) if known else None
    if choice is None:
        if known is None or not known.is_open:
            yield "scene", _("%(model)s has no effect “%(scene)s”.") % {**case.names, "scene": recipe.scene}
        return
    if choice.retired_on:
        facts = {"scene": choice.label or choice.id, "day": choice.retired_on.isoformat()}
        yield "scene", _("Kling retired the effect “%(scene)s” on %(day)s. Choose another one.") % facts
    count = len(recipe.inputs_for(InputRole.REFERENCE_IMAGE))
    if count != choice.images:
        sentence = _("The effect “%(scene)s” takes exactly %(most)s images; there are %(count)s.")
        facts = {"scene": choice.label or choice.id, "most": str(choice.images), "count": str(count)}
        yield "reference_image", sentence % facts


def _edit(case: Case) -> Iterator[Problem]:
    recipe, images = case.recipe, len(case.recipe.inputs_for(InputRole.REFERENCE_IMAGE))
    if recipe.capability != Capability.MULTI_ELEMENTS:
        if recipe.edit is not None:
            yield "edit", _("Only the multi-elements editor selects parts of a video. Remove the selection.")
        return
    if recipe.edit is None or recipe.edit.kind not in case.ability.edits:
        yield "edit", _("Choose what to do: add, swap or delete.")
        return
    if recipe.edit.kind != "addition" and not recipe.edit.marks:
        yield "edit", _("Mark what to change: click on it in at least one frame.")
    least, most = {"addition": (1, 2), "swap": (1, 1), "removal": (0, 0)}[recipe.edit.kind]
    if not least <= images <= most:
        sentence = _("This edit takes %(least)s to %(most)s images; there are %(count)s.")
        yield "reference_image", sentence % {"least": least, "most": most, "count": images}


def _motion(case: Case) -> Iterator[Problem]:
    recipe, known = case.recipe, case.ability.orientations
    if recipe.capability != Capability.MOTION_CONTROL:
        if recipe.orientation is not None:
            yield "orientation", _("Only motion control has an orientation. Remove it.")
        return
    if recipe.orientation not in known:
        yield "orientation", _("Say whether the character faces as in the image or as in the video.")
        return
    if recipe.orientation == "image" and (recipe.elements or recipe.element_ids):
        yield (
            "orientation",
            _("An element goes only with the orientation of the video. Choose it, or remove the element."),
        )
    item = recipe.input_for(InputRole.SOURCE_VIDEO)
    facts = case.files.get(item.sha256) if item else None
    most = known[recipe.orientation]
    if facts and facts.seconds is not None and facts.seconds > most:
        yield "source_video", _("With this orientation the video may have at most %(most)s s.") % {"most": most}


def _crop(case: Case) -> Iterator[Problem]:
    crop = case.recipe.crop
    if crop and crop.end_ms is not None and crop.end_ms - crop.start_ms < _CROP_MIN_MS:
        yield "crop", _("The part of the sound must be at least 2 s long.")


def _picture(case: Case) -> Iterator[Problem]:
    picture, ability = case.recipe.picture, case.ability
    if picture is None:
        return
    if picture.count is not None and ability.counts and not ability.counts[0] <= picture.count <= ability.counts[1]:
        sentence = _("%(model)s makes %(least)s to %(most)s images at once, not %(count)s.")
        least, most = ability.counts
        yield "picture", sentence % {**case.names, "least": least, "most": most, "count": picture.count}
    if picture.resolution is not None and ability.resolutions and picture.resolution not in ability.resolutions:
        sentence = _("%(model)s makes %(known)s, not %(asked)s.")
        facts = {**case.names, "known": ", ".join(ability.resolutions), "asked": picture.resolution}
        yield "picture", sentence % facts


def _margins(case: Case) -> Iterator[Problem]:
    if case.ability.margins and case.recipe.margins is None:
        yield "margins", _("Say on which side the image grows.")
    elif case.recipe.margins is not None and not case.ability.margins:
        yield "margins", _("Only expanding an image has margins. Remove them.")


WORK_RULES = (_speech, _voice, _voices, _shots, _sound, _scene, _edit, _motion, _crop, _picture, _margins)
