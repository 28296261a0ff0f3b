"""Every rule of `catalog.check` says in one sentence what is wrong and what to do."""

import pytest
from django.utils import translation

from generations import catalog
from generations.choices import CameraMove
from generations.errors import InvalidRecipe
from tests.catalog.recipes import BRUSH, FIRST, LAST, find_route, make, problems

FAL_T2V = find_route("fal:kling-v1:text_to_video:std")
FAL_I2V = find_route("fal:kling-v1:image_to_video:std")
FAL_MASTER = find_route("fal:kling-v2-master:image_to_video:master")
KLING_I2V = find_route("kling:kling-v1:image_to_video:std")
KLING_V15 = find_route("kling:kling-v1-5:image_to_video:pro")
KLING_MASTER = find_route("kling:kling-v2-master:image_to_video:master")
IMAGE = [{"role": "first_frame", "sha256": FIRST}]
END = [{"role": "last_frame", "sha256": LAST}]

SENTENCES = [
    (FAL_T2V, (), {"prompt": ""}, "prompt", "fal needs a prompt for Kling 1.0. Describe what should move and how."),
    (
        FAL_T2V,
        (),
        {"inputs": IMAGE},
        "inputs",
        "Text to video takes no image. Choose image to video, or remove the image.",
    ),
    (FAL_I2V, (), {"inputs": []}, "first_frame", "Image to video needs a start image. Add a JPG or PNG."),
    (
        FAL_I2V,
        (),
        {"inputs": END},
        "first_frame",
        "fal needs a start image beside the end frame. Add a JPG or PNG.",
    ),
    (FAL_T2V, (), {"duration_seconds": 7}, "duration_seconds", "Kling 1.0 makes 5 s or 10 s, not 7 s."),
    (FAL_T2V, (), {"duration_seconds": None}, "duration_seconds", "Kling 1.0 makes 5 s or 10 s. Choose a length."),
    (FAL_T2V, (), {"aspect_ratio": "21:9"}, "aspect_ratio", "Kling 1.0 makes 16:9, 9:16, 1:1, not 21:9."),
    (
        FAL_MASTER,
        ("aspect_ratio",),
        {},
        "aspect_ratio",
        "fal takes the frame from the image here. Leave the ratio open.",
    ),
    (
        KLING_MASTER,
        ("guidance",),
        {},
        "guidance",
        "Kling official takes no guidance for Kling 2.0 Master. Leave it at the model's own.",
    ),
    (FAL_MASTER, ("end_frame",), {}, "last_frame", "fal does not offer an end frame for Kling 2.0 Master, Hero."),
    (FAL_MASTER, ("brush",), {}, "brush", "fal does not offer the motion brush for Kling 2.0 Master, Hero."),
    (FAL_MASTER, ("camera",), {}, "camera", "fal does not offer camera control for Kling 2.0 Master, Hero."),
    (
        KLING_I2V,
        ("end_frame",),
        {"duration_seconds": 10},
        "last_frame",
        "Kling 1.0 offers an end frame for 5 s only.",
    ),
    (KLING_I2V, ("brush",), {"duration_seconds": 10}, "brush", "Kling 1.0 offers the motion brush for 5 s only."),
    (KLING_I2V, ("camera",), {"duration_seconds": 10}, "camera", "Kling 1.0 offers camera control for 5 s only."),
    (
        KLING_V15,
        (),
        {"camera": {"move": "forward_up"}},
        "camera",
        "Kling 1.5 does not offer the camera move “Forward and up”.",
    ),
]


@pytest.mark.parametrize(("route", "options", "facts", "field", "sentence"), SENTENCES)
def test_a_rule_says_what_is_wrong_at_its_field(route, options, facts, field, sentence):
    recipe = make(route, *options, **facts)

    with pytest.raises(InvalidRecipe) as refused:
        catalog.check(recipe, route)

    assert refused.value.problems == {field: sentence}
    assert refused.value.public == sentence
    assert refused.value.code == "invalid_recipe"


def test_the_same_recipe_without_the_fault_passes():
    """So that no refusal above passes for another reason."""
    for route in {row[0].key: row[0] for row in SENTENCES}.values():
        catalog.check(make(route), route)


def test_a_negative_prompt_that_a_route_has_no_field_for_is_refused():
    route = FAL_T2V.model_copy(update={"takes": FAL_T2V.takes - {"negative_prompt"}})

    assert problems(route, make(route, "negative_prompt")) == {
        "negative_prompt": "fal takes no negative prompt for Kling 1.0. Remove it."
    }


def test_a_tier_that_a_model_lacks_is_named():
    route = find_route("fal:kling-v2-1:image_to_video:pro")

    assert problems(route, make(route, tier="master")) == {"tier": "Kling 2.1 has no Hero tier for image to video."}


def test_a_model_that_nobody_knows_is_refused_with_those_that_exist():
    with pytest.raises(
        InvalidRecipe, match="There is no model kling-v9. The catalog has: kling-v1, kling-v1-5, "
    ) as no:
        catalog.check(make(FAL_T2V, model="kling-v9"), FAL_T2V)

    assert no.value.problems.keys() == {"model"}


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("end_frame", "brush"), "an end frame and the motion brush"),
        (("end_frame", "camera"), "an end frame and camera control"),
        (("brush", "camera"), "the motion brush and camera control"),
        (("end_frame", "brush", "camera"), "an end frame and the motion brush and camera control"),
    ],
)
def test_end_frame_brush_and_camera_exclude_each_other(options, names):
    assert problems(KLING_I2V, make(KLING_I2V, *options)) == {
        "__all__": f"Kling takes only one of an end frame, the motion brush and camera control; not {names}."
    }


def test_a_brush_without_a_start_image_needs_one():
    assert problems(KLING_I2V, make(KLING_I2V, inputs=BRUSH)).keys() == {"first_frame"}


@pytest.mark.parametrize("move", CameraMove)
def test_every_camera_move_of_the_first_model_passes(move):
    by_hand = {"axis": "tilt", "amount": -3} if move == CameraMove.SIMPLE else {}

    catalog.check(make(KLING_I2V, camera={"move": move, **by_hand}), KLING_I2V)


def test_several_faults_are_told_together():
    recipe = make(KLING_MASTER, "guidance", "end_frame", duration_seconds=7, aspect_ratio="16:9")

    assert problems(KLING_MASTER, recipe).keys() == {"guidance", "last_frame", "duration_seconds", "aspect_ratio"}


def test_every_sentence_is_whole_and_none_shouts():
    for route, options, facts, _field, _sentence in SENTENCES:
        for sentence in problems(route, make(route, *options, **facts)).values():
            assert sentence[-1] == "."
            assert "!" not in sentence
            assert "%(" not in sentence


def test_the_sentences_come_from_the_translations(monkeypatch):
    from generations.catalog import case, rules

    for module in (case, rules):
        monkeypatch.setattr(module, "_", lambda text: f"<{text}>")
    with translation.override("en"):
        found = problems(FAL_T2V, make(FAL_T2V, duration_seconds=7))

    assert found == {"duration_seconds": "<Kling 1.0 makes <5 s>< or ><10 s>, not 7 s.>"}
