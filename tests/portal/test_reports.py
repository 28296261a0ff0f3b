"""Reports: the overview, and a page for each report with its chart and the same figures as a table."""

import json
import re
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client

from generations import reports
from generations.choices import Role
from tests.make import make_project, make_team
from tests.portal.conftest import words
from tests.portal.reports_house import DAYS, House
from tests.reports.takes import NOON, Takes


@pytest.fixture
def house(db):
    return House().fill()


@pytest.fixture
def empty(db):
    return House()


def heads(response):
    """The headings of the first table, as (text, aria-sort, where they lead)."""
    found = re.findall(r"<th scope=\"col\"([^>]*)>(.*?)</th>", response.content.decode())
    return [
        (
            " ".join(re.sub(r"<[^>]*>", " ", inner).split()).strip(" ↑↓"),
            (re.search(r'aria-sort="(\w+)"', attributes) or [None, ""])[1],
            unescape((re.search(r'href="([^"]*)"', inner) or [None, ""])[1]),
        )
        for attributes, inner in found
    ]


def first_cells(response):
    return [
        unescape(re.sub(r"<[^>]*>", "", cell))
        for cell in re.findall(r"<th scope=\"row\".*?</th>", response.content.decode())
    ]


def figures(response, name="figures"):
    block = re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', response.content.decode())
    return json.loads(block[1])


def test_every_report_has_a_page(house):
    for slug, report in reports.REPORTS.items():
        response = house.see(slug)

        assert response.status_code == 200, slug
        assert str(report.title) in words(response)


def test_the_overview_has_the_headlines_and_every_part(house):
    response = house.see()

    text = words(response)
    assert "Spent 245.5" in text
    for part in ("Cost per approved second", "Approval rate by model", "Waste by reason", "Providers", "By member"):
        assert part in text
    assert "Compared with 29 October – 9 November 2025" in text
    assert "Ana Ruiz" in text and "Counted up to" in text


def test_the_overview_stacks_by_what_the_address_says(house):
    assert [series["label"] for series in figures(house.see(), "spend-figures")["series"]] == ["Hero", "Pro", "Draft"]

    by_project = figures(house.see(query=DAYS + "&by=project"), "spend-figures")

    assert [series["label"] for series in by_project["series"]] == ["The Last Ferry", "Aster autumn looks"]


def test_a_page_draws_the_figures_that_its_table_shows(house):
    response = house.see("spend", DAYS + "&by=tier")

    drawn = figures(response)
    assert drawn["kind"] == "bars" and drawn["stacked"] and len(drawn["labels"]) == 12
    assert sum(value for series in drawn["series"] for value in series["values"]) == 245.5
    assert "Together 140 70.5 35 245.5" in words(response)


def test_a_drawing_says_what_it_shows_to_who_does_not_see_it(house):
    page = house.see("spend").content.decode()

    [label] = re.findall(r'<canvas role="img" aria-label="([^"]*)"', page)
    assert label == "Credits spent per day. Together 245.5; the highest is 20 Nov with 210.5."


def test_rows_stand_as_the_address_says(house):
    by_name = house.see("keepers", DAYS + "&sort=name")
    by_spent = house.see("keepers", DAYS + "&sort=-spent")

    assert first_cells(by_name)[:2] == ["Aster autumn looks", "The Last Ferry"]
    assert first_cells(by_spent)[:2] == ["The Last Ferry", "Aster autumn looks"]
    assert ("Project", "ascending") in [head[:2] for head in heads(by_name)]
    assert ("Spent", "descending") in [head[:2] for head in heads(by_spent)]


def test_a_second_press_turns_the_order_round(house):
    [spent] = [head for head in heads(house.see("keepers", DAYS + "&sort=-spent")) if head[0] == "Spent"]

    response = house.see("keepers", spent[2])

    assert ("Spent", "ascending") in [head[:2] for head in heads(response)]
    assert first_cells(response)[:2] == ["Aster autumn looks", "The Last Ferry"]


def test_what_is_unknown_stands_last_in_either_order(house):
    for sort in ("per_approved_second", "-per_approved_second"):
        assert first_cells(house.see("keepers", f"{DAYS}&sort={sort}"))[:2] == ["The Last Ferry", "Aster autumn looks"]


def test_an_order_that_is_not_there_is_the_reports_own(house):
    response = house.see("keepers", DAYS + "&sort=nothing")

    assert response.status_code == 200
    assert {head[1] for head in heads(response)} == {""}


def test_a_name_leads_to_its_own_figures(house):
    page = house.see("keepers").content.decode()
    [address] = [unescape(found) for found in re.findall(r'class="narrow" href="([^"]*)">The Last Ferry', page)]

    response = house.see("keepers", address)

    assert f"project={house.project.public_id}" in address
    assert first_cells(response) == ["The Last Ferry", "Together"]


def test_filters_of_the_address_are_chosen_in_the_form(house):
    page = house.see("spend", f"{DAYS}&project={house.project.public_id}&tier=master").content.decode()

    assert f'<option value="{house.project.public_id}" selected>The Last Ferry</option>' in page
    assert '<option value="master" selected>Hero</option>' in page
    assert 'name="from" form="sieve" value="2025-11-10"' in page


