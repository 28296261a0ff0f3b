"""Rules about voices, shots, effects, edits and images: one sentence each, at the field at fault."""

import pytest

from generations.catalog import FileFacts
from tests.catalog.recipes import ELEMENT, IMAGE, SOUND, VIDEO, VOICE, find_ability, find_route, make, problems

SPEECH = find_route("kling:kling-lip-sync:lip_sync:std")
FACE = find_route("kling:kling-lip-sync-face:lip_sync:std")
TTS = find_route("kling:kling-tts:text_to_speech:std")
FAL_TTS = find_route("fal:kling-tts:text_to_speech:std")
V26 = find_route("kling:kling-v2-6:image_to_video:pro")
V3 = find_route("kling:kling-v3:text_to_video:std")
TURBO = find_route("kling:kling-v3-turbo:text_to_video:std:new")
EFFECT = find_route("kling:kling-effects:effect:std")
EDIT = find_route("kling:kling-v1-6:multi_elements:std")
MOTION = find_route("kling:kling-v3:motion_control:std")
KOLORS = find_route("kling:kolors-v2-1:text_to_image:std")
EXPAND = find_route("kling:kling-expand:expand_image:std")
V1 = find_route("kling:kling-v1:text_to_video:std")
ONE, TWO = ([{"role": "reference_image", "sha256": sha * 64} for sha in hashes] for hashes in ("a", "ab"))
CLIP = {"role": "source_video", "sha256": VIDEO}
SOUND_FILE = {"role": "audio", "sha256": SOUND}
MOTION_FILES = [{"role": "character", "sha256": IMAGE}, CLIP]
SHOTS = [{"prompt": "A door", "seconds": 2}, {"prompt": "A hand", "seconds": 3}]
MARKS = [{"frame": 12, "spots": [{"x": "0.5", "y": "0.5"}]}]

