"""Takes that await approval: what the card, the take's page and the inbox say, and what their buttons do."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from generations import ledger
from generations.choices import Role, Window
from generations.models import Approval, Status
from tests.make import make_member, make_user
from tests.portal.conftest import words


@pytest.fixture
def tom(portal):
    return make_member(portal.team, Role.CREATOR, user=make_user(name="Tom Lindqvist"))


@pytest.fixture
def take(portal, tom):
    """Tom's take of 140 credits, in a project where takes above 100 wait."""
    portal.project.approval_above_credits = Decimal(100)
    portal.project.save()
    return portal.take(tom)


def decide(portal, member, take, **fields):
    address = reverse("portal:approval", args=[take.public_id])
    return portal.sign_in(member).post(address, fields, follow=True)


def test_the_card_says_why_until_when_and_who(portal, tom, take):
    page = words(portal.sign_in(tom).get(reverse("portal:studio")))

    assert "Waiting for approval" in page and "Takes above 100 credits wait for approval in this project" in page
    assert f"{portal.owner.user} can approve it until" in page
    assert "Cancel, 140 back" in page and "Decide" not in page


def test_who_may_approve_finds_the_buttons_on_the_takes_page(portal, tom, take):
    address = reverse("portal:take", args=[take.public_id])

    assert "Approve for 140" in words(portal.client.get(address))
    assert "Approve for 140" not in words(portal.sign_in(tom).get(address))
    assert "Decide T-" in words(portal.client.get(reverse("portal:studio")))


def test_the_inbox_says_what_it_costs_and_what_is_left(portal, take):
    ledger.set_budget(
        team=portal.team, window=Window.WEEK, limit=Decimal(500), project=portal.project, now=timezone.now()
    )
    page = words(portal.client.get(reverse("portal:requests")))

    assert f"Tom Lindqvist wants to make {take.name} for 140 credits" in page
    assert "Why it waits Takes above 100 credits" in page and "Hero, 5 s, 16:9" in page
    assert "The Last Ferry, per week: 500 left with this take held" in page


def test_without_a_budget_it_draws_on_the_team(portal, take):
    page = words(portal.client.get(reverse("portal:requests")))

    assert f"Drawn from the credits of {portal.team.name}; no budget applies" in page


def test_approving_puts_it_in_line(portal, take):
    page = decide(portal, portal.owner, take, do="approve", note="Go.")

    take.refresh_from_db()
    assert take.status == Status.QUEUED and take.approval.note == "Go."
    assert f"{take.name} was approved and is in line." in words(page)


def test_declining_returns_the_credits(portal, take):
    page = decide(portal, portal.owner, take, do="decline", note="Try a draft.", back="take")

    take.refresh_from_db()
    assert take.status == Status.CANCELED and ledger.balances(portal.team).available == 1000
    assert f"{take.name} was declined, and 140 credits went back." in words(page)
    assert page.redirect_chain[-1][0] == reverse("portal:take", args=[take.public_id])


def test_the_owner_of_a_budget_that_it_counts_in_may_approve(portal, tom, take):
    jonas = make_member(portal.team, Role.CREATOR)
    assert decide(portal, jonas, take, do="approve").status_code == 403
    ledger.set_budget(
        team=portal.team,
        window=Window.WEEK,
        limit=Decimal(500),
        project=portal.project,
        owner=jonas.user,
        now=timezone.now(),
    )

    assert f"wants to make {take.name}" in words(portal.sign_in(jonas).get(reverse("portal:requests")))
    assert decide(portal, jonas, take, do="approve").status_code == 200
    take.refresh_from_db()
    assert take.status == Status.QUEUED


def test_the_second_of_two_reads_who_was_first(portal, take):
    decide(portal, portal.owner, take, do="decline")
    other = make_member(portal.team, Role.BUDGET_ADMIN)
    page = decide(portal, other, take, do="approve")

    assert f"{take.name} was declined already, by {portal.owner.user}" in words(page)
    assert Approval.objects.get().outcome == Approval.Outcome.DECLINED


def test_a_note_that_is_too_long_stays_typed(portal, take):
    page = decide(portal, portal.owner, take, do="decline", note="x" * 501)

    assert page.status_code == 422 and "It has 501 characters; 500 is the most." in words(page)
    assert "x" * 501 in page.content.decode()
    take.refresh_from_db()
    assert take.status == Status.AWAITING_APPROVAL


def test_other_teams_and_unknown_buttons_do_nothing(portal, take, stranger):
    assert stranger.post(reverse("portal:approval", args=[take.public_id]), {"do": "approve"}).status_code == 404
    assert decide(portal, portal.owner, take, do="burn").status_code == 404
    take.refresh_from_db()
    assert take.status == Status.AWAITING_APPROVAL


def test_the_side_bar_counts_it_for_who_may_approve(portal, tom, take):
    assert "Requests 1 wait for your answer" in words(portal.client.get(reverse("portal:library")))
    assert "wait for your answer" not in words(portal.sign_in(tom).get(reverse("portal:library")))


def test_many_that_wait_are_not_more_queries(portal, tom, take, django_assert_max_num_queries):
    address = reverse("portal:requests")
    portal.client.get(address)
    with django_assert_max_num_queries(60) as few:
        portal.client.get(address)
    for _ in range(4):
        portal.take(tom)

    with django_assert_max_num_queries(len(few)):
        portal.client.get(address)