def test_a_report_shows_only_filters_that_it_heeds(house):
    page = house.see("lots").content.decode()

    assert '<select class="select pill' not in page and 'name="from"' not in page


def test_shots_can_be_chosen_where_there_is_a_project(house):
    assert "&amp;by=shot" not in house.see("keepers").content.decode()

    narrowed = house.see("keepers", f"{DAYS}&project={house.project.public_id}").content.decode()

    assert "&amp;by=shot" in narrowed


@pytest.mark.parametrize(
    "query", ["?from=yesterday", "?from=2025-11-20&to=2025-11-01", "?tier=golden", "?by=shot", "?by=moon", "?member=x"]
)
def test_an_address_that_cannot_be_read_says_why_and_shows_the_usual_days(house, query):
    response = house.see("keepers", query)

    assert response.status_code == 422
    assert "These are the usual days without filters." in words(response)
    assert 'role="alert"' in response.content.decode()


def test_the_overview_survives_such_an_address_too(house):
    assert house.see(query="?to=0000-00-00").status_code == 422


@pytest.mark.parametrize("query", ["?from=%00", "?project=%F0%28", "?tier=%00", "?sort=%00&by=%00", "?account=1"])
def test_strange_addresses_are_refused_not_tripped_over(house, query):
    assert house.see("spend", query).status_code == 422


def test_another_teams_project_does_not_exist(house):
    other = make_project(make_team())

    assert house.see("spend", f"?project={other.public_id}").status_code == 404


def test_there_are_no_reports_by_other_names(house):
    assert house.see("gossip").status_code == 404
    assert house.client.get("/reports/gossip.csv").status_code == 404


@pytest.mark.parametrize("role", [Role.CREATOR, Role.REVIEWER, Role.VIEWER])
def test_who_may_not_see_reports_is_told_whom_to_ask(house, role):
    client = house.as_a(role)

    for path in ("/reports/", "/reports/spend/", "/reports/spend.csv", "/reports/spend.xlsx"):
        response = client.get(path)
        assert response.status_code == 403, path
        assert "see reports. Ask Ana Ruiz." in words(response)
    assert 'href="/reports/"' not in client.get("/projects/").content.decode()


@pytest.mark.parametrize("role", [Role.OWNER, Role.BUDGET_ADMIN, Role.PRODUCER])
def test_who_may_see_reports_finds_them_in_the_navigation(house, role):
    client = house.as_a(role)

    assert 'href="/reports/"' in client.get("/projects/").content.decode()
    assert client.get("/reports/").status_code == 200


def test_nobody_signed_in_comes_to_the_sign_in_page(db):
    response = Client().get("/reports/spend.csv")

    assert response.status_code == 302 and "/accounts/login/" in response["Location"]


def test_another_teams_figures_are_not_in_mine(house):
    stranger = Takes(name="Elsewhere")
    client = house.sign_in(stranger.member)

    assert "245.5" not in words(house.see(client=client))
    assert "There is nothing to report yet" in words(house.see("spend", client=client))


def test_an_empty_team_is_told_what_will_be_there(empty):
    assert "There is nothing to report yet" in words(empty.see())
    for slug in ("spend", "keepers", "waste", "providers", "budgets"):
        response = empty.see(slug)
        assert response.status_code == 200 and "nothing to report yet" in words(response), slug


def test_filters_that_match_nothing_offer_to_show_everything(house):
    response = house.see("spend", f"{DAYS}&capability=lip_sync")

    assert "Nothing matches these filters" in words(response)
    assert 'href="/reports/spend/?from=2025-11-10&amp;to=2025-11-21"' in response.content.decode()


def test_rows_beyond_a_pages_are_in_the_files(house, settings):
    settings.LIMITS = {**settings.LIMITS, "report_rows": 1}

    response = house.see("keepers")

    assert first_cells(response) == ["The Last Ferry", "Together"]
    assert "1 more row is in the files; the first 1 are shown." in words(response)


def test_the_usual_days_are_one_press_each(house):
    page = house.see("spend", "?by=tier&step=day").content.decode()

    links = re.findall(r'<li><a href="([^"]*)"[^>]*>(Last 7 days|This month|Last 12 months)', page)
    for address, _label in links:
        assert house.see("spend", unescape(address)).status_code == 200
    assert len(links) == 3 and all("by=tier" in address and "step" not in address for address, _label in links)


def test_a_name_with_markup_stays_text(house):
    project = make_project(house.team, name="<script>alert(1)</script></script>")
    house.take("10", project=project, at=NOON)
    house.roll_up()

    page = house.see("spend", DAYS + "&by=project").content.decode()

    assert "<script>alert" not in page
    assert "<script>alert(1)</script></script>" in [
        series["label"] for series in figures(house.see("spend", DAYS + "&by=project"))["series"]
    ]


def test_no_such_account_is_no_such_page(house):
    assert house.see("spend", f"?account={uuid4()}").status_code == 404
