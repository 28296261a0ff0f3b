"""Every parameter of every example in the guides the product was asked for from: translated, or refused with why."""

import pytest
from pydantic import ValidationError

from generations import catalog
from generations.catalog import Recipe
from generations.errors import InvalidRecipe


def understood(**foreign):
    return catalog.translate(foreign)


def refusal(field, **foreign):
    with pytest.raises(InvalidRecipe) as caught:
        catalog.translate(foreign)
    return caught.value.problems[field]


MODELS = {
    "fal-ai/kling-video/v2/master/image-to-video": ("kling-v2-master", "image_to_video", "master"),
    "kling-v1-text": ("kling-v1", "text_to_video", "std"),
    "kling-v1-image": ("kling-v1", "image_to_video", "std"),
    "kling-v2-text": ("kling-v2-master", "text_to_video", "master"),
    "kling-v2-image": ("kling-v2-master", "image_to_video", "master"),
    "kling-v2.1-pro-image": ("kling-v2-1", "image_to_video", "pro"),
    "kling-v2.1-master-text": ("kling-v2-1-master", "text_to_video", "master"),
    "kling-v2.1-master-image": ("kling-v2-1-master", "image_to_video", "master"),
    "kling-elements": ("kling-v1-6", "reference_to_video", "std"),
    "kling-lipsync": ("kling-lip-sync", "lip_sync", "std"),
    "kling-extend": ("kling-v1-6", "extend", "std"),
    "kolors-v2-pro": ("kolors-v2", "text_to_image", "std"),
    "kling-tryon": ("kolors-try-on-v1-5", "try_on", "std"),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_models_other_name_is_one_that_a_route_can_make(name):
    values = understood(model=name).values

    assert (values["model"], values["capability"], values["tier"]) == MODELS[name]
    assert catalog.load().routes_for(*MODELS[name]), name


@pytest.mark.parametrize("name", ["kling-v2.1-pro-text", "kling-v2.1-text"])
def test_text_to_video_below_master_exists_nowhere_for_2_1(name):
    assert "No provider makes Kling 2.1 videos from text below Master" in refusal("model", model=name)


def test_the_gateways_only_model_and_wavespeeds_page_are_known_by_their_own_names():
    assert understood(model="kling-v2-1-master").values == {"model": "kling-v2-1-master"}
    found = understood(model="kwaivgi/kling-v2.0-i2v-master").values
    assert (found["model"], found["capability"]) == ("kling-v2-master", "image_to_video")


# The first guide: fal, v2 master.

FIRST = {
    "model": "fal-ai/kling-video/v2/master/image-to-video",
    "prompt": "cinematic scene with dramatic camera movement",
    "image_url": "https://example.com/character.jpg",
    "duration": "10",
    "negative_prompt": "blur, low quality, distorted",
    "cfg_scale": 0.8,
}


def test_the_first_guides_example_is_a_recipe():
    found = understood(**FIRST)

    assert found.files == (("first_frame", "https://example.com/character.jpg"),)
    recipe = Recipe.model_validate(found.values)
    assert (recipe.duration_seconds, str(recipe.guidance)) == (10, "0.8")
    assert recipe.negative_prompt == FIRST["negative_prompt"]
    assert recipe.prompt == FIRST["prompt"]


@pytest.mark.parametrize("given", ["5", 5, "5s"])
def test_a_length_may_be_a_text(given):
    assert understood(duration=given).values == {"duration_seconds": 5}


def test_a_guidance_of_2_that_the_guide_allows_is_refused():
    values = understood(**FIRST | {"cfg_scale": 2.0}).values

    with pytest.raises(ValidationError, match="less than or equal to 1"):
        Recipe.model_validate(values)


# The second guide: its own names.


def test_the_second_guides_first_example_is_a_recipe_that_fal_can_make():
    found = understood(
        prompt="A serene lake at sunset with mountains in the background",
        generation_type="video",
        model="kling-v2.1-master-text",
        parameters={"duration": "5", "aspect_ratio": "16:9", "cfg_scale": 0.5},
    )

    recipe = Recipe.model_validate(found.values)
    route = catalog.load().find_route("fal", recipe)
    assert catalog.load().problems(recipe, route) == {}
    assert recipe.aspect_ratio == "16:9"


def test_professional_is_the_pro_tier_and_may_not_contradict_the_models_name():
    assert understood(model="kling-v1-6", mode="professional").values["tier"] == "pro"
    assert understood(model="kling-v1-6", mode="standard").values["tier"] == "std"
    assert understood(model="kling-v1-6", mode="std").values["tier"] == "std"
    assert "Give one of them" in refusal("mode", model="kling-v1-text", mode="professional")


def test_21_to_9_is_no_ratio_of_a_video():
    values = understood(model="kling-v2.1-master-text", prompt="x", duration=10, aspect_ratio="21:9").values
    recipe = Recipe.model_validate(values)

    for route in catalog.load().routes_for(recipe.model, recipe.capability, recipe.tier):
        assert "not 21:9" in catalog.load().problems(recipe, route)["aspect_ratio"]


MOVES = {
    "zoom_in": ("zoom", -5),
    "zoom_out": ("zoom", 5),
    "pan_left": ("tilt", -5),
    "pan_right": ("tilt", 5),
    "tilt_up": ("pan", 5),
    "tilt_down": ("pan", -5),
}


@pytest.mark.parametrize("word", MOVES)
def test_a_camera_word_is_one_axis_of_klings(word):
    camera = understood(camera_motion=word).values["camera"]

    assert (camera["move"], camera["axis"], camera["amount"]) == ("simple", *MOVES[word])


def test_auto_is_the_models_own_choice_and_says_so():
    found = understood(camera_motion="auto")

    assert found.values == {}
    assert found.notes == ("The camera is the model's own choice.",)


def test_a_camera_that_stands_still_exists_nowhere():
    assert "write “static shot”" in refusal("camera_motion", camera_motion="static")


def test_a_camera_word_that_nobody_knows_is_refused_with_those_that_exist():
    assert "zoom_in, zoom_out" in refusal("camera_motion", camera_motion="dolly")


def test_an_extension_takes_the_video_and_no_length_of_its_own():
    found = understood(
        prompt="Continue with a dramatic reveal",
        model="kling-extend",
        reference_assets=["/path/to/video.mp4"],
        parameters={"extend_duration": 5},
    )

    assert found.files == (("source_video", "/path/to/video.mp4"),)
    assert "duration_seconds" not in found.values
    assert any("4 to 5 s" in note for note in found.notes)
    assert "takes no length" in refusal("extend_duration", model="kling-extend", extend_duration=10)


def test_lip_sync_takes_the_video_and_the_sound_in_this_order():
    found = understood(model="kling-lipsync", reference_assets=["/path/to/video.mp4", "/path/to/audio.mp3"])

    assert found.files == (("source_video", "/path/to/video.mp4"), ("audio", "/path/to/audio.mp3"))
    assert "2 files here; 3 were given" in refusal(
        "reference_assets", model="kling-lipsync", reference_assets=["a.mp4", "b.mp3", "c.mp3"]
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [("kling-lipsync", "speaking"), ("kling-effects", "slow motion"), ("kling-tryon", "Natural pose")],
)
def test_a_prompt_that_no_provider_reads_is_refused(name, words):
    values = understood(model=name, prompt=words).values
    values.setdefault("capability", "effect")
    recipe = Recipe.model_validate({"tier": "std", **values})

    for route in catalog.load().routes_for(recipe.model, recipe.capability, recipe.tier):
        assert "takes no prompt" in catalog.load().problems(recipe, route)["prompt"]


def test_slow_motion_with_an_intensity_is_no_effect_and_effects_are_not_made_from_videos():
    problems = {
        "effect": "is not an effect of Kling",
        "intensity": "No effect of Kling has an intensity",
        "reference_assets": "made from images, not from a video",
    }
    for field, words in problems.items():
        assert words in refusal(
            field,
            model="kling-effects",
            capability="effect",
            reference_assets=["/path/to/video.mp4"],
            parameters={"effect": "slow_motion", "intensity": 0.5},
        )


def test_the_size_of_an_image_is_read_as_its_ratio_and_a_style_belongs_into_the_prompt():
    found = understood(model="kolors-v2-pro", prompt="Detailed fantasy landscape", width=1920, height=1080)

    assert found.values["aspect_ratio"] == "16:9"
    assert any("how many pixels is the model's" in note for note in found.notes)
    assert "Write the style into the prompt" in refusal("style", model="kolors-v2-pro", style="fantasy_art")
    assert "1920 × 1000 is none of the ratios" in refusal("width", model="kolors-v2-pro", width=1920, height=1000)
    assert "1920 × ? is none" in refusal("width", model="kolors-v2-pro", width=1920)


def test_a_try_on_takes_the_person_first():
    found = understood(model="kling-tryon", reference_assets=["/path/to/person.jpg", "/path/to/garment.jpg"])

    assert found.files == (("person", "/path/to/person.jpg"), ("garment", "/path/to/garment.jpg"))


# The gateway's page and WaveSpeed's page.


def test_the_gateways_fields_are_understood():
    found = understood(
        model="kling-v2-1-master",
        image="a.png",
        image_tail="b.png",
        prompt="x",
        negative_prompt="y",
        cfg_scale=0.5,
        mode="pro",
        static_mask="c.png",
        duration="5",
        camera_control={"type": "simple", "config": {"horizontal": 0, "zoom": 3}},
    )

    assert dict(found.files) == {"first_frame": "a.png", "last_frame": "b.png", "static_mask": "c.png"}
    assert found.values["camera"] == {"move": "simple", "axis": "zoom", "amount": 3}
    assert found.values["guidance"] == 0.5


@pytest.mark.parametrize(
    "value",
    [
        {"type": "simple", "config": {"zoom": 3, "pan": 1}},
        {"type": "simple"},
        {"type": "orbit"},
        {"type": "down_back", "config": {"zoom": 1}},
    ],
)
def test_a_camera_that_moves_on_two_axes_or_none_is_refused(value):
    assert "exactly one axis" in refusal("camera_control", camera_control=value)


def test_wavespeeds_fields_are_understood():
    found = understood(
        model="kwaivgi/kling-v2.0-i2v-master",
        image="a.png",
        end_image="b.png",
        prompt="x",
        negative_prompt="y",
        guidance_scale=0.5,
        duration=5,
    )

    assert found.files == (("first_frame", "a.png"), ("last_frame", "b.png"))
    assert (found.values["guidance"], found.values["duration_seconds"]) == (0.5, 5)


def test_our_own_words_pass_unchanged():
    own = {"model": "kling-v1-6", "capability": "text_to_video", "tier": "pro", "prompt": "x", "duration_seconds": 5}

    assert understood(**own).values == own
    assert understood(**own).notes == ()
