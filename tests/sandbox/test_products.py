"""The tables of products: what a body is held against, and that a model is added by lines in a table alone."""

import re
import tomllib

import pytest

from generations.sandbox import products
from generations.sandbox.billing import cost_of
from generations.sandbox.products import BadTable, Price
from generations.sandbox.products.reading import read

NINE = """
prefix = "fal-ai/kling-video/"

[units]
usd = "1"

[forms]
image = ["url", "data"]

[kinds]
prompt = { type = "text", max = 20, gives = "prompt" }
first = { type = "image", gives = "first" }
length = { type = "enum", of = ["5", "10"], default = "5", gives = "seconds" }

[groups.text]
prompt = "prompt!"
duration = "length"

[[cases.loud]]
when = { sound = true }
price = { amount = "2" }

[[product]]
path = "v9/test/text-to-video"
with = ["text"]
cases = ["loud"]
does = "text to video"
model = "kling-v9-test"
fps = 30
price = { amount = "1" }
apart = [[["image_url"], ["mask"]]]
one_of = [["voice", "song"]]
[product.fields]
image_url = "first"
mask = "first"
voice = { type = "text" }
song = { type = "text" }
sound = { type = "bool", default = false }
count = { type = "int", min = 1, max = 4, gives = "count" }
shots = { type = "list", max = 2, item = { type = "object", fields = { duration = "length" } } }
move = { type = "object", single = true, fields = { pan = { type = "number" }, tilt = { type = "number" } } }
settings = { type = "object", fields = { height = { type = "int", max = 9, default = 3 } } }
contents = { type = "parts", fields = { frame = { type = "object", max = 1, fields = { url = "first!" } } } }
[[product.case]]
when = { duration = "10" }
forbid = ["mask"]
[[product.case]]
when = { "settings.height" = 9 }
require = ["count"]
[[product.case]]
when = { song = "*" }
narrow = { count = { max = 2 } }
"""
NINTH = next(iter(read(tomllib.loads(NINE), "fal", "nine.toml")))
GOOD = {"prompt": "a boat", "voice": "x"}
URL = "https://example.com/a.png"


def test_a_body_that_fits_gives_what_the_sandbox_needs():
    checked = products.check(NINTH, {**GOOD, "duration": "10", "count": 3, "image_url": URL, "else": 1})

    assert checked.faults == []
    assert (checked.prompt, checked.seconds, checked.count, checked.model) == ("a boat", 10, 3, "kling-v9-test")
    assert checked.ignored == ("else",)
    assert [(item.loc, item.field.gives, item.value) for item in checked.sent] == [(("image_url",), "first", URL)]
    assert cost_of(checked, 10).amount == "10"


@pytest.mark.parametrize(
    ("change", "name", "kind"),
    [
        ({"prompt": None}, "prompt", "missing"),
        ({"prompt": 5}, "prompt", "type"),
        ({"prompt": "x" * 21}, "prompt", "too_long"),
        ({"duration": 5}, "duration", "one_of"),
        ({"duration": "7"}, "duration", "one_of"),
        ({"count": 0}, "count", "too_low"),
        ({"count": 5}, "count", "too_high"),
        ({"count": True}, "count", "type"),
        ({"count": 1.5}, "count", "type"),
        ({"sound": "yes"}, "sound", "type"),
        ({"image_url": "a.png"}, "image_url", "form"),
        ({"image_url": "iVBORw0KGgo="}, "image_url", "form"),
        ({"image_url": 5}, "image_url", "type"),
        ({"shots": [{}] * 3}, "shots", "too_many"),
        ({"shots": [{"duration": "6"}]}, "shots[0].duration", "one_of"),
        ({"shots": [5]}, "shots[0]", "type"),
        ({"move": {"pan": 1, "tilt": 1}}, "move", "single"),
        ({"move": {"pan": "x"}}, "move.pan", "type"),
        ({"settings": {"height": 10}}, "settings.height", "too_high"),
        ({"settings": {"height": 9}}, "count", "missing"),
        ({"contents": [{"type": "film"}]}, "contents[0].type", "part"),
        ({"contents": [{"type": "frame"}]}, "contents[0].url", "missing"),
        ({"contents": [{"type": "frame", "url": URL}] * 2}, "contents[1]", "too_many"),
        ({"image_url": URL, "mask": URL}, "mask", "apart"),
        ({"song": "y"}, "voice", "both"),
        ({"voice": None}, "voice", "either"),
        ({"duration": "10", "mask": URL}, "mask", "unsupported"),
        ({"voice": None, "song": "y", "count": 3}, "count", "too_high"),
    ],
)
def test_a_fault_names_its_place_and_its_kind(change, name, kind):
    body = {key: value for key, value in {**GOOD, **change}.items() if value is not None}

    faults = [(fault.name, fault.kind) for fault in products.check(NINTH, body).faults]

    assert (name, kind) in faults


def test_a_case_changes_the_price():
    assert cost_of(products.check(NINTH, {**GOOD, "sound": True}), 5).amount == "5"
    assert products.check(NINTH, {**GOOD, "sound": True}).settings["price"].amount == 2


def test_a_quantity_is_counted_in_what_the_price_is_per():
    def quantity(**price):
        return str(Price(amount=1, **price).quantity(seconds=6.2, count=3, chars=500))

    assert [quantity(per=one) for one in ("second", "image", "call", "kchar")] == ["6.2", "3", "1", "0.5"]
    assert quantity(per="second", step=5) == "10"


def test_a_kind_that_is_not_there_is_told_with_its_place():
    table = tomllib.loads(NINE.replace('voice = { type = "text" }', 'voice = "song!"'))

    with pytest.raises(BadTable, match=re.escape("v9/test/text-to-video names the kind 'song'")):
        list(read(table, "fal", "nine.toml"))


def test_every_table_can_be_read_and_every_name_in_its_rules_is_a_field():
    wrong = []
    for provider, known in products.load().items():
        for product in known.values():
            names = {name for one in product.apart for group in one for name in group}
            names |= {name for group in (*product.either, *product.one_of) for name in group}
            for case in product.cases:
                names |= {*case.when, *case.require}
            for name in names:
                top, _, rest = name.partition(".")
                field = product.fields.get(top)
                if top == "source" or (field and (not rest or rest in field.fields)):
                    continue
                wrong.append((provider, product.path, name))

    # Rules that several products share may name a field that one of them does not have.
    shared = {
        "voice_ids",
        "image_tail",
        "static_mask",
        "dynamic_masks",
        "camera_control",
        "voice_list",
        "element_list",
        "image",
    }
    assert [row for row in wrong if row[2].split(".")[0] not in shared | {"settings", "contents"}] == []


def test_every_product_has_a_price_or_makes_nothing_that_is_paid():
    free = {"multi-elements session", "multi-elements selection", "create element"}
    unpriced = {
        product.path
        for known in products.load().values()
        for product in known.values()
        if "price" not in product.settings and not any("price" in case.settings for case in product.cases)
        if product.settings.get("does") not in free
    }

    assert unpriced == set()
