"""What the pages say of voices and scenes, typed in here once more: an edit that contradicts them fails.

The numbers of sections are those of docs/providers.md.
"""

from collections import defaultdict
from datetime import date

from tests.catalog.facts import BOOK


def test_there_are_46_lip_sync_voices_and_no_other():
    """6.3"""
    voices = BOOK.lists["lip_sync_voices"]

    assert len({voice.id for voice in voices.choices}) == 46
    assert not voices.is_open
    labels = {voice.id: voice.label for voice in voices.choices if voice.label}
    assert len(labels) == 27
    assert labels["genshin_vindi2"] == "Sunny" and labels["AOT"] == "Ace" and labels["genshin_kirara"] == "Dove"
    assert labels["oversea_male1"] == "Anchor" and labels["ai_laoguowang_712"] == "Titan"
    assert labels["reader_en_m-v1"] == "The Reader"
    assert {language for voice in voices.choices for language in voice.languages} == {"zh", "en"}
    assert all(voice.languages for voice in voices.choices)


def test_a_voice_of_speech_may_be_one_that_no_source_prints():
    """3.6: the official catalogue is another one."""
    assert BOOK.lists["tts_voices"].is_open


def test_the_scenes_for_two_are_known_by_name():
    """3.6: fifteen of today, and the older four."""
    dual = {scene.id for scene in BOOK.lists["effects"].choices if scene.images == 2}

    assert dual == {
        *("pet_skateboard", "daily_ootd", "toss_run", "switch_to_silk", "studio_look", "french_elegance"),
        *("finger_swipe", "smooth_transition", "kiss_pro", "snow_night_kiss", "eternal_kiss", "cheers_2026"),
        *("fight_pro", "hug_pro", "heart_gesture_pro"),
        *("hug", "kiss", "fight", "heart_gesture"),
    }


def test_retired_scenes_have_the_day_on_which_they_went():
    """3.6"""
    retired = defaultdict(set)
    for scene in BOOK.lists["effects"].choices:
        if scene.retired_on:
            retired[scene.retired_on].add(scene.id)

    assert retired == {
        date(2025, 12, 30): {"celebration", "c4d_cartoon"},
        date(2026, 1, 30): {"kiss", "fight", "hug", "thumbs_up", "tiger_hug", "pet_lion", "3d_cartoon_1"},
        date(2026, 7, 3): {"magic_match_tree"},
    }


def test_the_scene_list_is_open_and_has_those_that_fals_schema_names():
    """2.7: 197 there, 219 on the official API."""
    scenes = {scene.id for scene in BOOK.lists["effects"].choices}

    assert {"hug", "kiss", "heart_gesture", "squish", "expansion", "fuzzyfuzzy", "bloombloom", "dizzydizzy"} <= scenes
    assert len(scenes) >= 197
    assert BOOK.lists["effects"].is_open
    assert not scenes & {"slow_motion", "intensity"}
