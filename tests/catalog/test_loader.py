"""The catalog's files are read strictly: whatever contradicts itself stops the site at its start."""

import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from generations import catalog
from generations.catalog import CatalogError, Price, Route
from generations.choices import Provider, Variant
from tests.catalog.recipes import find_route

FILES = Path(catalog.__file__).parent
LIST = '[{ capability = "effect", tier = "std", scenes = "nowhere" }]'
MODEL = """
[[model]]
slug = "kling-v1"
label = "Twice"
family = "1.0"
render_seconds = { text_to_video = 1 }
render_source = "none"
can = []
"""
ROUTE = """
[[route]]
model = "kling-v2-1"
capability = "image_to_video"
tier = "pro"
shape = "video"
endpoint = "somewhere"
takes = []
"""
PRICE = """
[[price]]
provider = "fal"
model = "kling-v2-1"
tier = "pro"
amount = "1"
currency = "usd"
per = "second"
valid_from = 2026-01-01
source = "none"
"""
FAL, KLING = "routes/fal.toml", "routes/kling.toml"


@pytest.fixture
def files(tmp_path):
    for path in FILES.rglob("*.toml"):
        place = tmp_path / path.relative_to(FILES)
        place.parent.mkdir(exist_ok=True)
        shutil.copy(path, place)
    return tmp_path


def change(folder, name, old, new):
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def add(folder, name, more):
    with (folder / name).open("a") as file:
        file.write(more)


def added_route(folder, **more):
    add(
        folder,
        FAL,
        ROUTE.replace("kling-v2-1", "kling-v1") + "\n".join(f"{key} = {value}" for key, value in more.items()),
    )
    change(folder, "prices.toml", PRICE_OF_V1_STD, PRICE_OF_V1_STD + '\n[[price]]\ntier = "pro"\n' + REST)
    return next(r for r in catalog.read(folder).routes if r.key.startswith("fal:kling-v1:image_to_video:pro"))


REST = """provider = "fal"
model = "kling-v1"
amount = "unknown"
currency = "usd"
per = "second"
valid_from = 2026-01-01
source = "none"
"""
PRICE_OF_V1_STD = """[[price]]
provider = "kling"
model = "kling-v1"
tier = "std"
amount = "0.2"
currency = "kling_unit"
per = "second"
valid_from = 2026-01-01
source = "Unit price table of January 2026, docs/providers.md 7.1"
"""


def test_the_catalog_of_the_site_is_read(files):
    assert catalog.read(files) == catalog.load()


V1 = ROUTE.replace("kling-v2-1", "kling-v1")


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("models.toml", MODEL, "Model kling-v1 is named twice."),
        (FAL, ROUTE, "Route fal:kling-v2-1:image_to_video:pro is named twice."),
        ("prices.toml", PRICE, "Price .* is named twice."),
        (FAL, ROUTE.replace("kling-v2-1", "kling-v9"), "kling-v9.* offers what no model in models.toml can"),
        (FAL, ROUTE.replace('"pro"', '"master"'), "offers what no model in models.toml can do"),
        (FAL, V1, "Route fal:kling-v1:image_to_video:pro has no row in prices.toml"),
        (FAL, V1.replace("[]", '["camera"]'), "image_to_video:pro takes camera, which the model cannot do"),
        (FAL, V1 + 'fields = { prompt = "" }', "image_to_video:pro has no field for prompt, which would be lost"),
        (FAL, V1.replace("[]", '["guidance"]') + 'fields = { guidance = "" }', "has no field for guidance"),
        (FAL, V1 + 'fields = { first_frame = "" }', "has no field for first_frame"),
        (FAL, V1 + 'fields = { duration_seconds = "" }', "has no field for duration_seconds"),
        (FAL, V1.replace('"video"', '"film"'), "film"),
        (FAL, "[[rout]]", "fal.toml has no table rout; it has: last_charge, resolution, route, shape, source, tier"),
        ("lists.toml", "[[lis]]", "lists.toml has no table lis"),
        (
            "models.toml",
            MODEL.replace("kling-v1", "x").replace("[]", LIST),
            "x names the list nowhere, which lists.toml",
        ),
    ],
)
def test_a_contradiction_is_refused(files, name, more, words):
    add(files, name, more)

    with pytest.raises(CatalogError, match=words):
        catalog.read(files)


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("models.toml", "fps = 30", "fps = 30\nsounds = true", "sounds"),
        ("models.toml", "durations = [5, 10]", "durations = [5, 0]", "durations"),
        ("models.toml", '"16:9"', '"wide"', "aspect_ratios"),
        ("models.toml", '"down_back"', '"zoom_in"', "camera"),
        ("models.toml", 'also = ["watermark"]', 'also = ["water"]', "also"),
        ("models.toml", "source_video =", "a_video =", "files"),
        ("models.toml", 'edits = ["addition"', 'edits = ["more"', "edits"),
        (FAL, '"guidance"', '"guidance_scale"', "takes"),
        (FAL, "endpoint =", "end_point =", "endpoint"),
        (FAL, 'form = "text"', 'form = "Text!"', "form"),
        (KLING, 'api = "new"', 'api = "newer"', "api"),
        (KLING, 'requires = ["prompt"]', 'requires = ["luck"]', "requires"),
        ("prices.toml", 'provider = "fal"', 'provider = "nobody"', "provider"),
        ("prices.toml", 'variant = "silent"', 'variant = "loud"', "variant"),
        ("prices.toml", 'amount = "0.2"', 'amount = "cheap"', "amount"),
        ("prices.toml", 'currency = "kling_unit"', 'currency = "credits"', "currency"),
        ("prices.toml", 'per = "second"', 'per = "minute"', "per"),
        ("prices.toml", 'second = "0.05"', 'second = "little"', "ConversionSyntax"),
        ("prices.toml", 'kling_unit_usd = "0.14"', 'kling_unit_usd = "some"', "ConversionSyntax"),
        ("prices.toml", "kling_image_unit_usd", "image_unit", "kling_image_unit_usd"),
        ("lists.toml", "images = 2", "images = 3", "images"),
        ("lists.toml", 'languages = ["zh", "en"]', 'languages = ["fr"]', "languages"),
        (FAL, "[[route]]", "[[route]", "at line"),
        (KLING, "retention_days", "days", "retention_days"),
    ],
)
def test_a_key_or_value_that_nobody_knows_is_refused(files, name, old, new, words):
    change(files, name, old, new)

    with pytest.raises(CatalogError, match=words):
        catalog.read(files)


