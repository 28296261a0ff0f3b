"""The inbox, asking for more, and the page behind a link in a mail."""

import io
import logging
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from generations import ledger, lifecycle
from generations.choices import Role, Window
from generations.models import BudgetRaise, BudgetRequest, Mail
from tests.make import make_member, make_user
from tests.portal.conftest import words

Status = BudgetRequest.Status


@pytest.fixture
def jonas(portal):
    """Owns the project's budget, and may do nothing else with budgets."""
    return make_member(portal.team, Role.CREATOR, user=make_user(name="Jonas Weber"))


@pytest.fixture
def tom(portal):
    return make_member(portal.team, Role.CREATOR, user=make_user(name="Tom Lindqvist"))


@pytest.fixture
def budget(portal, jonas):
    return ledger.set_budget(
        team=portal.team,
        window=Window.LIFETIME,
        limit=Decimal(200),
        now=timezone.now(),
        project=portal.project,
        owner=jonas.user,
    )


@pytest.fixture
def asked(tom, budget):
    """Tom asks for 300 more for two days."""
    now = timezone.now()
    return lifecycle.ask_for_budget(
        member=tom, budget=budget, amount=Decimal(300), until=now + timedelta(days=2), note="The turn again.", now=now
    )


def answer(portal, member, asked, **fields):
    fields = {name if name == "do" else f"r{asked.pk}-{name}": value for name, value in fields.items()}
    return portal.sign_in(member).post(reverse("portal:request_decide", args=[asked.public_id]), fields, follow=True)


def limit_of(budget):
    return ledger.current_period(budget).limit


def test_the_inbox_says_everything_that_a_decision_needs(portal, tom, jonas, budget, asked):
    portal.take(tom)
    page = words(portal.sign_in(jonas).get(reverse("portal:requests")))

    assert "Tom Lindqvist asks for 300 more for The Last Ferry until" in page
    assert "“The turn again.”" in page
    assert "140 of 200 used in all, 1 take, 0 approved" in page
    assert "After approval 500 , back to 200 on" in page
    assert f"{portal.team.name}: 860 left, 560 once all of it is used" in page


def test_a_budget_that_encloses_another_is_shown_with_what_would_be_left(portal, tom, jonas, budget, asked):
    whole = ledger.set_budget(team=portal.team, window=Window.MONTH, limit=Decimal(250), now=timezone.now())
    page = words(portal.sign_in(jonas).get(reverse("portal:requests")))

    assert f"{whole}: 250 left, −50 once all of it is used" in page


def test_approving_raises_the_limit_until_then(portal, jonas, budget, asked):
    page = answer(portal, jonas, asked, do="approve")

    made = BudgetRaise.objects.get()
    assert (made.amount, made.ends_at, made.request) == (300, asked.until, asked)
    assert limit_of(budget) == 500
    assert "The Last Ferry has 300 credits more until" in words(page)


def test_another_amount_and_time_can_be_given(portal, jonas, budget, asked):
    until = timezone.now() + timedelta(days=1)
    given = {"amount": "1,120.5", "until": f"{until:%Y-%m-%dT%H:%M}"}
    answer(portal, jonas, asked, do="approve", answer="That will do.", **given)

    asked.refresh_from_db()
    assert limit_of(budget) == Decimal("1320.5")
    assert asked.decided_until == until.replace(second=0, microsecond=0) and asked.answer == "That will do."


def test_a_time_is_read_where_the_team_is(portal, jonas, budget, asked):
    portal.team.time_zone = "Asia/Tokyo"
    portal.team.save()
    day = timezone.now() + timedelta(days=2)
    answer(portal, jonas, asked, do="approve", amount="1", until=f"{day:%Y-%m-%d}T09:00")

    asked.refresh_from_db()
    assert asked.decided_until.isoformat() == f"{day:%Y-%m-%d}T00:00:00+00:00"


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("0", "An amount of credits must be greater than 0"),
        ("-5", "An amount of credits must be greater than 0"),
        ("1.0005", "An amount of credits has at most three decimal places."),
        ("9999999999", "at most 999,999,999.999"),
        ("1,00", "Write the credits as a number"),
        ("many", "Write the credits as a number"),
        ("NaN", "Write the credits as a number"),
        ("1e999999", "at most 999,999,999.999"),
    ],
)
def test_an_amount_that_cannot_be_is_refused_and_nothing_changes(portal, jonas, budget, asked, amount, sentence):
    page = answer(portal, jonas, asked, do="approve", amount=amount, answer="Kept words")

    assert page.status_code == 422 and sentence in words(page) and "Kept words" in page.content.decode()
    assert limit_of(budget) == 200 and not BudgetRaise.objects.exists()


@pytest.mark.parametrize("until", ["2001-01-01T00:00", "9999-12-31T23:59", "0001-01-01T00:00", "soon"])
def test_a_time_that_cannot_be_is_refused(portal, jonas, budget, asked, until):
    page = answer(portal, jonas, asked, do="approve", amount="5", until=until)

    assert page.status_code == 422 and 'aria-invalid="true"' in page.content.decode()
    assert limit_of(budget) == 200


