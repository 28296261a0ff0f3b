"""What the pages say of the official API, both generations, typed in here once more: a contradiction fails.

The numbers of sections are those of docs/providers.md.
"""

from collections import defaultdict

import pytest

from tests.catalog.facts import BOOK, FIVE_OR_TEN, IMAGES, TO_FIFTEEN, TO_TEN, TRY_ON, VIDEO, ability, routes
from tests.catalog.recipes import find_route

# 3.8, as it stands there: text, image, tiers, lengths; tiers with an end frame, a brush, a camera; guidance; sound.
OFFICIAL = {
    "kling-v1": ("text image", "std pro", FIVE_OR_TEN, "std pro", "std pro", "std", True, ""),
    "kling-v1-5": ("image", "std pro", FIVE_OR_TEN, "pro", "pro", "pro", True, ""),
    "kling-v1-6": ("text image", "std pro", FIVE_OR_TEN, "pro", "", "", True, ""),
    "kling-v2-master": ("text image", "master", FIVE_OR_TEN, "", "", "", False, ""),
    "kling-v2-1": ("image", "std pro", FIVE_OR_TEN, "pro", "", "", False, ""),
    "kling-v2-1-master": ("text image", "master", FIVE_OR_TEN, "", "", "", False, ""),
    "kling-v2-5-turbo": ("text image", "std pro", FIVE_OR_TEN, "pro", "", "", False, ""),
    "kling-v2-6": ("text image", "std pro", FIVE_OR_TEN, "pro", "", "", False, "pro"),
    "kling-o1": ("text image", "std pro", TO_TEN, "std pro", "", "", False, ""),
    "kling-v3": ("text image", "std pro 4k", TO_FIFTEEN, "std pro 4k", "", "", False, "std pro 4k"),
    "kling-v3-omni": ("text image", "std pro 4k", TO_FIFTEEN, "std pro 4k", "", "", False, "std pro 4k"),
    "kling-v3-turbo": ("text image", "std pro", TO_FIFTEEN, "", "", "", False, ""),
}


@pytest.mark.parametrize("model", OFFICIAL)
def test_the_official_api_offers_what_its_capability_map_says(model):
    """3.8"""
    makes, tiers, lengths, end_frame, brush, camera, guidance, sound = OFFICIAL[model]
    text, image = (routes("kling", model=model, capability=f"{kind}_to_video") for kind in ("text", "image"))
    both = [*text, *image]

    def with_option(option, found):
        return {route.tier.value for route in found if option in route.takes}

    assert bool(text) == ("text" in makes) and image
    assert {route.tier.value for route in both} == set(tiers.split())
    assert {ability(model, route.capability, route.tier).durations for route in both} == {lengths}
    assert with_option("end_frame", image) == set(end_frame.split())
    assert with_option("brush", image) == set(brush.split())
    assert with_option("camera", image) == set(camera.split())
    assert {"guidance" in route.takes for route in both if not route.api} <= {guidance}
    assert with_option("sound", both) == set(sound.split())


def test_every_model_after_2_1_is_on_the_new_generation_first():
    """3.1, 3.4, 3.8: the legacy generation has no 3.0 Turbo."""
    generations = defaultdict(list)
    for route in routes("kling"):
        generations[route.model, route.capability, route.tier].append(route.api)
    new = {model for (model, *_), apis in generations.items() if "new" in apis}

    assert new == {"kling-v2-5-turbo", "kling-v2-6", "kling-o1", "kling-v3", "kling-v3-omni", "kling-v3-turbo"}
    for (model, *_), apis in generations.items():
        if model in new:
            assert apis == (["new"] if model == "kling-v3-turbo" else ["new", ""])


def test_the_new_generation_has_a_path_per_model():
    """3.4"""
    assert {route.endpoint for route in routes("kling", api="new")} == {
        *(f"/text-to-video/kling-{name}" for name in ("3.0-turbo", "3.0", "2.6", "2.5-turbo")),
        *(f"/image-to-video/kling-{name}" for name in ("3.0-turbo", "3.0", "2.6", "2.5-turbo")),
        *("/omni-video/kling-3.0-omni", "/omni-video/kling-o1"),
        *("/motion-control/kling-3.0", "/motion-control/kling-2.6"),
    }


