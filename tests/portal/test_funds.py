"""Before an order the studio says which budget it draws on, what is left after it, and whether it would wait."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from generations import ledger
from generations.choices import Role, Window
from tests.make import make_member, make_user
from tests.portal.conftest import words

D = Decimal


@pytest.fixture
def ana(portal):
    member = make_member(portal.team, Role.CREATOR, user=make_user(name="Ana Ruiz"))
    return portal.sign_in(member), member


def limit(portal, credits, **facts):
    facts.setdefault("window", Window.LIFETIME)
    return ledger.set_budget(team=portal.team, limit=D(credits), now=timezone.now() - timedelta(minutes=1), **facts)


def priced(portal, client):
    """The quote's own words for a form with a prompt, and its price."""
    answer = portal.quote(client, **portal.form(client))
    return words(answer), answer.context["quote"]


def test_without_a_budget_it_draws_on_the_team(portal, ana):
    said, quote = priced(portal, ana[0])

    assert quote["funds"] is None
    assert f"From {portal.team.name} : 1,000 available" in said


def test_the_tightest_budget_is_named_with_what_is_left_after(portal, ana):
    limit(portal, 500)
    limit(portal, 300, project=portal.project)
    client, member = ana
    limit(portal, 400, member=member.user)

    said, quote = priced(portal, client)

    after = 300 - quote["credits"]
    assert (quote["funds"].name, quote["funds"].left, quote["funds"].after) == ("The Last Ferry", 300, after)
    assert f"From The Last Ferry : 300 left, {ledger.plain(after)} after this." in said


def test_a_budget_that_leaves_more_than_the_team_has_is_not_named(portal, ana):
    limit(portal, 5000)

    assert priced(portal, ana[0])[1]["funds"] is None


def test_a_budget_with_too_little_says_so_before_the_order_and_offers_to_ask(portal, ana):
    client, member = ana
    budget = limit(portal, 10, member=member.user, window=Window.MONTH)

    said, quote = priced(portal, client)

    assert "Your month has 10 credits left, which is not enough. It resets on" in said
    assert "can raise it. Ask for more" in said
    lacks = quote["credits"] - 10
    page = portal.quote(client, **portal.form(client)).content.decode()
    assert f"{reverse('portal:request_new')}?budget={budget.public_id}&amp;amount={lacks}" in page


def test_an_order_that_would_wait_says_so_to_its_maker_and_not_to_who_may_approve(portal, ana):
    portal.project.approval_above_credits = D(1)
    portal.project.save()

    said, quote = priced(portal, ana[0])

    assert quote["waits"].startswith("Takes above 1 credits wait for approval in this project; this one holds")
    assert quote["waits"] in said
    assert priced(portal, portal.client)[1]["waits"] == ""