def test_declining_tells_why(portal, jonas, tom, budget, asked):
    answer(portal, jonas, asked, do="decline", answer="Use the draft tier first.")
    page = words(portal.sign_in(tom).get(reverse("portal:requests")))

    assert limit_of(budget) == 200
    assert "Declined “Use the draft tier first.”" in page and "Jonas Weber" in page


def test_the_second_of_two_who_answer_reads_who_was_first(portal, jonas, budget, asked):
    answer(portal, jonas, asked, do="decline")
    page = answer(portal, portal.owner, asked, do="approve")

    assert "Jonas Weber declined this request" in words(page)
    assert limit_of(budget) == 200


def test_who_asked_cannot_answer_and_can_withdraw(portal, tom, budget, asked):
    assert answer(portal, tom, asked, do="approve").status_code == 403
    assert "What you asked for 300 more for The Last Ferry" in words(
        portal.sign_in(tom).get(reverse("portal:requests"))
    )

    portal.sign_in(tom).post(reverse("portal:request_withdraw", args=[asked.public_id]))
    asked.refresh_from_db()
    assert asked.status == Status.WITHDRAWN and limit_of(budget) == 200


def test_a_request_of_another_team_does_not_exist(asked, stranger):
    for name in ("request_decide", "request_withdraw"):
        address = reverse(f"portal:{name}", args=[asked.public_id])
        assert stranger.post(address, {"do": "approve"}).status_code == 404


def test_the_side_bar_counts_what_waits(portal, jonas, tom, budget, asked, viewer):
    studio = reverse("portal:studio")

    assert "Requests 1 wait for your answer" in words(portal.sign_in(jonas).get(studio))
    assert "wait for your answer" not in words(portal.sign_in(tom).get(studio))
    assert reverse("portal:requests") not in viewer.get(studio).content.decode()


def test_an_empty_inbox_says_what_would_be_there(portal):
    page = words(portal.client.get(reverse("portal:requests")))

    assert "Nothing waits for you" in page and "Nothing has been asked and answered yet." in page


def test_answered_requests_are_paged(portal, tom, jonas, budget, settings):
    settings.LIMITS = {**settings.LIMITS, "library_page_size": 2}
    for number in (11, 12, 13):
        row = lifecycle.ask_for_budget(
            member=tom, budget=budget, amount=Decimal(number), until=None, note="", now=timezone.now()
        )
        lifecycle.decide_budget_request(request=row, by=jonas, approve=False, now=timezone.now())
    pages = [words(portal.client.get(reverse("portal:requests"), {"page": page})) for page in (1, 2)]

    assert "1 to 2 of 3" in pages[0] and " 13 Declined" in pages[0] and " 11 Declined" in pages[1]


class TestAskingForMore:
    def test_the_form_begins_with_what_the_address_says(self, portal, tom, budget):
        response = portal.sign_in(tom).get(
            reverse("portal:request_new"), {"budget": str(budget.public_id), "amount": "80.2"}
        )
        page = response.content.decode()

        assert 'value="81"' in page and f'value="{budget.public_id}" selected' in page
        assert "200 left of 200. It does not reset. Jonas Weber" in words(response)
        until = response.context["form"]["until"].value()
        assert until.startswith(f"{timezone.now() + timedelta(days=3):%Y-%m-%dT%H}")

    def test_in_a_window_it_is_asked_for_to_the_end_of_it(self, portal, tom):
        week = ledger.set_budget(team=portal.team, window=Window.WEEK, limit=Decimal(5), now=timezone.now())
        response = portal.sign_in(tom).get(reverse("portal:request_new"), {"budget": str(week.public_id)})

        ends_at = ledger.current_period(week).ends_at
        assert response.context["form"]["until"].value() == f"{ends_at:%Y-%m-%dT%H:%M}"

    def test_sending_it_opens_a_request_and_mails_who_can_answer(self, portal, tom, jonas, budget):
        fields = {"budget": budget.public_id, "amount": "300", "until": "", "note": "Two\r\nhero takes"}
        page = portal.sign_in(tom).post(reverse("portal:request_new"), fields, follow=True)

        row = BudgetRequest.objects.get()
        assert (row.amount, row.until, row.note, row.asked_by) == (300, None, "Two\nhero takes", tom.user)
        assert "You asked for 300 credits more in “The Last Ferry, in all”." in words(page)
        assert Mail.objects.filter(to=jonas.user).count() == 1

    @pytest.mark.parametrize("changed", [{"amount": ""}, {"amount": "0"}, {"budget": "x"}, {"note": "x" * 501}])
    def test_what_cannot_be_asked_stays_typed(self, portal, tom, budget, changed):
        fields = {"budget": budget.public_id, "amount": "300", "until": "", "note": "For the turn", **changed}
        page = portal.sign_in(tom).post(reverse("portal:request_new"), fields)

        assert page.status_code == 422 and not BudgetRequest.objects.exists()
        assert fields["note"] in page.content.decode() and 'aria-invalid="true"' in page.content.decode()

    def test_a_second_request_for_the_same_budget_says_that_one_waits(self, portal, tom, budget, asked):
        fields = {"budget": budget.public_id, "amount": "10", "until": "", "note": ""}
        page = portal.sign_in(tom).post(reverse("portal:request_new"), fields)

        assert page.status_code == 422 and "You have asked for 300 credits more" in words(page)

    def test_budgets_of_others_and_of_other_teams_are_not_to_be_chosen(self, portal, tom, jonas, stranger, budget):
        other = ledger.set_budget(
            team=portal.team, window=Window.DAY, limit=Decimal(5), member=jonas.user, now=timezone.now()
        )
        page = portal.sign_in(tom).get(reverse("portal:request_new"))
        assert str(budget.public_id) in page.content.decode() and str(other.public_id) not in page.content.decode()

        fields = {"budget": budget.public_id, "amount": "10", "until": "", "note": ""}
        assert stranger.post(reverse("portal:request_new"), fields).status_code == 422

    def test_who_makes_no_takes_asks_for_nothing(self, portal, viewer, budget):
        assert viewer.get(reverse("portal:request_new")).status_code == 403
        assert viewer.get(reverse("portal:requests")).status_code == 200


