"""The catalog's files are read strictly: whatever contradicts itself stops the site at its start."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from generations import catalog
from generations.catalog import CatalogError, Price, Route

FILES = Path(catalog.__file__).parent
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
provider = "fal"
model = "kling-v2-1"
capability = "image_to_video"
tier = "pro"
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


@pytest.fixture
def files(tmp_path):
    for path in FILES.glob("*.toml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def change(folder, name, old, new):
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_catalog_of_the_site_is_read(files):
    assert catalog.read(files) == catalog.load()


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("models.toml", MODEL, "Model kling-v1 is named twice."),
        ("routes.toml", ROUTE, "Route fal:kling-v2-1:image_to_video:pro is named twice."),
        ("prices.toml", PRICE, "Price .* is named twice."),
        ("routes.toml", ROUTE.replace("kling-v2-1", "kling-v9"), "kling-v9.* offers what no model in models.toml can"),
        ("routes.toml", ROUTE.replace('"pro"', '"master"'), "offers what no model in models.toml can do"),
        (
            "routes.toml",
            ROUTE.replace("kling-v2-1", "kling-v1"),
            "Route fal:kling-v1:image_to_video:pro has no row in prices.toml",
        ),
        (
            "routes.toml",
            ROUTE.replace("kling-v2-1", "kling-v1").replace("[]", '["camera"]'),
            "Route fal:kling-v1:image_to_video:pro takes camera, which the model cannot do",
        ),
        ("routes.toml", "[[rout]]", "routes.toml has no table rout; it has: route, source"),
    ],
    ids=["model twice", "route twice", "price twice", "no model", "no tier", "no price", "no such option", "no table"],
)
def test_a_contradiction_is_refused(files, name, more, words):
    with (files / name).open("a") as file:
        file.write(more)

    with pytest.raises(CatalogError, match=words):
        catalog.read(files)


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("models.toml", "fps = 30", "fps = 30\nsound = true", "sound"),
        ("models.toml", "durations = [5, 10]", "durations = [5, 0]", "durations"),
        ("models.toml", '"16:9"', '"wide"', "aspect_ratios"),
        ("models.toml", '"down_back"', '"zoom_in"', "camera"),
        ("routes.toml", '"guidance"', '"guidance_scale"', "takes"),
        ("routes.toml", "endpoint =", "end_point =", "end_point"),
        ("routes.toml", 'provider = "fal"', 'provider = "nobody"', "provider"),
        ("prices.toml", 'amount = "0.2"', 'amount = "cheap"', "amount"),
        ("prices.toml", 'currency = "kling_unit"', 'currency = "credits"', "currency"),
        ("prices.toml", 'per = "second"', 'per = "minute"', "per"),
        ("prices.toml", "placeholder_usd_per_second", "placeholder", "placeholder_usd_per_second"),
        ("prices.toml", 'kling_unit_usd = "0.14"', 'kling_unit_usd = "some"', "ConversionSyntax"),
        ("routes.toml", "[[route]]", "[[route]", "at line"),
        ("routes.toml", "kling = ", "king = ", "KLING"),
    ],
)
def test_a_key_or_value_that_nobody_knows_is_refused(files, name, old, new, words):
    change(files, name, old, new)

    with pytest.raises(CatalogError, match=words):
        catalog.read(files)


def price(amount, valid_from, capability=None):
    return Price(
        provider="fal",
        model="kling-v2-master",
        tier="master",
        capability=capability,
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
    book = catalog.load()._replace(prices=prices)
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
