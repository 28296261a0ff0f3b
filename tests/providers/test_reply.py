"""What is taken out of foreign text, and what is read from foreign values."""

import time
from decimal import Decimal

import pytest

from generations.models import Generation
from generations.providers import Reply, Uncertain, redact
from generations.providers.refusal import class_of_submit
from generations.providers.reply import (
    EXCERPT_MAX_CHARS,
    is_web_url,
    plain,
    read_amount,
    read_body,
    read_retry_after,
    read_task_id,
)


@pytest.mark.parametrize(
    "text",
    [
        "the key kid-12345:s3cr3t/part was refused",
        r'{"key":"kid-12345:s3cr3t\/part"}',
        "only s3cr3t/part",
        "quoted s3cr3t%2Fpart s3cr3t/part",
    ],
)
def test_it_removes_a_secret_its_halves_and_its_spellings(text):
    assert "s3cr3t" not in redact(text, ["kid-12345:s3cr3t/part"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer [removed]"),
        ("authorization: key abc:def-123", "authorization: key [removed]"),
        ("token eyJhbGciOiJI.eyJpc3MiOiJ.c2lnbmF0dXJl end", "token [removed] end"),
        ('{"access_token": "abc", "n": 1}', '{"access_token": "[removed]", "n": 1}'),
        ("see https://cdn.example/a.mp4?Expires=1&Signature=xyz now", "see https://cdn.example/a.mp4?[removed] now"),
        ("image " + "iVBORw0KGgo" * 20 + "== end", "image [removed] end"),
        ("A key question about basic features", "A key question about basic features"),
    ],
)
def test_it_removes_tokens_queries_and_blobs(text, expected):
    assert redact(text) == expected


def test_a_short_secret_does_not_shred_the_text():
    assert redact("any text", ["a"]) == "any text"


@pytest.mark.parametrize("text", ["https:" * 200_000, "eyJ-" * 250_000, '"' + "a" * 1_000_000, "Bearer " * 150_000])
def test_it_is_quick_on_hostile_text(text):
    started = time.perf_counter()

    redact(text, ["kid-12345:secret-part"])

    assert time.perf_counter() - started < 0.5


def test_it_makes_text_plain():
    assert plain("a\x00b\ud800c\n\u202ed") == "a b?c d"
    assert len(plain("x" * 5_000, EXCERPT_MAX_CHARS)) == EXCERPT_MAX_CHARS


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"[" * 200_000, b"1" * 10_000])
def test_a_body_that_is_no_json_is_none(body):
    assert read_body(body)[0] is None


@pytest.mark.parametrize("value", [None, "", "..", "a/b", "a b", "x" * 129, {"id": 1}, True, "é", "a\n"])
def test_it_refuses_a_task_id_that_could_not_stand_in_a_path(value):
    assert read_task_id(value) is None


def test_it_takes_a_task_id_as_text_or_number():
    assert read_task_id("764cabcf-b745") == "764cabcf-b745"
    assert read_task_id(758213946091823104) == "758213946091823104"


@pytest.mark.parametrize("value", [None, "", "NaN", "Infinity", "-1", "1e99", True, [], "ten"])
def test_it_refuses_an_amount_that_cannot_be_one(value):
    assert read_amount(value) is None


@pytest.mark.parametrize(("value", "expected"), [("3.5", "3.5"), (0, "0"), (0.1, "0.1"), (" 10 ", "10")])
def test_it_reads_an_amount_exactly(value, expected):
    assert read_amount(value) == Decimal(expected)


def test_it_reads_how_long_to_wait_from_the_first_header_with_a_number():
    headers = {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "x-ratelimit-reset": "12"}

    assert read_retry_after(headers, "retry-after", "x-ratelimit-reset") == 12.0
    assert read_retry_after({}, "retry-after") is None


@pytest.mark.parametrize("value", [None, "", "file:///etc/passwd", "https://", "https://a b/", "http://[bad", 7])
def test_it_refuses_what_is_no_web_url(value):
    assert not is_web_url(value)


def test_a_reply_that_is_no_object_reads_as_an_empty_one():
    assert Reply(200, {}, ["x"]).object == {}


def test_a_task_id_is_no_longer_than_the_column_that_keeps_it():
    most = Generation._meta.get_field("provider_task_id").max_length

    assert read_task_id("a" * most) == "a" * most
    assert read_task_id("a" * (most + 1)) is None


@pytest.mark.parametrize("status", [408, 409, 424, 425, 499, 500, 502, 503, 504])
def test_an_answer_that_may_come_from_behind_the_door_is_never_certain(status):
    assert class_of_submit(status) is Uncertain
