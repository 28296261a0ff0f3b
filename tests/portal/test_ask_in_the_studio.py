"""A budget refuses a take in the studio, and one asks for more right there; what was composed stays."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from generations import ledger, lifecycle
from generations.choices import Role, Window
from generations.models import BudgetRequest
from tests.make import make_member, make_user
from tests.portal.conftest import HTMX, words
from tests.portal.forms import read_form, read_pieces


@pytest.fixture
def jonas(portal):
    return make_member(portal.team, Role.CREATOR, user=make_user(name="Jonas Weber"))


@pytest.fixture
def budget(portal, jonas):
    """Twenty credits for the project, which no take fits into."""
    return ledger.set_budget(
        team=portal.team,
        window=Window.LIFETIME,
        limit=Decimal(20),
        project=portal.project,
        owner=jonas.user,
        now=timezone.now(),
    )


@pytest.fixture
def tom(portal):
    return make_member(portal.team, Role.CREATOR, user=make_user(name="Tom Lindqvist"))


@pytest.fixture
def client(portal, tom):
    return portal.sign_in(tom)


@pytest.fixture
def form(portal, client, budget):
    return portal.form(client, prompt="A ferry turns")


def missing(form):
    return Decimal(form["quoted_credits"]) - 20


def ask(client, form, refused, headers=HTMX, **changes):
    fields = {**form, **read_pieces(refused), **changes, "do": "ask"}
    return client.post(reverse("portal:studio"), fields, headers=headers)


def test_the_refusal_names_the_limit_and_offers_to_ask(portal, client, form, budget):
    refused = portal.order(client, **form)

    assert refused.status_code == 402
    assert "The budget “The Last Ferry, in all” has 20 credits left" in words(refused)
    assert "It does not reset. Jonas Weber" in words(refused)
    sent = read_pieces(refused)
    assert sent["ask-budget"] == str(budget.public_id) and sent["ask-amount"] == f"{missing(form):.0f}"
    assert sent["ask-until"].startswith(f"{timezone.now() + timedelta(days=3):%Y-%m-%dT}")


def test_one_press_asks_and_the_draft_stays(portal, client, tom, form, budget):
    answer = ask(client, form, portal.order(client, **form), **{"ask-note": "The turn again."})

    row = BudgetRequest.objects.get()
    assert (row.amount, row.note, row.asked_by, row.budget) == (missing(form), "The turn again.", tom.user, budget)
    assert answer.status_code == 200 and "You asked for" in words(answer)
    assert read_pieces(answer)["idempotency_key"] == form["idempotency_key"] and not portal.takes.exists()


def test_without_a_script_the_whole_page_comes_back_with_the_draft(portal, client, form):
    refused = portal.order(client, headers={}, **form)
    assert refused.status_code == 402 and "Ask for more" in words(refused)
    page = client.post(reverse("portal:studio"), {**read_form(refused), "do": "ask"})

    assert page.status_code == 200 and "You asked for" in words(page)
    assert read_form(page)["prompt"] == "A ferry turns" and BudgetRequest.objects.count() == 1


def test_after_the_answer_the_same_form_makes_the_take(portal, client, jonas, form):
    answer = ask(client, form, portal.order(client, **form))
    lifecycle.decide_budget_request(request=BudgetRequest.objects.get(), by=jonas, approve=True, now=timezone.now())

    portal.order(client, **{**form, **read_pieces(answer)})

    assert portal.takes.get().recipe.prompt == "A ferry turns"


@pytest.mark.parametrize("amount", ["0", "-1", "", "1.0001"])
def test_a_wrong_amount_asks_for_nothing_and_stays_typed(portal, client, form, amount):
    answer = ask(client, form, portal.order(client, **form), **{"ask-amount": amount, "ask-note": "Kept"})

    assert answer.status_code == 422 and not BudgetRequest.objects.exists()
    assert "Your request was not sent" in words(answer) and read_pieces(answer)["ask-note"] == "Kept"


def test_whoever_has_asked_already_is_told_so(portal, client, form):
    ask(client, form, portal.order(client, **form))
    refused = portal.order(client, **form)

    assert "more already; it waits for an answer" in words(refused) and "ask-amount" not in read_pieces(refused)


def test_who_may_raise_it_need_not_ask(portal, budget):
    refused = portal.order(**portal.form(prompt="A ferry turns"))

    assert refused.status_code == 402 and "You may raise this budget yourself." in words(refused)
    assert "ask-amount" not in read_pieces(refused)


def test_a_budget_that_is_not_there_cannot_be_asked_for(portal, client, form):
    answer = ask(client, form, portal.order(client, **form), **{"ask-budget": str(portal.project.public_id)})

    assert answer.status_code == 422 and not BudgetRequest.objects.exists()
