"""A recipe is well-formed on its own, has one spelling, and the same recipe always has the same hash."""

import json
from decimal import Decimal

import pytest
from pydantic import ValidationError

from generations.catalog import PROMPT_MAX_CHARS, Camera, Input, Point, Recipe
from generations.choices import CameraAxis, CameraMove

TEXT = {"capability": "text_to_video", "model": "kling-v2-master", "tier": "master", "prompt": "A ferry leaves"}
HASH = "a" * 64


def recipe(**facts):
    return Recipe.model_validate({**TEXT, **facts})


def mask(points=2, sha256=HASH):
    return {"role": "dynamic_mask", "sha256": sha256, "trajectory": [{"x": n, "y": n} for n in range(points)]}


def refusal(**facts):
    with pytest.raises(ValidationError) as refused:
        recipe(**facts)
    return " ".join(error["msg"] for error in refused.value.errors())


@pytest.mark.parametrize("same", ["0.50", "0.5", 0.5, Decimal("0.50"), Decimal("5E-1")])
def test_guidance_has_one_spelling(same):
    assert recipe(guidance=same).canonical() == recipe(guidance="0.5").canonical()
    assert recipe(guidance=same).as_json()["guidance"] == "0.5"


@pytest.mark.parametrize("same", ["1", "1.0", 1, 1.0])
def test_whole_guidance_has_one_spelling(same):
    assert recipe(guidance=same).as_json()["guidance"] == "1"


@pytest.mark.parametrize("same", ["0", "0.00", 0, -0.0, "-0"])
def test_guidance_of_zero_is_not_the_models_own(same):
    assert recipe(guidance=same).as_json()["guidance"] == "0"
    assert recipe(guidance=same).sha256 != recipe().sha256


def test_a_default_that_is_written_out_is_the_same_recipe():
    written = recipe(
        negative_prompt="", duration_seconds=None, aspect_ratio=None, guidance=None, camera=None, inputs=[]
    )

    assert written.canonical() == recipe().canonical()
    assert written.sha256 == recipe().sha256


def test_the_order_of_keys_makes_no_other_recipe():
    facts = {**TEXT, "duration_seconds": 5, "guidance": "0.5", "camera": {"amount": 3, "axis": "pan", "move": "simple"}}

    assert Recipe.model_validate(dict(reversed(facts.items()))).sha256 == Recipe.model_validate(facts).sha256


def test_white_space_around_a_text_makes_no_other_recipe():
    assert recipe(prompt="  A ferry leaves\n").sha256 == recipe().sha256


def test_the_order_of_roles_makes_no_other_recipe_but_the_order_of_brushes_does():
    first, last = {"role": "first_frame", "sha256": HASH}, {"role": "last_frame", "sha256": "b" * 64}
    one, two = mask(2), mask(3)

    assert recipe(inputs=[first, last]).sha256 == recipe(inputs=[last, first]).sha256
    assert recipe(inputs=[first, one, two]).sha256 == recipe(inputs=[one, first, two]).sha256
    assert recipe(inputs=[first, one, two]).sha256 != recipe(inputs=[first, two, one]).sha256


def test_the_canonical_form_is_json_with_sorted_keys_and_no_more():
    found = recipe(prompt="Zürich, 夜", duration_seconds=5, guidance="0.50", camera={"move": "down_back"})

    assert found.canonical() == (
        '{"camera":{"move":"down_back"},"capability":"text_to_video","duration_seconds":5,"guidance":"0.5",'
        '"model":"kling-v2-master","prompt":"Zürich, 夜","tier":"master"}'
    )


def test_the_hash_of_a_recipe_stays_over_releases():
    """Stored takes carry it: whoever changes the canonical form must see this line fail."""
    found = recipe(duration_seconds=5, aspect_ratio="16:9", guidance="0.5")

    assert found.sha256 == "acf57754446b73f7b62ef97b7c66c28bf6a7988941b2f35ca0cc0b7ca9d1f814"


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "A ferry arrives"},
        {"model": "kling-v2-1-master"},
        {"duration_seconds": 10},
        {"guidance": "0.6"},
        {"inputs": [{"role": "first_frame", "sha256": HASH}]},
        {"camera": {"move": "forward_up"}},
    ],
)
def test_anything_that_decides_the_video_makes_another_recipe(change):
    base = {"duration_seconds": 5, "guidance": "0.5"}

    assert recipe(**base).sha256 != recipe(**{**base, **change}).sha256


def test_a_recipe_comes_back_from_json_as_it_was():
    full = recipe(
        capability="image_to_video",
        negative_prompt="blur",
        duration_seconds=10,
        aspect_ratio="9:16",
        guidance="0.35",
        camera={"move": "simple", "axis": "roll", "amount": -10},
        inputs=[{"role": "first_frame", "sha256": HASH}, mask(77), mask(2)],
    )

    back = Recipe.model_validate(json.loads(json.dumps(full.as_json())))

    assert back == full
    assert back.sha256 == full.sha256


def test_a_recipe_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        recipe().prompt = "Something else"


def test_a_prompt_of_3072_characters_is_the_longest_that_any_model_takes():
    assert len(recipe(prompt="é" * 3_072, negative_prompt="é" * 3_072).prompt) == 3_072
    for field in ("prompt", "negative_prompt"):
        assert "at most 3072 characters" in refusal(**{field: "x" * 3_073})
    assert PROMPT_MAX_CHARS == 2_500


