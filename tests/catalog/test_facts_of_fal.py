"""What the pages say of fal, typed in here once more: an edit that contradicts them fails.

The numbers of sections are those of docs/providers.md.
"""

import pytest

from tests.catalog.facts import routes
from tests.catalog.recipes import find_route

NEG_CFG = "negative_prompt guidance"
V3 = "sound shots"
FAL = {
    "v1/standard/text-to-video": f"{NEG_CFG} aspect_ratio camera",
    "v1/standard/image-to-video": f"{NEG_CFG} end_frame brush",
    "v1.5/pro/text-to-video": f"{NEG_CFG} aspect_ratio",
    "v1.5/pro/image-to-video": f"{NEG_CFG} aspect_ratio end_frame brush",
    "v1.6/standard/text-to-video": f"{NEG_CFG} aspect_ratio",
    "v1.6/pro/text-to-video": f"{NEG_CFG} aspect_ratio",
    "v1.6/standard/image-to-video": NEG_CFG,
    "v1.6/pro/image-to-video": f"{NEG_CFG} aspect_ratio end_frame",
    "v1.6/standard/elements": "negative_prompt aspect_ratio reference_images",
    "v1.6/pro/elements": "negative_prompt aspect_ratio reference_images",
    "v2/master/text-to-video": f"{NEG_CFG} aspect_ratio",
    "v2/master/image-to-video": NEG_CFG,
    "v2.1/standard/image-to-video": NEG_CFG,
    "v2.1/pro/image-to-video": f"{NEG_CFG} end_frame",
    "v2.1/master/text-to-video": f"{NEG_CFG} aspect_ratio",
    "v2.1/master/image-to-video": NEG_CFG,
    "v2.5-turbo/pro/text-to-video": f"{NEG_CFG} aspect_ratio",
    "v2.5-turbo/pro/image-to-video": f"{NEG_CFG} end_frame",
    "v2.5-turbo/standard/image-to-video": NEG_CFG,
    "v2.6/pro/text-to-video": f"{NEG_CFG} aspect_ratio sound",
    "v2.6/pro/image-to-video": "negative_prompt end_frame sound voices",
    "v2.6/standard/motion-control": "keep_sound",
    "v2.6/pro/motion-control": "keep_sound",
    "v3/standard/text-to-video": f"{NEG_CFG} aspect_ratio {V3}",
    "v3/pro/text-to-video": f"{NEG_CFG} aspect_ratio {V3}",
    "v3/standard/image-to-video": f"{NEG_CFG} end_frame {V3} elements",
    "v3/pro/image-to-video": f"{NEG_CFG} end_frame {V3} elements",
    "v3/standard/motion-control": "keep_sound elements",
    "v3/pro/motion-control": "keep_sound elements",
    "v1/standard/effects": "",
    "v1.5/pro/effects": "",
    "v1.6/standard/effects": "",
    "v1.6/pro/effects": "",
    "lipsync/text-to-video": "speech voice_language voice_speed",
    "lipsync/audio-to-video": "audio",
    "v1/standard/ai-avatar": "",
    "v1/pro/ai-avatar": "",
    "ai-avatar/v2/standard": "",
    "ai-avatar/v2/pro": "",
    "v1/tts": "voice_speed",
    "video-to-audio": "music_prompt asmr",
}
for path in ("o1/", "o1/standard/"):
    FAL[f"{path}image-to-video"] = "end_frame"
    FAL[f"{path}reference-to-video"] = "aspect_ratio reference_images elements"
    FAL[f"{path}video-to-video/edit"] = "reference_images elements keep_sound"
    FAL[f"{path}video-to-video/reference"] = "aspect_ratio reference_images elements keep_sound"
for path in ("o3/standard/", "o3/pro/"):
    FAL[f"{path}text-to-video"] = f"aspect_ratio {V3}"
    FAL[f"{path}image-to-video"] = f"end_frame {V3}"
    FAL[f"{path}reference-to-video"] = f"aspect_ratio reference_images elements {V3}"
    FAL[f"{path}video-to-video/edit"] = "reference_images elements keep_sound"
    FAL[f"{path}video-to-video/reference"] = "aspect_ratio reference_images elements keep_sound"
