"""Every route of the official API with each optional part that it takes: where the part is sent, and nothing else."""

from dataclasses import replace

import pytest

from generations import catalog
from tests.every_recipe import plainest, with_option
from tests.providers.make import make_task, routes
from tests.providers.make_kling import submitted

# Which fields may change against the plainest body, by option; a dot leads into an object. Newer API behind it.
FIELDS = {
    "negative_prompt": {"negative_prompt"},
    "guidance": {"cfg_scale"},
    "aspect_ratio": {"aspect_ratio", "settings.aspect_ratio"},
    "end_frame": {"image_tail", "image_list", "contents"},
    "end_frame_alone": {"image", "image_tail"},
    "brush": {"static_mask", "dynamic_masks"},
    "camera": {"camera_control"},
    "sound": {"sound", "settings.audio"},
    "voices": {"voice_list", "sound", "contents", "settings.audio"},
    "shots": {"multi_shot", "shot_type", "multi_prompt", "prompt", "contents", "settings.multi_shot"},
    "element_ids": {"element_list", "contents"},
    "reference_images": {"image_list", "image", "contents"},
    "keep_sound": {"keep_original_sound", "video_list", "settings.audio"},
    "voice_language": {"input.voice_language", "voice_language"},
    "voice_speed": {"input.voice_speed", "voice_speed"},
    "crop": {"face_choose"},
    "face": set(),  # it is chosen in the session, before the submit
    "speech": {"input.mode", "input.text", "input.voice_id", "input.audio_type", "input.audio_file"},
    "audio": {"input.mode", "input.text", "input.voice_id", "input.audio_type", "input.audio_file", "face_choose"},
    "music_prompt": {"bgm_prompt"},
    "asmr": {"asmr_mode"},
    "count": {"n"},
    "picture_resolution": {"resolution"},
    "picture_reference": {"image_reference", "image_fidelity"},
    "watermark": {"watermark_info", "options.watermark_info"},
}
SESSION = {"session_id": "s", "face_id": "0"}
ROUTES = [pytest.param(route, id=route.key) for route in routes("kling")]


def flat(body):
    """A body with one level of objects opened: what is chosen lies no deeper."""
    return {
        path: value
        for name, inner in body.items()
        for path, value in (
            ((f"{name}.{key}", item) for key, item in inner.items())
            if isinstance(inner, dict) and name in ("settings", "options", "input")
            else ((name, inner),)
        )
    }


async def body_of(route, recipe, folder):
    accepted = "spoken" if route.endpoint == "/v1/audio/tts" else "new_accepted" if route.api else "accepted"
    task = make_task(route, folder, recipe=recipe)
    files = tuple(replace(file, seconds=8) for file in task.files)
    body, _, _ = await submitted(replace(task, files=files), accepted, session=SESSION)
    return flat(body)


@pytest.mark.parametrize("route", ROUTES)
async def test_each_part_that_a_route_takes_changes_its_own_fields_and_no_other(tmp_path, route):
    recipe = plainest(route)
    plain = await body_of(route, recipe, tmp_path)

    for option in sorted(route.takes - set(catalog.used_options(recipe))):  # what it cannot do without is in it
        body = await body_of(route, with_option(recipe, option), tmp_path)
        changed = {name for name in plain.keys() | body.keys() if plain.get(name) != body.get(name)}
        assert changed <= FIELDS[option], (option, changed)
        assert changed or option == "face"


@pytest.mark.parametrize("route", ROUTES)
async def test_our_id_travels_wherever_a_job_can_be_found_by_it(tmp_path, route):
    body = await body_of(route, plainest(route), tmp_path)

    carried = body.get("options.external_task_id") or body.get("external_task_id")
    assert carried == (None if route.endpoint == "/v1/audio/tts" else "3f0c2f4e-our-own-id")


def test_every_option_that_a_route_takes_is_named_here():
    assert {option for route in routes("kling") for option in route.takes} == set(FIELDS)
