"""What the pages say of prices and units, typed in here once more: an edit that contradicts them fails.

The numbers of sections are those of docs/providers.md.
"""

import pytest

from generations.choices import Provider
from tests.catalog.facts import BOOK, ON, D, amount, routes
from tests.catalog.recipes import find_route

USD, UNIT, IMAGE_UNIT = "usd", "kling_unit", "kling_image_unit"


@pytest.mark.parametrize(
    ("key", "prices"),
    [
        ("kling-v2-master:image_to_video:master", "0.28"),
        ("kling-v2-master:text_to_video:master", "0.28"),
        ("kling-v2-1-master:image_to_video:master", "0.28"),
        ("kling-v2-1:image_to_video:std", "0.056"),
        ("kling-v2-1:image_to_video:pro", "0.098"),
        ("kling-v1:image_to_video:std", "0.045"),
        ("kling-v2-5-turbo:image_to_video:std", "0.042"),
        ("kling-v2-5-turbo:image_to_video:pro", "0.07"),
        ("kling-v2-5-turbo:text_to_video:pro", "0.07"),
        ("kling-v2-6:text_to_video:pro", "0.07 0.14 0.168"),
        ("kling-v2-6:image_to_video:pro", "0.07 0.14 0.168"),
        ("kling-v3:text_to_video:std", "0.084 0.126 0.154"),
        ("kling-v3:image_to_video:pro", "0.112 0.168 0.196"),
        ("kling-v3-omni:text_to_video:std", "0.084 0.112"),
        ("kling-v3:motion_control:pro", "0.126"),
    ],
)
def test_fals_prices_are_dollars_a_second(key, prices):
    """7.2; the guide to v2 master says 1.40 for 5 s and 2.80 for 10 s. Silent, with sound, with voices."""
    variants = ("silent", "sound", "voice") if " " in prices else (None,)

    for variant, price in zip(variants, prices.split(), strict=False):
        assert amount(f"fal:{key}", variant) == (D(price), USD, "second"), variant


@pytest.mark.parametrize(
    ("key", "prices"),
    [
        ("kling-v1:image_to_video:std", "0.2"),
        ("kling-v1:image_to_video:pro", "0.7"),
        ("kling-v1-5:image_to_video:std", "0.4"),
        ("kling-v1-5:image_to_video:pro", "0.7"),
        ("kling-v1-6:image_to_video:std", "0.4"),
        ("kling-v1-6:image_to_video:pro", "0.7"),
        ("kling-v1-6:reference_to_video:std", "0.4"),
        ("kling-v1-6:reference_to_video:pro", "0.7"),
        ("kling-v1-6:multi_elements:std", "0.6"),
        ("kling-v1-6:multi_elements:pro", "1.0"),
        ("kling-v2-1:image_to_video:std", "0.4"),
        ("kling-v2-1:image_to_video:pro", "0.7"),
        ("kling-v2-master:image_to_video:master", "2.0"),
        ("kling-v2-1-master:image_to_video:master", "2.0"),
        ("kling-v2-5-turbo:image_to_video:std", "0.3"),
        ("kling-v2-5-turbo:text_to_video:pro:new", "0.5"),
        ("kling-v2-6:text_to_video:std", "0.3"),
        ("kling-v2-6:image_to_video:pro", "0.5 1.0 1.2"),
        ("kling-v2-6:motion_control:std", "0.5"),
        ("kling-v2-6:motion_control:pro:new", "0.8"),
        ("kling-v3:text_to_video:std", "0.6 0.9"),
        ("kling-v3:text_to_video:pro:new", "0.8 1.2"),
        ("kling-v3:image_to_video:4k", "3.0 3.0"),
        ("kling-v3:motion_control:std", "0.9"),
        ("kling-v3:motion_control:pro", "1.2"),
        ("kling-v3-omni:text_to_video:std", "0.6 0.8"),
        ("kling-v3-omni:reference_to_video:pro:new", "0.8 1.0"),
        ("kling-v3-omni:text_to_video:4k", "3.0 3.0"),
        ("kling-v3-omni:video_edit:std", "0.9"),
        ("kling-v3-omni:video_reference:pro", "1.2"),
        ("kling-v3-omni:video_edit:4k", "3.0"),
        ("kling-o1:text_to_video:std", "0.6"),
        ("kling-o1:image_to_video:pro", "0.8"),
        ("kling-o1:video_edit:std", "0.9"),
        ("kling-o1:video_reference:pro", "1.2"),
        ("kling-v3-turbo:text_to_video:std:new", "0.8"),
        ("kling-v3-turbo:image_to_video:pro:new", "1.0"),
        ("kling-avatar:avatar:std", "0.4"),
        ("kling-avatar:avatar:pro", "0.8"),
    ],
)
def test_klings_prices_are_units_a_second(key, prices):
    """7.1. Silent, with sound, with voices."""
    variants = ("silent", "sound", "voice") if " " in prices else (None,)

    for variant, price in zip(variants, prices.split(), strict=False):
        assert amount(f"kling:{key}", variant) == (D(price), UNIT, "second"), variant


