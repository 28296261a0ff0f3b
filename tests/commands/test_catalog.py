import json
from io import StringIO

import pytest
from django.core.management import call_command

from generations import catalog
from generations.management.commands.catalog import WIDTH


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
    found = [row for row in facts["rows"] if (row["provider"], row["model"], row["capability"], row["tier"]) == key]
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
    assert all(fact["source"] and fact["read_on"] for fact in (*every, facts["kling_unit_usd"]))


def test_a_row_says_what_the_route_carries_not_what_the_model_could(facts):
    image = row_of(facts, "fal", "kling-v1", "image_to_video", "std")["facts"]
    words = row_of(facts, "fal", "kling-v1", "text_to_video", "std")["facts"]

    assert "camera" not in image["options"]["value"]
    assert image["options"]["value"]["brush"] == {"durations_seconds": [5]}
    assert image["aspect_ratios"]["value"] == []
    assert words["options"]["value"]["camera"]["durations_seconds"] == [5]
    assert words["aspect_ratios"]["value"] == ["16:9", "9:16", "1:1"]


def test_a_price_that_no_source_gives_is_unknown(facts, text):
    amounts = [row["facts"]["price"]["value"]["amount"] for row in facts["rows"] if row["provider"]]

    assert "unknown" in amounts
    assert text.count("price: unknown") == amounts.count("unknown")


def test_a_price_is_the_sources_own(facts):
    price = row_of(facts, "kling", "kling-v1", "text_to_video", "std")["facts"]["price"]

    assert price["value"] == {"amount": "0.2", "currency": "kling_unit", "per": "second", "valid_from": "2026-01-01"}
    assert price["source"] == "Unit price table of January 2026, docs/providers.md 7.1"
