"""Addresses that nobody may guess, in what a provider says: it was given them, and everybody else reads its words."""

import uuid
from urllib.parse import quote

import pytest

from generations import lifecycle
from generations.lifecycle.accounts import callback_url
from generations.providers import redact
from tests.make import make_account, make_team


@pytest.fixture(autouse=True)
def public_url(settings):
    settings.PUBLIC_URL = "https://takes.example"


@pytest.fixture
def team(db):
    return make_team()


def as_it_is(address):
    return address


def as_json(address):
    return address.replace("/", r"\/")


def as_query(address):
    return quote(address, safe="")


@pytest.mark.parametrize("spelt", [as_it_is, as_json, as_query])
def test_the_address_of_an_input_is_not_repeated(team, tmp_path, spelt):
    path = tmp_path / "copy"
    path.write_bytes(b"a film")
    address = lifecycle.publish(path, "video/mp4", team)
    token = address.split("/")[-2]

    said = redact(f'{{"message": "Failed to fetch {spelt(address)} in 10 s"}}')

    assert team.public_id.hex not in said and token.rpartition(":")[2] not in said
    assert said.startswith('{"message": "Failed to fetch https') and said.endswith(' in 10 s"}')


@pytest.mark.parametrize("provider", ["fal", "kling", "wavespeed"])
@pytest.mark.parametrize("spelt", [as_it_is, as_json, as_query])
def test_the_address_of_a_webhook_is_not_repeated(team, provider, spelt):
    account = make_account(team, provider)
    address = callback_url(account, uuid.uuid4())

    said = redact(f'{{"message": "Not reachable: {spelt(address)}"}}')

    assert str(account.callback_token) not in said
    assert said.startswith('{"message": "Not reachable: ')


def test_words_about_inputs_and_callbacks_stay():
    text = "see /inputs/image_url and https://docs.example/callbacks/webhooks/verify for more"

    assert redact(text) == text
