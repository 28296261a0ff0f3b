"""What the pages say each model can do, typed in here once more: an edit that contradicts them fails.

The numbers of sections are those of docs/providers.md.
"""

from collections import defaultdict

import pytest

from generations.choices import Provider
from tests.catalog.facts import BOOK, IMAGES, TOOLS, TRY_ON, VIDEO, D, ability
from tests.catalog.recipes import find_route


def test_the_catalog_has_every_model():
    assert [model.slug for model in BOOK.models] == [*VIDEO, *TOOLS, *IMAGES, *TRY_ON]


def test_the_camera_is_with_1_0_std_and_1_5_pro_for_5_seconds():
    """2.7, 3.8: on fal for text to video of 1.0 alone; by hand alone with 1.5."""
    found = [route.key for route in BOOK.routes if "camera" in route.takes]

    assert found == [
        "fal:kling-v1:text_to_video:std",
        "kling:kling-v1:text_to_video:std",
        "kling:kling-v1:image_to_video:std",
        "kling:kling-v1-5:image_to_video:pro",
    ]
    assert ability("kling-v1", "image_to_video").camera.durations == (5,)
    assert len(ability("kling-v1", "image_to_video").camera.moves) == 5
    assert ability("kling-v1-5", "image_to_video", "pro").camera.moves == ("simple",)


def test_the_brush_is_for_5_seconds():
    """3.8"""
    assert {item.brush for model in BOOK.models for item in model.can if item.brush} == {(5,)}


def test_end_frames_of_1_0_are_for_5_seconds_and_later_ones_for_every_length():
    """3.8"""
    for model in BOOK.models:
        for item in model.can:
            if item.end_frame:
                wanted = (5,) if model.slug == "kling-v1" else item.durations
                assert item.end_frame == wanted, (model.slug, item.tier)


def test_frame_rates_are_30_before_1_6_and_24_after_where_they_are_known():
    """3.8: 30 fps for v1, v1-5 and image to video of v1-6; nothing is said of 3.0."""
    rates = defaultdict(set)
    for model in BOOK.models:
        for item in model.can:
            if item.fps:
                rates[item.fps].add((model.slug, item.capability.value.partition("_")[0]))

    assert rates[30] == {
        *(("kling-v1", kind) for kind in ("text", "image")),
        *(("kling-v1-5", kind) for kind in ("text", "image")),
        ("kling-v1-6", "image"),
    }
    later = {"kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master", "kling-v2-5-turbo", "kling-v2-6"}
    assert {slug for slug, _ in rates[24]} == later | {"kling-o1"}
    assert set(rates) == {24, 30}


def test_tiers_are_the_resolutions_of_the_capability_map():
    """3.8"""
    sizes = {"std": "720p", "pro": "1080p", "4k": "2160p"}
    for slug in VIDEO[6:]:
        for item in BOOK.model(slug).can:
            if item.resolution != "unknown":
                assert item.resolution == sizes[item.tier], (slug, item.capability)
    assert ability("kling-v1", "image_to_video", "pro").resolution == "720p"
    assert ability("kling-v2-1", "image_to_video", "pro").resolution == "1080p"
    assert ability("kling-v2-1-master", "image_to_video", "master").resolution == "1080p"


def test_videos_are_never_21_to_9_and_images_may_be():
    """6.1"""
    for model in BOOK.models:
        for item in model.can:
            ratios = set(item.aspect_ratios) - {"auto"}
            assert ratios <= {"16:9", "9:16", "1:1"} or model.slug in IMAGES, model.slug
    assert {"21:9", "4:3", "3:4", "3:2", "2:3"} < set(ability("kolors-v2-1", "text_to_image").aspect_ratios)


def test_sound_comes_with_2_6_pro_and_is_never_off_with_3_0_turbo():
    """3.5, 3.8"""
    found = {(model.slug, item.sound) for model in BOOK.models for item in model.can if item.sound != "no"}

    assert found == {
        ("kling-v2-6", "choice"),
        ("kling-v3", "choice"),
        ("kling-v3-omni", "choice"),
        ("kling-v3-turbo", "always"),
    }
    assert ability("kling-v2-6", "image_to_video").sound == "no"
    assert ability("kling-v2-6", "image_to_video", "pro").never_together == (("end_frame", "sound"),)


def test_voices_are_two_and_for_images_of_2_6_pro():
    """3.5"""
    found = {(m.slug, i.capability.value, i.tier.value, i.voices) for m in BOOK.models for i in m.can if i.voices}

    assert found == {("kling-v2-6", "image_to_video", "pro", 2)}