def test_white_space_around_a_prompt_does_not_count():
    assert len(recipe(prompt=" " * 50 + "x" * 2500 + "\n").prompt) == 2500


@pytest.mark.parametrize("text", ["a\x00b", "\x00"])
def test_a_prompt_that_the_database_cannot_store_is_refused(text):
    assert "(NUL)" in refusal(prompt=text)


def test_half_a_character_is_refused():
    assert "unicode" in refusal(prompt="\ud83d")


@pytest.mark.parametrize("guidance", ["-0.01", "1.01", "2", "0.555", "NaN", "Infinity", "lots", 0.1 + 0.2])
def test_guidance_out_of_its_range_is_refused(guidance):
    assert refusal(guidance=guidance)


@pytest.mark.parametrize("seconds", [0, -5, 61, "soon", 5.5])
def test_a_length_that_is_none_is_refused(seconds):
    assert refusal(duration_seconds=seconds)


@pytest.mark.parametrize("ratio", ["16x9", "0:1", "16:9 ", ":", "1:100"])
def test_a_ratio_must_look_like_one(ratio):
    if ratio == "16:9 ":
        assert recipe(aspect_ratio=ratio).aspect_ratio == "16:9"
    else:
        assert refusal(aspect_ratio=ratio)


def test_a_field_nobody_knows_is_refused():
    assert "Extra inputs are not permitted" in refusal(seed=7)


@pytest.mark.parametrize("field", ["capability", "model", "tier"])
def test_what_to_make_must_be_said(field):
    with pytest.raises(ValidationError, match=field):
        Recipe.model_validate({name: value for name, value in TEXT.items() if name != field})


@pytest.mark.parametrize("sha256", ["", "A" * 64, "a" * 63, "a" * 65, "../../etc/passwd", "g" * 64])
def test_an_input_is_named_by_a_hash_and_nothing_else(sha256):
    assert refusal(inputs=[{"role": "first_frame", "sha256": sha256}])


def test_six_motion_brushes_pass_and_seven_do_not():
    assert len(recipe(inputs=[mask()] * 6).inputs) == 6
    assert "“Motion brush” takes at most 6; 7 were given." in refusal(inputs=[mask()] * 7)


@pytest.mark.parametrize("role", ["first_frame", "last_frame", "static_mask"])
def test_every_other_role_is_there_once(role):
    assert "takes at most 1; 2 were given." in refusal(inputs=[{"role": role, "sha256": HASH}] * 2)


@pytest.mark.parametrize("points", [0, 1, 78])
def test_a_motion_brush_needs_a_path_of_2_to_77_points(points):
    sentence = f"A motion brush needs a path of 2 to 77 points; this one has {points}."
    assert sentence in refusal(inputs=[mask(points)])


@pytest.mark.parametrize("points", [2, 77])
def test_the_shortest_and_the_longest_path_pass(points):
    assert len(recipe(inputs=[mask(points)]).inputs[0].trajectory) == points


@pytest.mark.parametrize("role", ["first_frame", "last_frame", "static_mask"])
def test_only_a_motion_brush_has_a_path(role):
    assert "Only a motion brush has a path." in refusal(inputs=[{**mask(), "role": role}])


@pytest.mark.parametrize("point", [{"x": -1, "y": 0}, {"x": 0, "y": 100_001}, {"x": 0.5, "y": 0}, {"x": 0}])
def test_a_point_lies_in_the_picture(point):
    with pytest.raises(ValidationError):
        Point.model_validate(point)


@pytest.mark.parametrize("axis", CameraAxis)
@pytest.mark.parametrize("amount", [-10, -1, 1, 10])
def test_a_move_by_hand_has_one_axis_and_an_amount(axis, amount):
    assert Camera(move=CameraMove.SIMPLE, axis=axis, amount=amount).amount == amount


@pytest.mark.parametrize(
    ("camera", "words"),
    [
        ({"move": "simple"}, "needs exactly one axis with an amount other than 0"),
        ({"move": "simple", "axis": "pan"}, "needs exactly one axis with an amount other than 0"),
        ({"move": "simple", "amount": 3}, "needs exactly one axis with an amount other than 0"),
        ({"move": "simple", "axis": "pan", "amount": 0}, "needs exactly one axis with an amount other than 0"),
        ({"move": "simple", "axis": "pan", "amount": 11}, "less than or equal to 10"),
        ({"move": "simple", "axis": "pan", "amount": -11}, "greater than or equal to -10"),
        ({"move": "down_back", "axis": "pan"}, "A master shot has no axis and no amount."),
        ({"move": "down_back", "amount": 1}, "A master shot has no axis and no amount."),
        ({"move": "zoom_in"}, "Input should be 'simple', 'down_back'"),
        ({"move": "simple", "axis": "sideways", "amount": 1}, "Input should be 'horizontal'"),
    ],
)
def test_a_camera_move_that_no_provider_takes_is_refused(camera, words):
    assert words in refusal(camera=camera)


def test_inputs_are_found_by_their_role():
    found = recipe(inputs=[mask(3), {"role": "first_frame", "sha256": "b" * 64}, mask(2)])

    assert found.input_for("first_frame") == Input(role="first_frame", sha256="b" * 64)
    assert found.input_for("last_frame") is None
    assert [len(item.trajectory) for item in found.inputs_for("dynamic_mask")] == [3, 2]
    assert found.has_brush
    assert not recipe().has_brush
