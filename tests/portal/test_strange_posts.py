"""Whatever is posted, the answer is a page or a clear refusal: never a crash, never a take that nobody ordered."""

import random

import pytest
from django.db import connection
from django.urls import reverse

from tests.portal.conftest import HTMX

STRANGE = [
    "",
    " \t",
    "a\x00b",
    "\ufffd",
    "-1",
    "1e999999999",
    "NaN",
    "٣",
    "9" * 5000,
    "../..",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "👩‍👩‍👧" * 40,
    "x" * 100_000,
    "00000000-0000-0000-0000-000000000000",
    "00000000-0000-0000-0000-00000000000g",
]
FIELDS = [
    "quoted_credits", "project", "capability", "first_frame", "last_frame", "prompt", "negative_prompt", "model",
    "tier", "route", "duration", "aspect_ratio", "guidance_mode", "guidance", "camera", "camera_move", "camera_axis",
    "camera_amount", "idempotency_key", "do",
]  # fmt: skip
ADDRESSES = ("/studio/", "/studio/quote/", "/studio/frames/", "/team/", "/projects/new/")
KINDS = ("application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x", "text/x")


def send(portal, address, body, kind):
    return portal.client.generic("POST", address, body, content_type=kind, headers=HTMX)


@pytest.mark.parametrize("name", FIELDS)
def test_any_value_of_one_field(portal, name):
    form = portal.form() | {"do": "generate"}
    for value in STRANGE:
        answer = portal.client.post("/studio/", {**form, name: value}, headers=HTMX)
        assert answer.status_code in (200, 402, 409, 422), value[:40]
    assert connection.is_usable()


def test_forms_of_any_shape(portal):
    dice = random.Random(2)
    whole = portal.form()
    modes = {
        "guidance_mode": ["", "set"],
        "camera": ["", "master", "simple"],
        "capability": ["text_to_video", "image_to_video"],
    }
    for _ in range(40):
        form = {name: value for name, value in whole.items() if dice.random() < 0.8}
        form |= {name: dice.choice(STRANGE) for name in dice.sample(FIELDS, 4)}
        form |= {name: dice.choice(values) for name, values in modes.items() if dice.random() < 0.5}
        twice = {name: [value, dice.choice(STRANGE)] if dice.random() < 0.1 else value for name, value in form.items()}
        for address in ("/studio/", "/studio/quote/"):
            answer = portal.client.post(address, twice, headers=HTMX if dice.random() < 0.5 else {})
            assert answer.status_code in (200, 302, 402, 409, 422), twice


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_that_is_no_form(portal, kind):
    for body in (b"", b"\xff\xfe\x00", b"{}", b"a=%ED%A0%80&prompt=%00%FF", b"prompt=" + b"%" * 400):
        for address in ADDRESSES:
            assert send(portal, address, body, kind).status_code < 500, (body, address)


@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "utf-16-le", "latin-1", "nonsense", "idna", "unicode_escape"])
def test_a_body_in_another_alphabet(portal, charset):
    part = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n+2AA-\\ud800\xff\r\n'
    body = b"".join(part % name for name in (b"prompt", b"name", b"brief", b"team", b"do", b"role")) + b"--x--\r\n"
    for address in ADDRESSES:
        for kind in ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
            assert send(portal, address, body, f"{kind}; charset={charset}").status_code < 500, (address, kind)


def test_a_body_that_is_far_too_large_is_refused(portal):
    assert portal.client.post("/studio/quote/", {"prompt": "x" * 2_000_000}).status_code == 400
    assert portal.client.post("/studio/quote/", {f"a{n}": "" for n in range(300)}).status_code == 400


@pytest.mark.parametrize("value", STRANGE)
def test_any_address(portal, value):
    asked = {
        "portal:studio": ("from", "project", "prompt"),
        "portal:cards": ("ids",),
        "portal:library": ("project", "state", "page"),
        "portal:projects": ("page",),
        "portal:credits": ("before",),
    }
    for name, keys in asked.items():
        for key in keys:
            answer = portal.client.get(reverse(name), {key: value[:6000]})
            assert answer.status_code in (200, 204, 404), (name, key)


@pytest.mark.parametrize(
    "path", ["/takes/x/", "/takes/%00/", "/media/1/2/", "/projects/%ED%A0%80/", "/takes/" + "a" * 9000]
)
def test_an_address_that_is_none(portal, path):
    assert portal.client.get(path).status_code == 404


def test_nothing_was_ordered_by_chance(portal):
    for value in STRANGE:
        portal.client.post("/studio/", {"do": "generate", "prompt": value, "capability": "text_to_video"}, headers=HTMX)

    assert not portal.takes.exists()
