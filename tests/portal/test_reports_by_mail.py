"""Asking for a report by e-mail, and stopping it: on the page, or by the link in the mail."""

import pytest
from django.test import Client

from generations import reports
from generations.choices import Role
from generations.models import ReportSubscription
from tests.make import make_member, make_team
from tests.portal.conftest import words
from tests.portal.reports_house import DAYS, House

WISH = {"cadence": "weekly", "hour": "8"}


@pytest.fixture
def house(db):
    return House().fill()


def ask(house, slug="spend", client=None, **fields):
    return (client or house.client).post(f"/reports/{slug}/subscribe/", {**WISH, **fields}, follow=True)


@pytest.fixture
def row(house):
    ask(house)
    return ReportSubscription.objects.get()


def link(row):
    return f"/reports/stop/{reports.stop_token(row)}/"


def test_a_report_is_asked_for_on_its_page(house):
    response = ask(house, **{"project": str(house.project.public_id), "from": "2025-11-10", "step": "day"})

    row = ReportSubscription.objects.get()
    assert (row.report, row.cadence, row.hour, row.is_active) == ("spend", "weekly", 8, True)
    assert row.params_json == {"project": str(house.project.public_id)}
    assert "“Spend over time” will be sent to" in words(response)
    assert "By e-mail to you" in words(response)
    assert f"project={house.project.public_id}" in response.request["QUERY_STRING"]


def test_asking_twice_is_one_mail_at_the_newer_hour(house):
    ask(house)
    ask(house, hour="17")

    assert ReportSubscription.objects.get().hour == 17


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"cadence": "hourly"}, "Choose every Monday or the first of every month."),
        ({"cadence": ""}, "Choose every Monday or the first of every month."),
        ({"hour": "24"}, "Choose an hour of the day."),
        ({"hour": "soon"}, "Choose an hour of the day."),
        ({"tier": "golden"}, "There is no such tier"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_with_a_sentence(house, fields, sentence):
    assert sentence in words(ask(house, **fields))
    assert not ReportSubscription.objects.exists()


def test_what_cannot_be_made_is_not_promised(house):
    assert "Shots belong to a project. Choose one to see them." in words(ask(house, slug="keepers", by="shot"))
    assert not ReportSubscription.objects.exists()


def test_there_is_a_limit_to_what_one_gets(house, settings):
    settings.LIMITS = {**settings.LIMITS, "report_subscriptions_per_member": 1}
    ask(house)

    assert "You get 1 reports by e-mail, and that is the limit." in words(ask(house, slug="waste"))
    assert ReportSubscription.objects.count() == 1


def test_who_may_not_see_reports_gets_none(house):
    assert ask(house, client=house.as_a(Role.CREATOR)).status_code == 403
    assert ask(house, slug="gossip").status_code == 404


def test_what_comes_by_mail_is_listed_and_can_be_stopped(house, row):
    assert "By e-mail to you" in words(house.see())

    response = house.client.post(f"/reports/by-mail/{row.public_id}/stop/", follow=True)

    assert "It will not be sent any more." in words(response)
    assert "By e-mail to you" not in words(response)
    row.refresh_from_db()
    assert not row.is_active


def test_nobody_stops_what_somebody_else_gets(house, row):
    for client in (house.as_a(Role.OWNER), house.sign_in(make_member(make_team()))):
        assert client.post(f"/reports/by-mail/{row.public_id}/stop/").status_code == 404
    assert house.client.get(f"/reports/by-mail/{row.public_id}/stop/").status_code == 405
    row.refresh_from_db()
    assert row.is_active


def test_looking_at_the_link_stops_nothing(row):
    response = Client().get(link(row))

    assert "Stop this report?" in words(response) and "Spend over time" in words(response)
    assert response["Cache-Control"] == "no-store, private"
    row.refresh_from_db()
    assert row.is_active


def test_one_press_behind_the_link_stops_it_without_signing_in(row):
    client = Client(enforce_csrf_checks=True)
    client.get(link(row))
    token = client.cookies["csrftoken"].value

    response = client.post(link(row), {"csrfmiddlewaretoken": token})

    assert "is not sent to" in words(response)
    row.refresh_from_db()
    assert not row.is_active
    assert "is not sent to" in words(Client().get(link(row)))


def test_a_forged_press_stops_nothing(row):
    assert Client(enforce_csrf_checks=True).post(link(row)).status_code == 403
    row.refresh_from_db()
    assert row.is_active


@pytest.mark.parametrize("change", [lambda token: token[:-1], lambda token: "x" + token, lambda token: "nonsense"])
def test_a_link_that_was_changed_does_not_work(row, change):
    response = Client().post(f"/reports/stop/{change(reports.stop_token(row))}/")

    assert response.status_code == 404 and "This link does not work" in words(response)
    row.refresh_from_db()
    assert row.is_active


def test_the_page_offers_it_with_its_filters(house):
    page = house.see("spend", f"{DAYS}&tier=master").content.decode()

    assert 'action="/reports/spend/subscribe/"' in page
    assert '<input type="hidden" name="tier" value="master">' in page
