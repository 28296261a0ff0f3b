"""The statement's filters, and the same lines as a file."""

import csv
import io
import zipfile
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone

from generations import ledger
from generations.choices import Role, Window
from generations.lifecycle import finish
from generations.models import Status
from tests.make import make_member, make_project, make_team
from tests.portal.conftest import words


def numbers(portal, **query):
    return [line.number for line in portal.client.get(reverse("portal:credits"), query).context["lines"]]


def takes(portal, **query):
    lines = portal.client.get(reverse("portal:credits"), query).context["lines"]
    return [line.take for line in lines]


def read(answer):
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def test_each_filter_narrows_and_they_combine(portal):
    ana = make_member(portal.team, Role.CREATOR)
    zebra = make_project(portal.team, name="Zebra")
    mine, hers = portal.take(project=zebra), portal.take(ana)
    finish(hers, to=Status.CANCELED, charged=Decimal(40), now=timezone.now(), failure_public="It ended.")

    assert takes(portal, kind="hold") == [hers, mine]
    assert takes(portal, person=str(ana.user.pk)) == [hers, hers]
    assert takes(portal, project=str(zebra.public_id)) == [mine]
    assert takes(portal, take=mine.name) == takes(portal, take=str(mine.number)) == [mine]
    assert takes(portal, person=str(ana.user.pk), kind="capture") == [hers]
    assert takes(portal, person=str(ana.user.pk), take=mine.name) == []
    assert takes(portal, kind="grant") == [None]


def test_the_movements_of_a_budget_are_on_the_statement(portal):
    facts = {"team": portal.team, "window": Window.MONTH, "limit": Decimal(500), "now": timezone.now()}
    budget = ledger.set_budget(**facts, project=portal.project)
    inside, _outside = portal.take(), portal.take(project=make_project(portal.team))

    assert takes(portal, budget=str(budget.public_id)) == [inside]


def test_what_an_address_does_not_know_does_not_filter(portal):
    portal.take()
    stranger, project = make_member(make_team()), make_project(make_team())
    strange = {"kind": "x", "person": "x", "project": "../x", "budget": "1", "before": "x"}

    assert numbers(portal, **strange) == numbers(portal)
    assert numbers(portal, person=str(stranger.user.pk), project=str(project.public_id)) == numbers(portal)


def test_a_take_that_is_not_there_is_said(portal):
    portal.take()

    for typed in ("T-9999999", "the ferry", "T-1\x00"):
        answer = portal.client.get(reverse("portal:credits"), {"take": typed})
        assert answer.status_code == 200 and "No entry matches" in words(answer)
        assert "There is no take" in words(answer)


def test_pages_keep_the_filter(portal, settings):
    settings.LIMITS = {**settings.LIMITS, "statement_page_size": 2}
    for _ in range(3):
        portal.take()

    page = portal.client.get(reverse("portal:credits"), {"kind": "hold"})
    older = portal.client.get(reverse("portal:credits") + page.context["pages"].older)

    assert "kind=hold" in page.context["pages"].older
    assert [line.kind for line in older.context["lines"]] == ["hold"] and not older.context["pages"].older


def test_an_entry_has_an_address_of_its_own(portal, settings):
    settings.LIMITS = {**settings.LIMITS, "statement_page_size": 2}
    first = numbers(portal)[0]
    for _ in range(4):
        portal.take()

    page = portal.client.get(reverse("portal:credits"), {"before": str(first + 1)})

    assert f'id="entry-{first}"' in page.content.decode()


def test_the_file_has_the_filtered_lines_whole(portal):
    take = portal.take()
    finish(take, to=Status.CANCELED, charged=Decimal("40.5"), now=timezone.now(), failure_public="It ended.")
    portal.take()

    answer = portal.client.get(reverse("portal:statement_csv"), {"take": take.name})
    rows = read(answer)

    assert answer.streaming and answer["Content-Type"].startswith("text/csv")
    assert f"statement-{portal.team.slug}-" in answer["Content-Disposition"]
    assert [row["Kind"] for row in rows] == ["Capture", "Hold"]
    assert {row["Take"] for row in rows} == {take.name} and rows[0]["Project"] == "The Last Ferry"
    assert [Decimal(rows[0][name]) for name in ("Available", "Held", "Spent")] == [
        Decimal("99.5"),
        -140,
        Decimal("40.5"),
    ]
    assert rows[1]["Person"] == str(portal.owner.user)


def test_a_long_statement_is_read_in_pieces(portal, monkeypatch):
    monkeypatch.setattr("generations.portal.books.statement_file._AT_ONCE", 2)
    for _ in range(4):
        portal.take()

    rows = read(portal.client.get(reverse("portal:statement_csv")))

    assert [int(row["Entry"]) for row in rows] == numbers(portal)


def test_text_that_a_spreadsheet_would_run_is_disarmed(portal):
    ledger.grant(
        team=portal.team, amount=Decimal(5), key="f", now=timezone.now(), reason='=HYPERLINK("http://x.example")'
    )
    portal.project.name = "@SUM(A1)"
    portal.project.save()
    portal.take()

    hold, gift, *_rest = read(portal.client.get(reverse("portal:statement_csv")))

    assert gift["What happened"].startswith("'=HYPERLINK") and hold["Project"] == "'@SUM(A1)"
    assert Decimal(hold["Available"]) == -140  # a number is a number


def test_the_sheet_is_a_workbook_with_the_same_lines(portal):
    take = portal.take()

    answer = portal.client.get(reverse("portal:statement_xlsx"))

    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        said = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    assert take.name in said and "Available after" in said


def test_the_files_are_for_who_may_see_credits(portal, stranger):
    for name in ("statement_csv", "statement_xlsx"):
        assert portal.as_a(Role.VIEWER).get(reverse(f"portal:{name}")).status_code == 403
    portal.take()
    assert read(stranger.get(reverse("portal:statement_csv"))) == []


def test_a_statement_that_is_too_long_for_a_sheet_says_so_and_keeps_its_filters(portal, monkeypatch):
    monkeypatch.setattr("generations.reports.export._SHEET_ROWS", 2)
    for _ in range(2):
        portal.take()

    answer = portal.client.get(reverse("portal:statement_xlsx"), {"kind": "hold"}, follow=True)

    assert answer.redirect_chain == [(f"{reverse('portal:credits')}?kind=hold#statement", 302)]
    assert "An XLSX sheet takes 1 rows, and this has more." in answer.content.decode()
