"""The files of a report: the same rows as its page, all of them, in the same order."""

import csv
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest

from generations.choices import Role
from tests.make import make_project, make_team
from tests.portal.reports_house import DAYS, House
from tests.reports.takes import NOON


@pytest.fixture
def house(db):
    return House().fill()


def rows(response):
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")))


def texts(response, part):
    import re

    return re.findall(r"<t[^>]*>([^<]*)</t>", ZipFile(BytesIO(response.content)).read(part).decode())


def test_the_csv_file_has_the_rows_of_the_page(house):
    response = house.client.get(f"/reports/keepers.csv{DAYS}&sort=name")

    head, *lines = rows(response)
    assert [line[0] for line in lines] == ["Aster autumn looks", "The Last Ferry"]
    assert head[0] == "Project" and "Approval rate (%)" in head
    spent = head.index("Spent")
    assert [line[spent] for line in lines] == ["70.500", "175.000"]


def test_the_csv_file_is_a_download_that_nobody_keeps(house):
    response = house.client.get(f"/reports/keepers.csv{DAYS}")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="keepers-northlight-20251110-20251121.csv"'
    assert response["Cache-Control"] == "no-store, private"


def test_the_files_have_every_row_however_short_the_page(house, settings):
    settings.LIMITS = {**settings.LIMITS, "report_rows": 1}

    assert len(rows(house.client.get(f"/reports/keepers.csv{DAYS}"))) == 3


def test_a_name_that_looks_like_a_formula_is_text_in_both_files(house):
    evil = '=HYPERLINK("http://evil.example","Ferry")'
    house.take("10", project=make_project(house.team, name=evil), at=NOON)
    house.roll_up()

    lines = rows(house.client.get(f"/reports/keepers.csv{DAYS}&sort=spent"))
    book = house.client.get(f"/reports/keepers.xlsx{DAYS}")

    assert lines[1][0] == f"'{evil}"
    assert b"<f>" not in ZipFile(BytesIO(book.content)).read("xl/worksheets/sheet1.xml")


def test_the_xlsx_file_says_what_was_counted(house):
    response = house.client.get(f"/reports/keepers.xlsx{DAYS}&project={house.project.public_id}")

    said = texts(response, "xl/worksheets/sheet2.xml")
    assert said[: said.index("Counted up to") + 1] == [
        *("Report", "Cost of what was kept", "Team", "Northlight"),
        *("Days", "10–21 November 2025", "Project", "The Last Ferry"),
        "Counted up to",
    ]
    assert response["Content-Disposition"] == 'attachment; filename="keepers-northlight-20251110-20251121.xlsx"'


@pytest.mark.parametrize("slug", ["spend", "keepers", "waste", "providers", "budgets", "lots"])
def test_every_report_has_both_files(house, slug):
    assert len(rows(house.client.get(f"/reports/{slug}.csv"))) >= 1
    assert house.client.get(f"/reports/{slug}.xlsx").status_code == 200


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_file_that_cannot_be_made_leads_to_the_page_that_says_why(house, ending):
    response = house.client.get(f"/reports/spend.{ending}?from=x&tier=master", follow=True)

    assert response.redirect_chain == [("/reports/spend/?from=x&tier=master", 302)]
    assert response.status_code == 422


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_another_team_gets_nothing_of_mine(house, ending):
    other = make_project(make_team())

    assert house.client.get(f"/reports/spend.{ending}?project={other.public_id}").status_code == 404
    assert house.as_a(Role.VIEWER).get(f"/reports/spend.{ending}").status_code == 403
