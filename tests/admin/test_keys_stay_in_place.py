"""A stored key goes where it was given for: to lead an account elsewhere one must know its key."""

import pytest
from django.urls import reverse

from tests.make import make_account, make_team

SECRET = "gateway-key-0123456789"
HOME = "https://gateway.example/kling/v1"


def page(account):
    return reverse("admin:generations_provideraccount_change", args=[account.pk])


def form(account, **facts):
    base = {"label": account.label, "provider": account.provider, "region": "global", "max_running": "2"}
    base |= {"unit_price_usd": "0.14", "origin": account.origin, "base_url": account.base_url}
    return base | facts


@pytest.fixture
def account(db):
    credentials = {"key": SECRET}
    return make_account(make_team(), "gateway", sandbox=False, base_url=HOME, credentials=credentials)


@pytest.mark.parametrize(
    "place", [{"base_url": "https://elsewhere.example/v1"}, {"base_url": ""}, {"origin": "https://elsewhere.example"}]
)
def test_a_stored_key_does_not_go_along_to_another_place(cockpit, account, place):
    answer = cockpit.post(page(account), form(account, **place))

    assert "Enter the key again" in str(answer.context["errors"])
    account.refresh_from_db()
    assert (account.base_url, account.origin) == (HOME, "")


def test_with_its_key_an_account_may_move(cockpit, account):
    place = {"base_url": "https://elsewhere.example/v1", "credential_gateway_key": "another-key"}

    answer = cockpit.post(page(account), form(account, **place))

    account.refresh_from_db()
    assert answer.status_code == 302
    assert (account.base_url, account.get_credentials()) == (place["base_url"], {"key": "another-key"})


@pytest.mark.parametrize("facts", [{"max_running": "3"}, {"base_url": "https://gateway.example/kling/v2"}])
def test_what_leaves_the_host_as_it_is_needs_no_key(cockpit, account, facts):
    answer = cockpit.post(page(account), form(account, **facts))

    account.refresh_from_db()
    assert answer.status_code == 302
    assert account.get_credentials() == {"key": SECRET}