def test_forms_begin_with_a_model_that_a_route_offers(files):
    assert catalog.load().begin == {"image_to_video": "kling-v2-1", "text_to_video": "kling-v1-6"}
    change(files, "models.toml", 'text_to_video = "kling-v1-6"', 'text_to_video = "kling-v2-1"')

    with pytest.raises(CatalogError, match="Forms would begin text_to_video with kling-v2-1, which no route offers"):
        catalog.read(files)


@pytest.mark.parametrize("provider", Provider)
def test_every_provider_has_its_file(files, provider):
    (files / "routes" / f"{provider}.toml").unlink()

    with pytest.raises(FileNotFoundError):
        catalog.read(files)


def test_a_row_with_tiers_is_one_route_for_each_and_the_tier_is_spelled_as_the_file_says():
    std, pro = (find_route(f"fal:kling-v1-6:text_to_video:{tier}") for tier in ("std", "pro"))

    assert std.endpoint == "fal-ai/kling-video/v1.6/standard/text-to-video"
    assert pro.endpoint == "fal-ai/kling-video/v1.6/pro/text-to-video"
    assert find_route("kling:kling-v1-6:text_to_video:std").wire == {"model_name": "kling-v1-6", "mode": "std"}
    new = find_route("kling:kling-v3:text_to_video:4k:new").wire["settings"]
    assert new == {"resolution": "4k", "audio": "off", "multi_shot": False}


def test_a_route_may_respell_a_field_of_its_shape_and_drop_one(files):
    route = added_route(files, fields='{ prompt = "words", guidance = "" }')

    assert route.fields["prompt"] == "words"
    assert "guidance" not in route.fields
    assert route.fields["first_frame"] == "image_url"


def test_two_endpoints_for_the_same_thing_are_two_routes(files):
    assert added_route(files, form='"slow"').key == "fal:kling-v1:image_to_video:pro:slow"


def price(amount, valid_from, capability=None, variant=None):
    return Price(
        provider="fal",
        model="kling-v2-master",
        tier="master",
        capability=capability,
        variant=variant,
        amount=amount,
        currency="usd",
        per="second",
        valid_from=valid_from,
        source="a test",
    )


def test_the_list_price_of_a_day_is_the_newest_that_has_begun_and_a_capabilitys_own_goes_first():
    prices = (
        price("0.3", date(2026, 1, 1)),
        price("0.2", date(2026, 6, 1)),
        price("0.1", date(2026, 3, 1), "text_to_video"),
    )
    book = replace(catalog.load(), prices=prices)
    text, image = (
        Route(provider="fal", model="kling-v2-master", capability=name, tier="master", endpoint="x", takes=())
        for name in ("text_to_video", "image_to_video")
    )

    def on(route, month):
        found = book.find_price(route, date(2026, month, 1))
        return found.amount if found else None

    assert [on(image, month) for month in (1, 5, 6)] == [Decimal("0.3"), Decimal("0.3"), Decimal("0.2")]
    assert [on(text, month) for month in (1, 3, 6)] == [Decimal("0.3"), Decimal("0.1"), Decimal("0.1")]
    assert book.find_price(text, date(2025, 12, 31)) is None


def test_of_the_prices_of_a_variant_its_own_goes_before_the_plain_one():
    day = date(2026, 1, 1)
    prices = (price("0.1", day), price("0.2", day, variant="sound"), price("0.4", day, "text_to_video"))
    book = replace(catalog.load(), prices=prices)
    text, image = (find_route(f"fal:kling-v2-master:{name}:master") for name in ("text_to_video", "image_to_video"))

    assert book.find_price(image, day, Variant.SOUND).amount == Decimal("0.2")
    assert book.find_price(image, day, Variant.SILENT).amount == Decimal("0.1")
    assert book.find_price(text, day, Variant.SOUND).amount == Decimal("0.4")
    assert [row.amount for row in book.prices_of(image, day)] == [Decimal("0.1"), Decimal("0.2")]
