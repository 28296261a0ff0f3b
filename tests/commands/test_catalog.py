import json
import re
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from generations import catalog

WIDTH = 120


@pytest.fixture
def text():
    out = StringIO()
    call_command("catalog", stdout=out)
    return out.getvalue()


@pytest.fixture
def facts():
    out = StringIO()
    call_command("catalog", "--json", stdout=out)
    return json.loads(out.getvalue())


def row_of(facts, *key):
    """The row of a provider, model, capability and tier, on the older of two generations of an API."""
    found = [row for row in facts["rows"] if row["route"] == ":".join(key)]
    assert len(found) == 1
    return found[0]


def test_the_text_fits_a_terminal(text):
    assert max(len(line) for line in text.splitlines()) <= WIDTH


def test_every_route_and_every_note_is_in_the_text(text):
    flat = " ".join(text.split())
    book = catalog.load()

    assert all(route.endpoint in text for route in book.routes)
    notes = [item.note for item in (*book.routes, *book.prices, *(can for model in book.models for can in model.can))]
    assert all(" ".join(note.split()) in flat for note in notes)


def test_every_source_is_named_with_its_day(text):
    flat = " ".join(text.split())
    book = catalog.load()

    for price in book.prices:
        assert f"{price.source}; read on {book.read_on}." in flat


def test_every_ability_has_a_row_and_every_route_its_own(facts):
    book = catalog.load()
    routes = [row for row in facts["rows"] if row["provider"]]

    assert len(routes) == len(book.routes)
    shown = {(row["model"], row["capability"], row["tier"]) for row in facts["rows"]}
    assert shown == {(model.slug, can.capability, can.tier) for model in book.models for can in model.can}


def test_every_fact_has_its_source_and_its_day(facts):
    every = [fact for row in facts["rows"] for fact in row["facts"].values()]

    assert every
    general = [facts["kling_unit_usd"], facts["kling_image_unit_usd"], *facts["retention_days"].values()]
    assert all(fact["source"] and fact["read_on"] for fact in (*every, *general, *facts["lists"].values()))


def test_a_row_says_what_the_route_carries_not_what_the_model_could(facts):
    image = row_of(facts, "fal", "kling-v1", "image_to_video", "std")["facts"]
    words = row_of(facts, "fal", "kling-v1", "text_to_video", "std")["facts"]

    assert "camera" not in image["options"]["value"]
    assert image["options"]["value"]["brush"] == {"durations_seconds": [5]}
    assert image["aspect_ratios"]["value"] == []
    assert words["options"]["value"]["camera"]["durations_seconds"] == [5]
    assert words["aspect_ratios"]["value"] == ["16:9", "9:16", "1:1"]


def test_a_price_that_no_source_gives_is_unknown(facts, text):
    prices = [
        fact["value"]["amount"]
        for row in facts["rows"]
        for name, fact in row["facts"].items()
        if name.startswith("price")
    ]

    assert "unknown" in prices
    assert len(re.findall(r"price[a-z0-9 ]*: unknown", " ".join(text.split()))) == prices.count("unknown")


def test_a_route_with_several_prices_shows_each_with_its_source(facts, text):
    prices = row_of(facts, "kling", "kling-v2-6", "image_to_video", "pro")["facts"]

    named = {name: prices[name]["value"]["amount"] for name in prices if name.startswith("price")}
    assert named == {"price_silent": "0.5", "price_sound": "1.0", "price_voice": "1.2"}
    assert all(prices[name]["source"] for name in named)
    assert "price with sound and voices: 1.2 kling unit per second" in " ".join(text.split())


def test_the_limits_of_a_model_and_those_of_a_route_are_shown(facts, text):
    ours = row_of(facts, "fal", "kling-v3-omni", "video_edit", "pro")["facts"]

    assert ours["limits"]["value"]["files"]["source_video"]["seconds"] == ["3", "15.5"]
    assert ours["limits_here"]["value"]["files"]["source_video"]["seconds"] == ["3", "10.05"]
    assert ours["limits_here"]["value"]["prompt_max"] == 2_500
    flat = " ".join(text.split())
    assert "source video: 1, 3 to 15.5 s, 700 to 4553 px, to 200 MB" in flat
    assert "limits here: prompt to 2500 characters; source video: 1, 3 to 10.05 s" in flat
    assert "never together: end frame and sound" in flat


def test_both_generations_of_an_api_have_a_row(facts):
    routes = {row["route"] for row in facts["rows"]}

    assert {"kling:kling-v3:text_to_video:4k", "kling:kling-v3:text_to_video:4k:new"} <= routes


def test_the_lists_are_shown_with_every_entry(facts, text):
    flat = " ".join(text.split())

    assert len(facts["lists"]["lip_sync_voices"]["choices"]) == 46
    assert all(choice["id"] in flat for item in facts["lists"].values() for choice in item["choices"])


def test_the_page_of_the_documents_is_current():
    """After a change of the catalog: `manage.py catalog --docs`."""
    assert (settings.BASE_DIR / "docs" / "catalog.md").read_text(encoding="utf-8") == catalog.page(catalog.load())


def test_the_page_of_the_documents_is_written_anew(tmp_path, settings):
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    out = StringIO()

    call_command("catalog", "--docs", stdout=out)

    assert out.getvalue().strip() == "Written: docs/catalog.md"
    assert (tmp_path / "docs" / "catalog.md").read_text(encoding="utf-8") == catalog.page(catalog.load())


def test_the_page_names_every_model_route_and_price():
    page = catalog.page(catalog.load())

    for route in catalog.load().routes:
        assert f"`{route.endpoint}`" in page
    assert all(f"(`{model.slug}`)" in page for model in catalog.load().models)
    assert all(price.source in page for price in catalog.load().prices)


def test_a_price_is_the_sources_own(facts):
    price = row_of(facts, "kling", "kling-v1", "text_to_video", "std")["facts"]["price"]

    assert price["value"] == {"amount": "0.2", "currency": "kling_unit", "per": "second", "valid_from": "2026-01-01"}
    assert price["source"] == "Unit price table of January 2026, docs/providers.md 7.1"