@pytest.mark.parametrize(
    ("key", "price", "currency", "per"),
    [
        ("kling:kling-v1:extend:std", "1", UNIT, "call"),
        ("kling:kling-v1:extend:pro", "3.5", UNIT, "call"),
        ("kling:kling-v1-5:extend:std", "2", UNIT, "call"),
        ("kling:kling-v1-6:extend:std", "2", UNIT, "call"),
        ("kling:kling-v1-6:extend:pro", "3.5", UNIT, "call"),
        ("kling:kling-lip-sync:lip_sync:std", "0.5", UNIT, "five_seconds"),
        ("fal:kling-lip-sync:lip_sync:std:text", "0.07", USD, "five_seconds"),
        ("kling:kling-tts:text_to_speech:std", "0.05", UNIT, "call"),
        ("kling:kling-audio:text_to_audio:std", "0.25", UNIT, "call"),
        ("kling:kling-audio:video_to_audio:std", "0.25", UNIT, "call"),
        ("kling:kolors-v1:text_to_image:std", "1", IMAGE_UNIT, "image"),
        ("kling:kolors-v2-1:text_to_image:std", "4", IMAGE_UNIT, "image"),
        ("kling:kolors-v2-1:image_to_image:std", "8", IMAGE_UNIT, "image"),
        ("kling:kling-image-v3:text_to_image:std", "8", IMAGE_UNIT, "image"),
        ("kling:kling-image-o1:image_to_image:std", "8", IMAGE_UNIT, "image"),
        ("kling:kling-expand:expand_image:std", "8", IMAGE_UNIT, "image"),
    ],
)
def test_what_is_not_paid_by_the_second(key, price, currency, per):
    """7.1, 7.2: 0.014 a second on fal, rounded up to 5 s."""
    assert amount(key) == (D(price), currency, per)


def test_the_face_chain_is_held_at_the_most_that_both_calls_cost():
    """7.1: 0.5 for each started 5 s and 0.05 for finding the faces."""
    price = BOOK.find_price(find_route("kling:kling-lip-sync-face:lip_sync:std"), ON)

    for started in (1, 2, 12):
        assert price.amount * started >= D("0.5") * started + D("0.05")


def test_a_4k_image_costs_twice_as_much():
    """7.1"""
    key = "kling:kling-image-o3:text_to_image:std"

    assert amount(key, "4k") == (D(16), IMAGE_UNIT, "image")
    assert amount(key, "silent") == (D(8), IMAGE_UNIT, "image")


def test_units_have_their_list_prices():
    """7.1: 8 image units are $0.028."""
    assert BOOK.kling_unit_usd == D("0.14")
    assert BOOK.kling_image_unit_usd * 8 == D("0.028")


def test_what_no_source_prices_stays_unknown():
    """7.1, 7.2"""
    unknown = {route.key for route in [*routes("fal"), *routes("kling")] if amount(route.key, "silent") == "unknown"}
    fal = {key for key in unknown if key.startswith("fal:")}

    assert {key.removeprefix("kling:") for key in unknown - fal} == {
        *(f"kling-v2-{name}" for name in ("master:extend:master", "1:extend:std", "1:extend:pro")),
        *("kling-v2-1-master:extend:master", "kling-effects:effect:std"),
        *("kolors-v1-5:text_to_image:std", "kolors-v1-5:image_to_image:std", "kolors-v2:text_to_image:std"),
        *("kolors-v2:image_to_image:std", "kolors-v2-new:image_to_image:std"),
        *("kolors-try-on-v1:try_on:std", "kolors-try-on-v1-5:try_on:std"),
    }
    priced = {key.removeprefix("fal:") for key in {route.key for route in routes("fal")} - fal}
    assert priced == {
        "kling-v1:image_to_video:std",
        *(f"kling-v2{name}:{kind}_to_video:master" for name in ("-master", "-1-master") for kind in ("text", "image")),
        *("kling-v2-1:image_to_video:std", "kling-v2-1:image_to_video:pro"),
        *("kling-v2-5-turbo:text_to_video:pro", "kling-v2-5-turbo:image_to_video:std"),
        *("kling-v2-5-turbo:image_to_video:pro", "kling-v2-6:text_to_video:pro", "kling-v2-6:image_to_video:pro"),
        *(f"kling-v3:{kind}_to_video:{tier}" for kind in ("text", "image") for tier in ("std", "pro")),
        "kling-v3:motion_control:pro",
        *(f"kling-v3-omni:{kind}_to_video:std" for kind in ("text", "image", "reference")),
        *("kling-lip-sync:lip_sync:std:text", "kling-lip-sync:lip_sync:std:audio"),
    }


def test_every_price_and_every_render_time_names_its_source():
    for row in BOOK.prices:
        assert "docs/providers.md" in row.source or "read on 2026-" in row.source, row
        assert len(row.source) <= 200 and len(row.note) <= 300  # what a price rule can keep
    assert all(model.render_source for model in BOOK.models)
    assert set(BOOK.sources) >= {"models", "kling_unit", *Provider.values}
    assert all(item.source and item.read_on for item in BOOK.lists.values())


def test_results_are_kept_for_30_days_by_kling():
    """3.9"""
    assert BOOK.retention_days["kling"] == 30