SENTENCES = [
    (TTS, {"speech": "x" * 1_000 + "y"}, None, None),
    (FAL_TTS, {"speech": "x" * 501}, "speech", "speaks at most 500 characters; these are 501. Shorten the text."),
    (SPEECH, {"speech": "x" * 121}, "speech", "Kling lip-sync speaks at most 120 characters; these are 121."),
    (TTS, {"speech": "", "voice": None}, "speech", "Write the text to speak."),
    (SPEECH, {"inputs": [CLIP, SOUND_FILE]}, "__all__", "Lip-sync takes a text or a sound, not both."),
    (SPEECH, {"speech": "", "voice": None}, "speech", "Lip-sync needs a text to speak or a sound."),
    (SPEECH, {"voice": None}, "voice", "Choose a voice that speaks the text."),
    (
        SPEECH,
        {"speech": "", "voice": VOICE, "inputs": [CLIP, SOUND_FILE]},
        "voice",
        "A voice needs a text to speak.",
    ),
    (
        SPEECH,
        {"voice": {"id": "nobody"}},
        "voice",
        "Kling lip-sync has no voice “nobody”. Choose one of its 46 voices.",
    ),
    (SPEECH, {"voice": {"id": "tiyuxi_xuedi", "language": "en"}}, "voice", "does not speak this language."),
    (
        V26,
        {"voices": ["one"], "sound": None},
        "voices",
        "Voices need sound. Switch it on, or remove the voices.",
    ),
    (V3, {"shot_plan": "customize"}, "shots", "Write at least one shot, or let the model plan them."),
    (
        TURBO,
        {"shot_plan": "intelligence"},
        "shots",
        "Kling 3.0 Turbo plans no shots by itself here. Write the shots.",
    ),
    (
        V3,
        {"prompt": "", "shots": SHOTS, "shot_plan": "intelligence"},
        "shots",
        "Remove the shots, or plan them yourself: the model cannot plan shots that are written.",
    ),
    (
        V3,
        {"prompt": "", "shots": SHOTS, "duration_seconds": 6},
        "shots",
        "The shots are 5 s long together; the take is 6 s. Make them equal.",
    ),
    (V3, {"shots": SHOTS}, "prompt", "The model reads the shots, not the prompt. Remove one of them."),
    (TURBO, {"sound": False}, "sound", "Kling 3.0 Turbo always makes sound. Leave the choice open."),
    (TURBO, {"sound": True}, "sound", "Kling 3.0 Turbo always makes sound. Leave the choice open."),
    (V1, {"scene": "squish"}, "scene", "Only an effect has a scene. Remove it."),
    (EFFECT, {"scene": None}, "scene", "Choose an effect."),
    (
        EFFECT,
        {"scene": "celebration"},
        "scene",
        "Kling retired the effect “celebration” on 2025-12-30. Choose another one.",
    ),
    (
        EFFECT,
        {"scene": "hug_pro"},
        "reference_image",
        "The effect “hug_pro” takes exactly 2 images; there are 1.",
    ),
    (EFFECT, {"inputs": TWO}, "reference_image", "The effect “squish” takes exactly 1 images; there are 2."),
    (
        V1,
        {"edit": {"kind": "swap"}},
        "edit",
        "Only the multi-elements editor selects parts of a video. Remove the selection.",
    ),
    (EDIT, {"edit": None}, "edit", "Choose what to do: add, swap or delete."),
    (EDIT, {"edit": {"kind": "swap"}}, "edit", "Mark what to change: click on it in at least one frame."),
    (
        EDIT,
        {"edit": {"kind": "removal", "marks": MARKS}},
        "reference_image",
        "This edit takes 0 to 0 images; there are 1.",
    ),
    (
        EDIT,
        {"edit": {"kind": "swap", "marks": MARKS}, "inputs": [CLIP, *TWO]},
        "reference_image",
        "This edit takes 1 to 1 images; there are 2.",
    ),
    (EDIT, {"inputs": [CLIP]}, "reference_image", "This edit takes 1 to 2 images; there are 0."),
    (V1, {"orientation": "image"}, "orientation", "Only motion control has an orientation. Remove it."),
    (
        MOTION,
        {"orientation": None},
        "orientation",
        "Say whether the character faces as in the image or as in the video.",
    ),
    (
        MOTION,
        {"orientation": "image", "element_ids": ["1"]},
        "orientation",
        "An element goes only with the orientation of the video. Choose it, or remove the element.",
    ),
    (FACE, {"crop": {"start_ms": 500, "end_ms": 2_499}}, "crop", "The part of the sound must be at least 2 s long."),
    (KOLORS, {"picture": {"resolution": "4k"}}, "picture", "Kolors 2.1 makes 1k, 2k, not 4k."),
    (EXPAND, {"margins": None}, "margins", "Say on which side the image grows."),
    (KOLORS, {"margins": {"left": 1}}, "margins", "Only expanding an image has margins. Remove them."),
    (EFFECT, {"prompt": "A hug"}, "prompt", "Kling effects takes no prompt here. Remove it."),
]


@pytest.mark.parametrize(("route", "facts", "field", "sentence"), SENTENCES[1:])
def test_a_rule_says_what_is_wrong_at_its_field(route, facts, field, sentence):
    found = problems(route, make(route, **facts))

    assert found.keys() == {field}
    assert found[field].endswith(sentence) or found[field].startswith(sentence)
    assert found[field][-1] == "." and "%(" not in found[field]


def test_the_same_recipe_without_the_fault_passes():
    """So that no refusal above passes for another reason."""
    for route in {row[0].key: row[0] for row in SENTENCES}.values():
        assert problems(route, make(route)) == {}, route.key


