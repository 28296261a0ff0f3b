"""What the providers' pages say, as assertions: an edit of a TOML file that contradicts them fails here.

The numbers of sections are those of docs/providers.md.
"""

from datetime import date
from decimal import Decimal

import pytest

from generations import catalog
from tests.catalog.recipes import find_route

D = Decimal
ON = date(2026, 11, 21)
MODELS = ["kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master"]


def ability(model, capability, tier):
    return catalog.load().model(model).find_ability(capability, tier)


def price(key):
    route = find_route(key)
    return catalog.load().find_price(route, ON)


def keys(provider):
    return {route.key.removeprefix(f"{provider}:") for route in catalog.load().routes if route.provider == provider}


def test_the_catalog_has_the_six_models_of_the_first_road():
    assert [model.slug for model in catalog.load().models] == MODELS


def test_fal_offers_the_endpoints_of_its_typed_client():
    """2.7"""
    endpoints = {r.endpoint.removeprefix("fal-ai/kling-video/") for r in catalog.load().routes if r.provider == "fal"}

    assert endpoints == {
        "v1/standard/text-to-video",
        "v1/standard/image-to-video",
        "v1.5/pro/text-to-video",
        "v1.5/pro/image-to-video",
        "v1.6/standard/text-to-video",
        "v1.6/pro/text-to-video",
        "v1.6/standard/image-to-video",
        "v1.6/pro/image-to-video",
        "v2/master/text-to-video",
        "v2/master/image-to-video",
        "v2.1/standard/image-to-video",
        "v2.1/pro/image-to-video",
        "v2.1/master/text-to-video",
        "v2.1/master/image-to-video",
    }


def test_the_official_api_offers_the_models_of_its_capability_map():
    """3.8: neither 1.5 nor 2.1 makes video from text there."""
    text = {key.split(":")[0] for key in keys("kling") if ":text_to_video:" in key}
    image = {key.split(":")[0] for key in keys("kling") if ":image_to_video:" in key}

    assert text == {"kling-v1", "kling-v1-6", "kling-v2-master", "kling-v2-1-master"}
    assert image == set(MODELS)
    assert {r.endpoint for r in catalog.load().routes if r.provider == "kling"} == {
        "/v1/videos/text2video",
        "/v1/videos/image2video",
    }


def test_every_model_here_makes_five_or_ten_seconds():
    assert {item.durations for model in catalog.load().models for item in model.can} == {(5, 10)}


def test_frame_rates_are_30_before_1_6_and_24_after():
    """3.8: 30 fps for v1, v1-5 and image to video of v1-6."""
    rates = {(model.slug, item.capability.value): item.fps for model in catalog.load().models for item in model.can}

    assert {key for key, fps in rates.items() if fps == 30} == {
        ("kling-v1", "text_to_video"),
        ("kling-v1", "image_to_video"),
        ("kling-v1-5", "text_to_video"),
        ("kling-v1-5", "image_to_video"),
        ("kling-v1-6", "image_to_video"),
    }
    assert set(rates.values()) == {24, 30}


@pytest.mark.parametrize("provider", ["fal", "kling"])
@pytest.mark.parametrize("model", ["kling-v2-master", "kling-v2-1-master"])
def test_a_master_model_takes_the_frame_from_the_image(provider, model):
    """2.7, 3.8: no aspect ratio, end frame, brush or camera for image to video."""
    route = find_route(f"{provider}:{model}:image_to_video:master")

    assert not route.takes & {"aspect_ratio", "end_frame", "end_frame_alone", "brush", "camera"}
    assert ability(model, "image_to_video", "master").options <= {"negative_prompt", "guidance"}


@pytest.mark.parametrize("provider", ["fal", "kling"])
def test_of_the_2_1_models_only_pro_takes_an_end_frame(provider):
    """3.8: since 2025-09-05."""
    takes = {
        r.key: r.takes for r in catalog.load().routes if r.provider == provider and r.model.startswith("kling-v2-1")
    }

    assert [key for key, options in takes.items() if "end_frame" in options] == [
        f"{provider}:kling-v2-1:image_to_video:pro"
    ]


def test_on_fal_only_text_to_video_of_the_first_model_takes_a_camera():
    """2.7: `camera_control` and `advanced_camera_control` are fields of v1/standard/text-to-video alone."""
    assert [r.key for r in catalog.load().routes if r.provider == "fal" and "camera" in r.takes] == [
        "fal:kling-v1:text_to_video:std"
    ]


def test_on_the_official_api_the_camera_is_with_1_0_std_and_1_5_pro():
    """3.8: all moves for v1 std at 5 s, by hand alone for v1-5 pro at 5 s."""
    routes = [r.key for r in catalog.load().routes if r.provider == "kling" and "camera" in r.takes]

    assert routes == [
        "kling:kling-v1:text_to_video:std",
        "kling:kling-v1:image_to_video:std",
        "kling:kling-v1-5:image_to_video:pro",
    ]
    assert ability("kling-v1", "image_to_video", "std").camera.durations == (5,)
    assert len(ability("kling-v1", "image_to_video", "std").camera.moves) == 5
    assert ability("kling-v1-5", "image_to_video", "pro").camera.moves == ("simple",)


