"""The address that a provider fetches an input from: whole or in part, without a session, and gone when its time is."""

import pytest
from django.test import Client

from generations import lifecycle

BYTES = bytes(range(256)) * 20


@pytest.fixture
def address(portal, settings, tmp_path):
    settings.PUBLIC_URL = "https://kling.example"
    path = tmp_path / "copy"
    path.write_bytes(BYTES)
    return lifecycle.publish(path, "video/mp4", portal.team).removeprefix("https://kling.example")


@pytest.fixture
def provider():
    """Somebody without a session."""
    return Client()


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_a_provider_gets_the_copy_and_no_cookie(provider, address):
    answer = provider.get(address)

    assert answer.status_code == 200 and body(answer) == BYTES
    assert answer["Content-Type"] == "video/mp4" and answer["Content-Length"] == str(len(BYTES))
    assert answer["X-Content-Type-Options"] == "nosniff" and answer["Cache-Control"] == "no-store"
    assert answer["Content-Disposition"] == 'inline; filename="input.mp4"'
    assert not answer.cookies and "Cookie" not in answer.get("Vary", "")


def test_a_part_is_exactly_that_part(provider, address):
    answer = provider.get(address, headers={"Range": "bytes=100-199"})

    assert answer.status_code == 206 and body(answer) == BYTES[100:200]
    assert answer["Content-Range"] == f"bytes 100-199/{len(BYTES)}"


def test_a_part_beyond_the_end_is_416(provider, address):
    answer = provider.get(address, headers={"Range": f"bytes={len(BYTES)}-"})

    assert answer.status_code == 416 and answer["Content-Range"] == f"bytes */{len(BYTES)}"


def test_head_says_the_same_without_a_body(provider, address):
    answer = provider.head(address)

    assert answer.status_code == 200 and answer["Content-Length"] == str(len(BYTES)) and not body(answer)


def test_it_is_gone_when_its_time_is_over(provider, address, settings):
    settings.LIMITS = {**settings.LIMITS, "public_input_seconds": -1}

    assert provider.get(address).status_code == 404


def test_it_is_gone_when_the_copy_is(provider, address):
    from generations import media

    media.store.delete(lifecycle.find_public_input(address.split("/")[-2]).storage_key)

    assert provider.get(address).status_code == 404


@pytest.mark.parametrize("change", [lambda a: a[:-1] + "x", lambda a: a.replace("input.mp4", "input.html")])
def test_another_name_is_404(provider, address, change):
    assert provider.get(change(address)).status_code == 404


def test_a_changed_token_is_404(provider, address):
    _, _, token, name = address.split("/")

    for changed in (token[:-1] + ("A" if token[-1] != "A" else "B"), "x" + token[1:], "x", token + "=" * 500):
        assert provider.get(f"/inputs/{changed}/{name}").status_code == 404, changed


def test_nothing_is_posted_there(provider, address):
    assert provider.post(address).status_code == 405


def test_another_storage_is_streamed_and_not_signed_away(provider, address, monkeypatch):
    class Signing:
        def url(self, key):
            raise AssertionError("a provider may not follow a redirect")

    monkeypatch.setattr("generations.portal.files.default_storage", Signing())

    assert body(provider.get(address)) == BYTES