@pytest.mark.parametrize(
    ("route", "facts"),
    [
        (TTS, {"speech": "x" * 1_000}),
        (FAL_TTS, {"speech": "x" * 500}),
        (TTS, {"voice": {"id": "one-of-their-own"}}),
        (SPEECH, {"voice": {"id": "tiyuxi_xuedi", "language": "zh"}}),
        (EFFECT, {"scene": "hug_pro", "inputs": TWO}),
        (EFFECT, {"scene": "a_scene_of_tomorrow"}),
        (EFFECT, {"scene": "a_scene_of_tomorrow", "inputs": TWO}),
        (EFFECT, {"scene": "let's_ride"}),
        (EDIT, {"edit": {"kind": "removal", "marks": MARKS}, "inputs": [CLIP]}),
        (EDIT, {"edit": {"kind": "swap", "marks": MARKS}, "inputs": [CLIP, *ONE]}),
        (EDIT, {"inputs": [CLIP, *TWO]}),
        (MOTION, {"orientation": "image"}),
        (MOTION, {"inputs": [*MOTION_FILES], "element_ids": ["1"]}),
        (V3, {"shot_plan": "intelligence"}),
        (V3, {"prompt": "", "shots": SHOTS, "shot_plan": "customize"}),
        (FACE, {"crop": {"start_ms": 500, "end_ms": 2_500}}),
        (FACE, {"crop": {"insert_ms": 500}}),
        (KOLORS, {"picture": {"count": 9, "resolution": "2k"}}),
    ],
)
def test_what_is_just_within_the_limits_passes(route, facts):
    assert problems(route, make(route, **facts)) == {}


def judged(route, recipe, **ability):
    """The problems with an ability that is a little different."""
    from generations import catalog

    model = catalog.load().model(route.model)
    item = find_ability(route).model_copy(update=ability)
    return catalog.problems(recipe, route, model.model_copy(update={"can": (item,)}), lists=catalog.load().lists)


@pytest.mark.parametrize(
    ("route", "facts", "ability", "field", "sentence"),
    [
        (
            V26,
            {"voices": ["one", "two"], "sound": True},
            {"voices": 1},
            "voices",
            "Kling 2.6 takes at most 1 voices; these are 2.",
        ),
        (V3, {"prompt": "", "shots": SHOTS}, {"shots": 1}, "shots", "Kling 3.0 takes at most 1 shots; these are 2."),
        (
            KOLORS,
            {"picture": {"count": 5}},
            {"counts": (1, 4)},
            "picture",
            "Kolors 2.1 makes 1 to 4 images at once, not 5.",
        ),
        (
            EFFECT,
            {"scene": "a_scene_of_tomorrow"},
            {"scenes": "lip_sync_voices"},
            "scene",
            "Kling effects has no effect “a_scene_of_tomorrow”.",
        ),
    ],
)
def test_a_smaller_limit_of_a_model_is_kept(route, facts, ability, field, sentence):
    assert judged(route, make(route, **facts)) == {}
    assert judged(route, make(route, **facts), **ability) == {field: sentence}


@pytest.mark.parametrize(("seconds", "passes"), [(10, True), (11, False), (None, True)])
def test_an_image_as_orientation_takes_a_shorter_video(seconds, passes):
    recipe = make(MOTION, orientation="image")
    found = problems(MOTION, recipe, files={VIDEO: FileFacts(seconds=seconds)})

    assert (found == {}) == passes
    if not passes:
        assert found == {"source_video": "With this orientation the video may have at most 10 s."}


def test_sound_and_an_end_frame_exclude_each_other_with_2_6():
    assert problems(V26, make(V26, "end_frame", "sound")) == {
        "__all__": "Kling 2.6 takes only one of these at a time: an end frame and sound."
    }
    assert problems(V26, make(V26, "end_frame", sound=False)) == {}


def test_an_option_that_a_route_has_no_field_for_is_named():
    assert problems(V1, make(V1, "elements", inputs=ELEMENT))["element_image"] == (
        "Kling official takes no elements made from images for Kling 1.0. Remove it."
    )
    assert (
        problems(V1, make(V1, "count"))["picture"]
        == "Kling official takes no number of images for Kling 1.0. Remove it."
    )
