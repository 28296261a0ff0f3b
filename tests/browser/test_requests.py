"""Refused, asked, answered by the link in a mail, generated; and every page of requests in both themes and widths."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from generations import ledger, lifecycle
from generations.choices import Role, Window
from generations.models import BudgetRequest, Mail, Status
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_pages import WIDER, serious
from tests.make import PASSWORD, make_generation, make_member, make_user

pytestmark = pytest.mark.browser
PROMPT = "A ferry turns in the harbour"


@pytest.fixture
def tom(house):
    return make_member(house.team, Role.CREATOR, user=make_user("tom@example.com", name="Tom Lindqvist"))


@pytest.fixture
def budget(house):
    """Twenty credits a week for the project; Jonas owns it and answers."""
    jonas = make_member(house.team, Role.CREATOR, user=make_user("jonas@example.com", name="Jonas Weber"))
    return ledger.set_budget(
        team=house.team,
        window=Window.WEEK,
        limit=Decimal(20),
        project=house.project,
        owner=jonas.user,
        now=timezone.now(),
    )


def sign_in(house, email, path="/studio/", **facts):
    page = house.open(f"/accounts/login/?next={path}", signed_in=False, **facts)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{path}")
    return page


def refused(house, **facts):
    """Tom's studio after the budget has refused his take."""
    house.handled = ("htmx:afterRequest", "htmx:sendAbort")
    page = sign_in(house, "tom@example.com", "/studio/?prompt=x", **facts)
    with page.expect_response("**/studio/quote/"):
        page.locator("#prompt").fill(PROMPT)
    page.locator("#generate:not([aria-disabled])").wait_for()
    page.locator("#generate").click()
    page.get_by_role("group", name="Ask for more").wait_for()
    return page


def link_to(user):
    """The path of the link in the newest mail to somebody."""
    return re.search(r"/r/\S+/", Mail.objects.filter(to=user).latest("pk").text)[0]


def test_from_the_refusal_to_the_take_by_the_link_in_a_mail(house, tom, budget):
    page = refused(house)
    expect(page.locator("#quote")).to_contain_text("The budget “The Last Ferry, per week” has 20 credits left")
    page.get_by_label("What it is for").fill("The turn, once more.")
    page.get_by_role("button", name="Ask for more").click()
    expect(page.locator("#quote")).to_contain_text("You asked for")
    assert page.locator("#prompt").input_value() == PROMPT and not house.takes.exists()

    mail = house.open(link_to(budget.owner), signed_in=False)
    expect(mail.locator("main")).to_contain_text("You answer as Jonas Weber for Northlight.")
    expect(mail.locator("main")).to_contain_text("“The turn, once more.”")
    assert BudgetRequest.objects.get().status == BudgetRequest.Status.OPEN
    mail.get_by_role("button", name="Approve").first.click()
    expect(mail.get_by_role("heading", name="Approved")).to_be_visible()

    page.locator("#generate").click()
    page.locator("#takes .take").wait_for()
    assert house.takes.get().recipe.prompt == PROMPT
    mail.goto(house.address + link_to(budget.owner))
    expect(mail.locator("main")).to_contain_text("Jonas Weber approved this request")


def test_enter_in_the_amount_asks_and_orders_nothing(house, tom, budget):
    page = refused(house)
    page.get_by_label("Credits more").fill("333")
    page.get_by_label("Credits more").press("Enter")
    expect(page.locator("#quote")).to_contain_text("You asked for 333 credits more")

    assert BudgetRequest.objects.get().amount == 333 and not house.takes.exists()


def test_another_amount_is_given_in_the_inbox(house, tom, budget):
    ask(tom, budget)
    page = house.open("/requests/")
    page.get_by_text("Other amount").click()
    page.get_by_label("Credits", exact=True).fill("120")
    page.get_by_role("button", name="Approve this amount").click()
    expect(page.locator("main")).to_contain_text("The Last Ferry has 120 credits more until")

    assert ledger.current_period(budget).limit == 140


def test_a_take_that_waits_is_approved_on_its_page(house, tom):
    take = waiting(house, tom)
    page = house.open(reverse("portal:take", args=[take.public_id]))
    page.get_by_text("Approve with a note").click()
    page.get_by_label("A note to Tom Lindqvist").first.fill("Go ahead.")
    page.get_by_role("button", name="Approve it").click()
    expect(page.locator("main")).to_contain_text(f"{take.name} was approved and is in line.")

    take.refresh_from_db()
    assert take.status == Status.QUEUED and take.approval.note == "Go ahead."


def ask(tom, budget):
    now = timezone.now()
    return lifecycle.ask_for_budget(
        member=tom,
        budget=budget,
        amount=Decimal(300),
        until=min(now + timedelta(hours=20), ledger.current_period(budget).ends_at),
        note="Client wants the turn slower. Two hero takes should do it.",
        now=now,
    )


def waiting(house, tom):
    house.project.approval_above_credits = Decimal(100)
    house.project.approval_tiers = ["master"]
    house.project.save()
    return make_generation(tom, project=house.project)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_of_requests(house, tom, size, theme):
    take = waiting(house, tom)
    jonas = make_member(house.team, Role.CREATOR, user=make_user("jonas@example.com", name="Jonas Weber"))
    budget = ledger.set_budget(
        team=house.team,
        window=Window.WEEK,
        limit=Decimal(20),
        project=house.project,
        owner=jonas.user,
        now=timezone.now(),
    )
    old = ask(tom, budget)
    lifecycle.decide_budget_request(request=old, by=jonas, approve=False, now=timezone.now(), answer="Drafts first.")
    asked = ask(tom, budget)
    page = house.open("/requests/", size=size, theme=theme)
    problems = look(page, "/requests/")
    page.get_by_text("Other amount").click()
    problems += look(page, "other amount")
    for path in (
        f"/requests/new/?budget={budget.public_id}&amount=80",
        f"/takes/{take.public_id}/",
        f"/projects/{house.project.public_id}/edit/",
        link_to(jonas.user),
        "/r/not-a-link/",
    ):
        page.goto(house.address + path)
        problems += look(page, path)
    lifecycle.withdraw_budget_request(request=asked, by=tom, now=timezone.now())
    page = refused(house, size=size, theme=theme)
    page.wait_for_timeout(700)  # a price that was asked for before the press may still come
    problems += look(page, "refused")
    assert page.get_by_role("group", name="Ask for more").is_visible()

    assert problems == []


def look(page, name):
    """What is wrong with a page as it is shown now."""
    if (wider := page.evaluate(WIDER)) > 0:
        return [f"{name} is {wider} px wider than the screen"]
    return [f"{name} {problem}" for problem in serious(page)]