def test_the_legacy_generation_has_a_path_per_product():
    """3.3"""
    assert {route.endpoint for route in routes("kling", api="")} == {
        *("/v1/videos/text2video", "/v1/videos/image2video", "/v1/videos/multi-image2video", "/v1/videos/omni-video"),
        *("/v1/videos/motion-control", "/v1/videos/video-extend", "/v1/videos/lip-sync"),
        *("/v1/videos/advanced-lip-sync", "/v1/videos/avatar/image2video", "/v1/videos/effects"),
        *("/v1/videos/multi-elements", "/v1/audio/text-to-audio", "/v1/audio/video-to-audio", "/v1/audio/tts"),
        *("/v1/images/generations", "/v1/images/omni-image", "/v1/images/editing/expand"),
        "/v1/images/kolors-virtual-try-on",
    }


def test_the_new_generation_takes_neither_a_negative_prompt_nor_guidance_nor_a_camera_nor_a_last_frame_alone():
    """3.7"""
    for route in routes("kling", api="new"):
        assert not route.takes & {"negative_prompt", "guidance", "camera", "brush", "end_frame_alone"}, route.key


def test_a_last_frame_alone_is_for_the_legacy_image_to_video():
    """3.5: at least one of the two images."""
    for route in routes("kling"):
        alone = route.endpoint == "/v1/videos/image2video" and "end_frame" in route.takes
        assert ("end_frame_alone" in route.takes) == alone, route.key
    assert not any("end_frame_alone" in route.takes for route in routes("fal"))


def test_the_new_generation_says_the_resolution_and_keeps_to_one_silent_shot():
    """3.7: multi_shot is on by default for 3.0."""
    resolutions = {"std": "720p", "pro": "1080p", "4k": "4k"}
    for route in routes("kling", api="new"):
        settings = route.wire["settings"]
        assert settings["resolution"] == resolutions[route.tier], route.key
        if "sound" in route.takes:
            assert settings["audio"] == "off", route.key
        if "shots" in route.takes and route.model != "kling-v3-turbo":
            assert settings["multi_shot"] is False, route.key


def test_the_legacy_generation_selects_a_model_by_name_and_a_mode_where_there_is_one():
    """3.5, 3.8: the masters have no mode."""
    names = {"kling-o1": "kling-video-o1"}
    for route in routes("kling", api=""):
        if route.model in VIDEO and route.capability != "extend":
            mode = {} if route.tier == "master" else {"mode": route.tier.value}
            assert route.wire == {"model_name": names.get(route.model, route.model), **mode}, route.key


def test_the_legacy_images_have_the_names_of_their_own():
    """3.6"""
    found = {route.model: route.wire["model_name"] for route in routes("kling") if route.model in IMAGES[:-1] + TRY_ON}

    assert found == {
        "kolors-v1": "kling-v1",
        "kolors-v1-5": "kling-v1-5",
        "kolors-v2": "kling-v2",
        "kolors-v2-new": "kling-v2-new",
        "kolors-v2-1": "kling-v2-1",
        "kling-image-v3": "kling-v3",
        "kling-image-o1": "kling-image-o1",
        "kling-image-o3": "kling-v3-omni",
        "kolors-try-on-v1": "kolors-virtual-try-on-v1",
        "kolors-try-on-v1-5": "kolors-virtual-try-on-v1-5",
    }


def test_o1_makes_5_or_10_seconds_from_a_start_frame_alone_on_the_official_api():
    """3.7"""
    limited = {route.key for route in BOOK.routes if route.durations_from_start}

    assert {key for key in limited if key.startswith("kling:")} == {
        f"kling:kling-o1:image_to_video:{tier}{api}" for tier in ("std", "pro") for api in ("", ":new")
    }
    assert {find_route(key).durations_from_start for key in limited} == {FIVE_OR_TEN}


def test_only_3_0_takes_3072_characters_and_only_on_the_new_generation():
    """3.5, 3.7; 3.0 Turbo from an image by the smaller of two figures."""

    def most(route):
        own = ability(route.model, route.capability, route.tier).prompt_max
        return min(own, route.prompt_max or own)

    long = {(route.provider.value, route.api) for route in routes() if most(route) > 2_500}
    assert long <= {("kling", "new"), ("wavespeed", "")}
    assert most(find_route("kling:kling-v3:image_to_video:pro:new")) == 3_072
    assert most(find_route("kling:kling-v3-turbo:text_to_video:pro:new")) == 3_072
    assert most(find_route("kling:kling-v3-turbo:image_to_video:pro:new")) == 2_500
    assert most(find_route("kling:kling-v2-6:text_to_video:pro:new")) == 2_500
    assert most(find_route("kling:kling-audio:text_to_audio:std")) == 200


def test_an_image_is_followed_by_subject_or_face_with_1_5_and_2_1():
    """3.6"""
    found = {
        route.model: route.wire["image_reference"] for route in routes("kling") if "picture_reference" in route.takes
    }

    assert found == {"kolors-v1-5": "subject", "kolors-v2-1": "subject"}
