"""`seed_demo`: a team to try with, made once, with a password that is shown once."""

import io
import re

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command

from generations import access, catalog, ledger
from generations.choices import Provider, Role
from generations.management.commands.seed_demo import CREDITS, PEOPLE, SIGN_IN
from generations.models import AuditEvent, Membership, PriceRule, Project, ProviderAccount, Team, User
from tests.road import differences

pytestmark = pytest.mark.django_db


def seed(*arguments):
    out = io.StringIO()
    call_command("seed_demo", *arguments, stdout=out)
    return out.getvalue()


def password_in(text):
    found = re.search(r"with the password (\S+) \(shown once\)", text)
    return found[1] if found else None


def counts():
    models = (Team, User, Membership, Project, ProviderAccount, PriceRule, AuditEvent)
    return [model.objects.count() for model in models]


def test_it_makes_a_team_that_can_make_a_take_at_once(settings):
    settings.SANDBOX_ORIGIN = "http://127.0.0.1:8100"

    seed()

    member = access.get_member(User.objects.get(email=SIGN_IN), "demo")
    assert access.projects_for(member).count() == 1
    accounts = access.accounts_for(member)
    assert {account.provider for account in accounts} == set(Provider)
    assert all(account.is_sandbox and account.origin == settings.SANDBOX_ORIGIN for account in accounts)
    assert all(account.get_credentials() for account in accounts)
    assert ledger.balances(member.team).available == CREDITS
    assert differences() == []
    shots = access.shots_for(member)
    assert [shot.code for shot in shots] == ["SH010", "SH040"]
    call_command("make_take", "--prompt", "A ferry", "--shot", "SH040", stdout=io.StringIO())
    assert shots[1].generations.count() == 1


def test_a_site_from_before_a_provider_was_known_gets_its_sandbox_account_and_keeps_the_others():
    seed()
    kept = set(ProviderAccount.objects.exclude(provider="wavespeed").values_list("pk", flat=True))
    ProviderAccount.objects.filter(provider="wavespeed").delete()

    seed()

    assert set(ProviderAccount.objects.values_list("provider", flat=True)) == set(Provider)
    assert kept < set(ProviderAccount.objects.values_list("pk", flat=True))


def test_its_people_have_every_role():
    seed()

    roles = {role for membership in Membership.objects.all() for role in membership.roles}
    assert roles == set(Role)
    assert Membership.objects.count() == len(PEOPLE)
    assert [user.email for user in User.objects.filter(is_superuser=True)] == [SIGN_IN]


def test_the_password_is_shown_once_and_opens_the_door():
    first, second = seed(), seed()

    password = password_in(first)
    assert authenticate(email=SIGN_IN, password=password).email == SIGN_IN
    assert password not in second
    assert "--reset-password" in second


def test_a_second_time_changes_nothing():
    seed()
    before = counts()

    seed()

    assert counts() == before
    assert ledger.balances(Team.objects.get(slug="demo")).available == CREDITS


def test_a_reset_gives_everybody_a_new_password():
    old = password_in(seed())

    new = password_in(seed("--reset-password"))

    assert new != old
    for email, _name, _roles in PEOPLE:
        assert authenticate(email=email, password=new).email == email
        assert authenticate(email=email, password=old) is None


def test_a_reset_changes_nothing_else():
    seed()
    before = counts()

    seed("--reset-password")

    assert counts() == before


def test_a_reset_before_the_first_seed_seeds():
    assert password_in(seed("--reset-password"))

    assert Team.objects.filter(slug="demo").exists()


def test_prices_that_an_administrator_changed_stay():
    seed()
    rule = PriceRule.objects.exclude(amount=None).first()
    PriceRule.objects.filter(pk=rule.pk).update(amount=rule.amount * 2)

    seed()

    assert PriceRule.objects.get(pk=rule.pk).amount == rule.amount * 2


def test_prices_that_a_new_release_brings_are_added_and_the_others_stay():
    seed()
    new = PriceRule.objects.filter(model="kling-v3")
    count = PriceRule.objects.count()
    before = set(PriceRule.objects.exclude(model="kling-v3").values_list("pk", "amount"))
    new.delete()

    seed()

    assert PriceRule.objects.count() == count
    assert set(PriceRule.objects.exclude(model="kling-v3").values_list("pk", "amount")) == before


def test_every_price_of_the_catalog_is_seeded_with_its_variant_and_its_unit():
    seed()
    seeded = set(PriceRule.objects.values_list("provider", "model", "tier", "capability", "variant", "per", "amount"))

    assert seeded == {
        (
            row.provider.value,
            row.model,
            row.tier.value,
            row.capability.value if row.capability else "",
            row.variant.value if row.variant else "",
            row.per.value,
            None if row.amount == "unknown" else row.amount,
        )
        for row in catalog.load().prices
    }
    assert {row[4] for row in seeded} >= {"", "silent", "sound", "voice"}
    assert {row[5] for row in seeded} >= {"second", "five_seconds", "call", "image"}