def test_the_brush_is_with_1_0_and_1_5_pro_at_five_seconds():
    """2.7, 3.8"""
    for provider, wanted in (
        ("fal", {"kling-v1:image_to_video:std", "kling-v1-5:image_to_video:pro"}),
        ("kling", {"kling-v1:image_to_video:std", "kling-v1:image_to_video:pro", "kling-v1-5:image_to_video:pro"}),
    ):
        found = {r.key for r in catalog.load().routes if r.provider == provider and "brush" in r.takes}
        assert found == {f"{provider}:{key}" for key in wanted}
    brushes = {item.brush for model in catalog.load().models for item in model.can if item.brush}
    assert brushes == {(5,)}


def test_end_frames_of_1_0_are_for_five_seconds_and_later_ones_for_both():
    """3.8"""
    found = {
        (m.slug, item.tier.value): item.end_frame for m in catalog.load().models for item in m.can if item.end_frame
    }

    assert found == {
        ("kling-v1", "std"): (5,),
        ("kling-v1", "pro"): (5,),
        ("kling-v1-5", "pro"): (5, 10),
        ("kling-v1-6", "pro"): (5, 10),
        ("kling-v2-1", "pro"): (5, 10),
    }


def test_an_end_frame_alone_is_possible_on_the_official_api_only():
    """3.5: at least one of the two images."""
    for route in catalog.load().routes:
        alone = "end_frame_alone" in route.takes
        assert alone == (route.provider == "kling" and "end_frame" in route.takes), route.key


def test_the_official_api_takes_guidance_for_1_x_only():
    """3.5: `cfg_scale` is not supported by 2.x."""
    for route in catalog.load().routes:
        if route.provider == "kling":
            assert ("guidance" in route.takes) == route.model.startswith("kling-v1"), route.key


def test_fal_takes_guidance_and_a_negative_prompt_everywhere_and_always_wants_a_prompt():
    """2.7"""
    for route in catalog.load().routes:
        if route.provider == "fal":
            assert {"guidance", "negative_prompt"} <= route.takes, route.key
            assert route.requires == {"prompt"}, route.key


def test_ratios_are_three_and_never_21_to_9():
    """6.1: 21:9 exists for images alone."""
    assert {item.aspect_ratios for m in catalog.load().models for item in m.can} == {(), ("16:9", "9:16", "1:1")}


def test_the_official_api_selects_a_model_by_name_and_a_mode_where_there_is_one():
    """3.8: v2-master has no mode."""
    for route in catalog.load().routes:
        if route.provider == "kling":
            mode = {} if route.tier == "master" else {"mode": route.tier.value}
            assert route.wire == {"model_name": route.model, **mode}, route.key


@pytest.mark.parametrize(
    ("key", "amount"),
    [
        ("fal:kling-v2-master:image_to_video:master", "0.28"),
        ("fal:kling-v2-master:text_to_video:master", "0.28"),
        ("fal:kling-v2-1-master:image_to_video:master", "0.28"),
        ("fal:kling-v2-1:image_to_video:std", "0.056"),
        ("fal:kling-v2-1:image_to_video:pro", "0.098"),
        ("fal:kling-v1:image_to_video:std", "0.045"),
    ],
)
def test_fals_prices_are_dollars_a_second(key, amount):
    """7.2; the guide to v2 master says 1.40 for 5 s and 2.80 for 10 s."""
    found = price(key)

    assert (found.amount, found.currency, found.per) == (D(amount), "usd", "second")


@pytest.mark.parametrize(
    ("model", "tier", "amount"),
    [
        ("kling-v1", "std", "0.2"),
        ("kling-v1", "pro", "0.7"),
        ("kling-v1-5", "std", "0.4"),
        ("kling-v1-5", "pro", "0.7"),
        ("kling-v1-6", "std", "0.4"),
        ("kling-v1-6", "pro", "0.7"),
        ("kling-v2-1", "std", "0.4"),
        ("kling-v2-1", "pro", "0.7"),
        ("kling-v2-master", "master", "2.0"),
        ("kling-v2-1-master", "master", "2.0"),
    ],
)
def test_klings_prices_are_units_a_second(model, tier, amount):
    """7.1"""
    found = price(f"kling:{model}:image_to_video:{tier}")

    assert (found.amount, found.currency, found.per) == (D(amount), "kling_unit", "second")


def test_a_unit_lists_at_fourteen_cents():
    assert catalog.load().kling_unit_usd == D("0.14")


def test_what_no_source_prices_stays_unknown():
    """7.2: 1.5, 1.6 and text to video of 1.0 on fal."""
    book = catalog.load()
    unknown = {route.key for route in book.routes if book.find_price(route, ON).amount == "unknown"}

    assert unknown == {
        "fal:kling-v1:text_to_video:std",
        "fal:kling-v1-5:text_to_video:pro",
        "fal:kling-v1-5:image_to_video:pro",
        "fal:kling-v1-6:text_to_video:std",
        "fal:kling-v1-6:text_to_video:pro",
        "fal:kling-v1-6:image_to_video:std",
        "fal:kling-v1-6:image_to_video:pro",
    }


def test_every_price_and_every_render_time_names_its_source():
    book = catalog.load()

    assert all("docs/providers.md" in row.source for row in book.prices)
    assert all(model.render_source for model in book.models)
    assert set(book.sources) >= {"models", "fal", "kling"}