FAL_IMAGES = {
    "fal-ai/kling-image/v3/text-to-image": "negative_prompt aspect_ratio count picture_resolution",
    "fal-ai/kling-image/v3/image-to-image": "aspect_ratio count picture_resolution reference_images",
    "fal-ai/kling-image/o1": "aspect_ratio count picture_resolution reference_images elements",
    "fal-ai/kling-image/o3/text-to-image": "aspect_ratio count picture_resolution",
    "fal-ai/kling-image/o3/image-to-image": "aspect_ratio count picture_resolution reference_images elements",
    "fal-ai/kling/v1-5/kolors-virtual-try-on": "",
}


def test_fal_offers_the_endpoints_of_its_typed_client_with_their_fields():
    """2.7"""
    wanted = {f"fal-ai/kling-video/{path}": takes for path, takes in FAL.items()} | FAL_IMAGES

    assert {route.endpoint: " ".join(sorted(route.takes)) for route in routes("fal")} == {
        path: " ".join(sorted(takes.split())) for path, takes in wanted.items()
    }


@pytest.mark.parametrize(
    ("key", "part", "path"),
    [
        ("kling-v2-1:image_to_video:pro", "first_frame", "image_url"),
        ("kling-v2-1:image_to_video:pro", "last_frame", "tail_image_url"),
        ("kling-v2-6:image_to_video:pro", "first_frame", "start_image_url"),
        ("kling-v2-6:image_to_video:pro", "last_frame", "end_image_url"),
        ("kling-v2-6:image_to_video:pro", "voices", "voice_ids"),
        ("kling-v3:image_to_video:std", "first_frame", "start_image_url"),
        ("kling-v3:image_to_video:std", "shots", "multi_prompt"),
        ("kling-o1:image_to_video:pro", "first_frame", "start_image_url"),
        ("kling-v3-omni:image_to_video:pro", "first_frame", "image_url"),
        ("kling-v3-omni:image_to_video:pro", "last_frame", "end_image_url"),
        ("kling-v1-6:reference_to_video:std", "reference_image", "input_image_urls"),
        ("kling-o1:reference_to_video:std", "reference_image", "image_urls"),
        ("kling-o1:video_edit:std", "keep_sound", "keep_audio"),
        ("kling-v3:motion_control:std", "keep_sound", "keep_original_sound"),
        ("kling-v1:effect:std", "reference_image", "input_image_urls"),
        ("kling-audio:video_to_audio:std", "music_prompt", "background_music_prompt"),
        ("kling-image-v3:image_to_image:std", "reference_image", "image_url:first"),
        ("kling-image-v3:text_to_image:std", "picture.resolution", "resolution:upper"),
        ("kolors-try-on-v1-5:try_on:std", "garment", "garment_image_url"),
    ],
)
def test_fal_spells_a_part_as_its_schema_does(key, part, path):
    """2.7, 6.4"""
    assert find_route(f"fal:{key}").fields[part] == path


def test_fal_makes_no_sound_unless_it_is_asked_to():
    """2.7: generate_audio is on by default for 2.6 and 3.0, so it must be said."""
    for route in routes("fal"):
        assert ("sound" in route.takes) == (route.wire.get("generate_audio") is False), route.key


def test_fal_gets_no_car_race_for_an_empty_prompt():
    """2.7: the defaults of its sound endpoint are one."""
    wire = find_route("fal:kling-audio:video_to_audio:std").wire

    assert wire == {"sound_effect_prompt": "", "background_music_prompt": ""}


def test_fal_wants_a_prompt_for_every_video_and_image_but_motion_and_avatars():
    """2.7"""
    free = {"motion_control", "avatar", "effect", "lip_sync", "text_to_speech", "video_to_audio", "try_on"}

    for route in routes("fal"):
        assert (route.requires == {"prompt"}) == (route.capability not in free), route.key