class TestByMail:
    @pytest.fixture
    def link(self, asked, jonas):
        return reverse("portal:request_by_mail", args=[lifecycle.decision_token(asked, jonas.user)])

    def test_looking_decides_nothing_and_says_who_answers(self, link, asked, budget):
        page = Client().get(link)

        assert page.status_code == 200 and "You answer as Jonas Weber for" in words(page)
        assert "Tom Lindqvist asks for 300 more for The Last Ferry" in words(page)
        asked.refresh_from_db()
        assert asked.status == Status.OPEN and limit_of(budget) == 200

    def test_neither_a_cache_nor_another_site_learns_the_address(self, link):
        page, gone = Client().get(link), Client().get(reverse("portal:request_by_mail", args=["no"]))

        for response in (page, gone):
            assert response["Cache-Control"] == "no-store, private"
            assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert page["Referrer-Policy"] == "same-origin" and gone["Referrer-Policy"] == "no-referrer"

    def test_the_button_answers_as_that_person(self, link, asked, budget, jonas):
        page = Client().post(link, {"do": "approve"})

        asked.refresh_from_db()
        assert page.status_code == 200 and "The Last Ferry has 300 credits more until" in words(page)
        assert (asked.status, asked.decided_by) == (Status.APPROVED, jonas.user) and limit_of(budget) == 500

    def test_a_link_answers_once(self, link, budget):
        Client().post(link, {"do": "approve"})
        for response in (Client().get(link), Client().post(link, {"do": "approve"})):
            assert response.status_code == 410
            assert "Jonas Weber approved this request" in words(response) and "Sign in" in words(response)
        assert limit_of(budget) == 500

    def test_a_form_from_elsewhere_is_refused(self, link, asked):
        assert Client(enforce_csrf_checks=True).post(link, {"do": "approve"}).status_code == 403
        asked.refresh_from_db()
        assert asked.status == Status.OPEN

    def test_a_wrong_amount_stays_on_the_page(self, link, asked, budget):
        page = Client().post(link, {"do": "approve", f"r{asked.pk}-amount": "-1"})

        assert page.status_code == 422 and "An amount of credits must be greater than 0" in words(page)
        assert limit_of(budget) == 200

    def test_a_button_that_is_not_there_does_nothing(self, link, asked):
        assert Client().post(link, {"do": "burn"}).status_code == 404

    def test_a_changed_link_is_told_from_an_old_one(self, link, asked):
        changed = Client().get(link[:-3] + "x/")
        BudgetRequest.objects.filter(pk=asked.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        old = Client().get(link)

        assert changed.status_code == 404 and "This link does not work" in words(changed)
        assert old.status_code == 410 and "expired" in words(old)

    def test_the_link_does_not_get_into_the_log(self, link, asked):
        said = io.StringIO()
        handler = logging.StreamHandler(said)
        names = settings.LOGGING["handlers"]["console"]["filters"]
        for name in names:
            handler.addFilter(import_string(settings.LOGGING["filters"][name]["()"])())
        logging.getLogger("django").addHandler(handler)
        try:
            Client().post(link, {"do": "approve", f"r{asked.pk}-amount": "-1"})
            Client(enforce_csrf_checks=True).post(link, {"do": "approve"})
        finally:
            logging.getLogger("django").removeHandler(handler)

        assert said.getvalue().count("/r/…/") == 2 and link not in said.getvalue()

    def test_a_link_does_not_outlive_the_right_to_answer(self, link, budget, portal):
        ledger.change_budget(
            budget, now=timezone.now(), limit=Decimal(200), soft_marks=[], rollover=Decimal(0), owner=portal.owner.user
        )
        response = Client().post(link, {"do": "approve"})

        assert response.status_code == 404 and "Jonas Weber may not answer" in words(response)
        assert limit_of(budget) == 200

    def test_somebody_else_who_is_signed_in_answers_as_the_links_person(self, link, portal, asked, jonas):
        portal.client.post(link, {"do": "decline"})

        asked.refresh_from_db()
        assert asked.decided_by == jonas.user