def test_shots_are_six_and_with_3_0():
    """3.5, 3.7"""
    assert {(m.slug, i.shots) for m in BOOK.models for i in m.can if i.shots} == {
        ("kling-v3", 6),
        ("kling-v3-omni", 6),
        ("kling-v3-turbo", 6),
    }


def test_elements_have_the_official_limits():
    """2.7, 3.5, 3.7"""
    assert ability("kling-v3", "image_to_video").element_ids == ability("kling-v3", "image_to_video").elements == 3
    assert ability("kling-v3", "motion_control").elements == ability("kling-v3", "motion_control").element_ids == 1
    for model in ("kling-o1", "kling-v3-omni"):
        assert ability(model, "reference_to_video").references_max == 7
        assert ability(model, "video_edit").references_max == ability(model, "video_reference").references_max == 4
    assert ability("kling-v1-6", "reference_to_video").files["reference_image"].count == (1, 4)
    assert ability("kling-image-o1", "image_to_image").references_max == 10


def file_rule(key, role):
    route = find_route(key)
    rule = route.files.get(role) or ability(route.model, route.capability, route.tier).files[role]
    return rule.seconds, rule.sides, rule.max_bytes


@pytest.mark.parametrize(
    ("key", "role", "seconds", "sides", "megabytes"),
    [
        ("kling:kling-v2-6:motion_control:std", "source_video", (3, 30), (340, 3_850), 100),
        ("kling:kling-v3:motion_control:pro", "source_video", (3, 30), (340, 3_850), 100),
        ("fal:kling-o1:video_edit:std", "source_video", (3, D("10.05")), (720, 2_160), 200),
        ("kling:kling-v3-omni:video_edit:pro:new", "source_video", (3, D("15.5")), (700, 4_553), 200),
        ("fal:kling-v3-omni:video_edit:pro", "source_video", (3, D("10.05")), (720, 2_160), 200),
        ("fal:kling-lip-sync:lip_sync:std:text", "source_video", (2, 60), (720, 1_920), 100),
        ("fal:kling-lip-sync:lip_sync:std:audio", "audio", (2, 60), None, 5),
        ("kling:kling-lip-sync-face:lip_sync:std", "source_video", (2, 60), (512, 2_160), None),
        ("kling:kling-avatar:avatar:std", "audio", (2, 300), None, None),
        ("kling:kling-v1-6:multi_elements:std", "source_video", (2, 10), (720, 2_160), None),
        ("kling:kling-audio:video_to_audio:std", "source_video", (3, 20), None, 100),
    ],
)
def test_files_have_the_limits_of_the_pages(key, role, seconds, sides, megabytes):
    """2.7, 3.6, 3.7"""
    assert file_rule(key, role) == (seconds, sides, megabytes and megabytes * 1_000_000)


def test_motion_follows_an_image_for_10_seconds_and_a_video_for_30():
    """2.7"""
    for model in ("kling-v2-6", "kling-v3"):
        for tier in ("std", "pro"):
            assert ability(model, "motion_control", tier).orientations == {"image": 10, "video": 30}
        assert ability(model, "motion_control", "4k") is None


def test_extending_needs_a_video_that_the_provider_holds_and_is_doubtful_for_2_x():
    """3.6"""
    found = [route for route in BOOK.routes if route.capability == "extend"]

    assert {route.provider for route in found} == {Provider.KLING}
    assert all(route.requires == {"source_id"} and route.fields["source_id"] == "video_id" for route in found)
    assert {route.model for route in found if "Doubtful" in route.note} == {
        "kling-v2-master",
        "kling-v2-1",
        "kling-v2-1-master",
    }
    assert {route.model for route in found} == set(VIDEO[:6])


def test_speech_has_its_lengths():
    """2.7, 3.6"""
    assert ability("kling-lip-sync", "lip_sync").speech_max == 120
    assert ability("kling-tts", "text_to_speech").speech_max == 1_000
    assert find_route("fal:kling-tts:text_to_speech:std").speech_max == 500


def test_images_are_one_to_nine_and_4k_is_for_o3():
    """2.7, 3.6"""
    for slug in IMAGES:
        for item in BOOK.model(slug).can:
            assert item.counts == (1, 9), slug
            assert ("4k" in item.resolutions) == (slug == "kling-image-o3"), slug
