"""Whatever a route takes reaches the wire: with each option the body says more, and every file is in it."""

import json
from collections import Counter
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import pytest

from generations import catalog
from generations.choices import Provider
from generations.providers import fal_payload, kling_payload, wavespeed_payload
from generations.providers.body import body
from generations.providers.types import InputFile, Prepared, Task
from tests.catalog.recipes import find_ability, make

PAYLOADS = {
    Provider.FAL: fal_payload.payload,
    Provider.KLING: kling_payload.payload,
    Provider.WAVESPEED: wavespeed_payload.payload,
    Provider.GATEWAY: body,
}
SESSION = {"session_id": "s-1", "face_id": "0"}
MEDIA = {"source_video": "video/mp4", "audio": "audio/mpeg"}
# These go with the call before the submit, not with the submit.
BEFORE = {"kling-lip-sync-face": {"source_video"}, "kling-v1-6:multi_elements": {"source_video"}}


def group(route):
    return f"{route.provider}:{route.model}"


ROUTES = catalog.load().routes
GROUPS = {key: list(found) for key, found in groupby(sorted(ROUTES, key=group), key=group)}


def sent(route, recipe, our_id="ours"):
    """The body of a submit, as JSON."""
    seen, files = Counter(), []
    for item in recipe.inputs:
        index = seen[item.role]
        seen[item.role] += 1
        held = "held-1" if item.role == "source_video" and "source_id" in route.requires else ""
        media_type = MEDIA.get(item.role, "image/png")
        facts = {"provider_id": held, "public_url": "https://ours.example/x", "seconds": Decimal(5)}
        files.append(InputFile(item.role, index, f"{item.role}-{index}", Path("/none"), media_type, 9, **facts))
    places = {file.key: f"https://files.example/{file.key}" for file in files}
    task = Task(our_id, recipe, route, tuple(files))
    return PAYLOADS[route.provider](Prepared(task, places, SESSION))


def elsewhere(route):
    return BEFORE.get(route.model, set()) | BEFORE.get(f"{route.model}:{route.capability}", set())


@pytest.mark.parametrize("key", GROUPS)
def test_every_option_changes_what_is_sent(key):
    for route in GROUPS[key]:
        # An end image alone is one image less, and what is there anyway changes nothing.
        for option in route.takes - {"end_frame_alone", "face"}:
            with_it = make(route, option)
            without = make(route)
            if with_it != without:
                assert sent(route, with_it) != sent(route, without), (route.key, option)


@pytest.mark.parametrize("key", GROUPS)
def test_every_text_and_file_of_a_recipe_is_sent(key):
    for route in GROUPS[key]:
        recipe = make(route)
        text = json.dumps(sent(route, recipe))
        wanted = [recipe.prompt, recipe.speech, recipe.scene or ""]
        wanted += [
            "held-1" if item.role == "source_video" and "source_id" in route.requires else f"/{item.role}-0"
            for item in recipe.inputs
            if item.role not in elsewhere(route)
        ]
        for part in filter(None, wanted):
            assert part in text, (route.key, part)


@pytest.mark.parametrize("key", GROUPS)
def test_a_length_is_sent_where_the_model_does_not_decide_it(key):
    for route in GROUPS[key]:
        lengths = route.durations_from_start or route.durations or find_ability(route).durations
        if len(lengths) > 1 and "duration_seconds" in route.fields:
            first, last = (sent(route, make(route, duration_seconds=seconds)) for seconds in (lengths[0], lengths[-1]))
            assert first != last, route.key


@pytest.mark.parametrize("route", [route for route in ROUTES if "our_id" in route.fields], ids=lambda route: route.key)
def test_our_own_number_is_sent_where_there_is_a_field_for_it(route):
    assert '"our-number"' in json.dumps(sent(route, make(route), our_id="our-number"))


def test_every_route_of_the_official_api_but_speech_carries_our_number():
    """docs/providers.md 3.6, 3.12"""
    without = {route.model for route in ROUTES if route.provider == "kling" and "our_id" not in route.fields}

    assert without == {"kling-tts"}
