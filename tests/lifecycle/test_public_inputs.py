"""Public addresses of inputs: only of stripped copies, hard to guess, and only for a while."""

import hashlib
import time
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings as site
from django.utils import timezone

from generations import lifecycle, media
from tests.make import make_team

BYTES = b"the stripped copy"


@pytest.fixture
def team(db, settings):
    settings.PUBLIC_URL = "https://kling.example"
    return make_team()


@pytest.fixture
def copy(tmp_path):
    path = tmp_path / "copy"
    path.write_bytes(BYTES)
    return path


def token_of(url):
    return url.split("/")[-2]


def sent_files():
    folder = Path(site.MEDIA_ROOT) / "sent"
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_copy_gets_an_address_that_names_it(team, copy):
    url = lifecycle.publish(copy, "video/mp4", team)

    assert url.startswith("https://kling.example/inputs/") and url.endswith("/input.mp4")
    found = lifecycle.find_public_input(token_of(url))
    assert (found.media_type, found.sha256) == ("video/mp4", hashlib.sha256(BYTES).hexdigest())
    assert found.storage_key.startswith(f"sent/{team.public_id.hex}/")
    assert media.store.local_path(found.storage_key).read_bytes() == BYTES


def test_publishing_twice_keeps_one_file(team, copy):
    before = len(sent_files())

    lifecycle.publish(copy, "audio/wav", team), lifecycle.publish(copy, "audio/wav", team)

    assert len(sent_files()) == before + 1


def test_without_a_public_address_nothing_is_stored(team, copy, settings):
    settings.PUBLIC_URL = ""
    before = sent_files()

    assert lifecycle.publish(copy, "video/mp4", team) == ""
    assert sent_files() == before


def test_it_ends_with_its_time(team, copy, settings, monkeypatch):
    token = token_of(lifecycle.publish(copy, "video/mp4", team))
    now = time.time()

    monkeypatch.setattr(time, "time", lambda: now + 24 * 3600 - 10)
    assert lifecycle.find_public_input(token) is not None
    monkeypatch.setattr(time, "time", lambda: now + 24 * 3600 + 10)
    assert lifecycle.find_public_input(token) is None


def test_what_we_did_not_sign_names_nothing(team, copy):
    token = token_of(lifecycle.publish(copy, "video/mp4", team))
    name, moment, signature = token.split(":")
    other = hashlib.sha256(b"another").hexdigest()
    bent = signature[:-1] + ("B" if signature.endswith("A") else "A")
    forged = ["", "x", name, f"{name}:{moment}:", f"{name}:{moment}:{bent}", f"{name}:9zzzzz:{signature}"]
    forged += [token.replace(hashlib.sha256(BYTES).hexdigest(), other), token + ":", "../" + token]

    assert [text for text in forged if lifecycle.find_public_input(text)] == []


def test_copies_go_a_day_after_their_last_address(team, copy, monkeypatch):
    old = lifecycle.find_public_input(token_of(lifecycle.publish(copy, "video/mp4", team)))
    begin, clock = timezone.now(), import_module("generations.lifecycle.sweep").timezone
    monkeypatch.setattr(clock, "now", lambda: begin + timedelta(hours=47))
    lifecycle.sweep()
    assert media.store.exists(old.storage_key)

    monkeypatch.setattr(clock, "now", lambda: begin + timedelta(hours=49))
    lifecycle.sweep()

    assert not media.store.exists(old.storage_key)
