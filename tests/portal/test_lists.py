"""Library, projects and credits: what they list, what filters, and how few queries that takes."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from generations import ledger
from generations.choices import Role
from generations.lifecycle import finish
from generations.models import Project, Status
from tests.make import make_asset, make_project
from tests.portal.conftest import Portal, words


def library(portal, **query):
    return words(portal.client.get(reverse("portal:library"), query))


def end(take, to=Status.CANCELED, charged=0):
    finish(take, to=to, charged=Decimal(charged), now=timezone.now(), failure_public="It failed.", reason="rejected")


def test_the_library_has_every_take_newest_first(portal):
    takes = [portal.take() for _ in range(3)]

    said = library(portal)

    assert "3 takes" in said
    assert said.index(takes[2].name) < said.index(takes[1].name) < said.index(takes[0].name)


def test_it_filters_by_state_and_project(portal):
    other = make_project(portal.team, name="Zebra")
    running, ended, elsewhere = portal.take(), portal.take(), portal.take(project=other)
    end(ended)

    shown = {
        "open": library(portal, state="open"),
        "ended": library(portal, state="ended"),
        "zebra": library(portal, project=str(other.public_id)),
        "both": library(portal, project=str(other.public_id), state="ended"),
    }

    assert running.name in shown["open"] and ended.name not in shown["open"]
    assert ended.name in shown["ended"] and "1 take" in shown["ended"]
    assert elsewhere.name in shown["zebra"] and running.name not in shown["zebra"]
    assert "No take matches" in shown["both"]


def test_a_canceled_tile_has_its_word_and_every_tile_its_date(portal):
    end(portal.take())

    page = portal.client.get(reverse("portal:library")).content.decode()

    assert "<b>Canceled</b>" in page and page.count('data-show="date"') == 1


def test_it_has_pages(portal, settings):
    settings.LIMITS = {**settings.LIMITS, "library_page_size": 2}
    takes = [portal.take() for _ in range(5)]

    first, last = library(portal), library(portal, page="3", state="open")

    assert "1 to 2 of 5" in first and "Older" in first and "Newer" not in first
    assert takes[0].name in last and "5 to 5 of 5" in last
    assert takes[0].name in library(portal, page="99")


def test_an_empty_library_says_what_will_be_there(portal):
    assert "The library is empty" in library(portal)


def test_a_project_is_made_and_edited(portal):
    made = portal.client.post(reverse("portal:project_new"), {"name": "Night Bus", "brief": "30 s"})
    project = Project.objects.get(name="Night Bus")
    edit = reverse("portal:project_edit", args=[project.public_id])
    portal.client.post(edit, {"name": "Day Bus", "brief": "", "may_move_routes": "on"})
    assert Project.objects.get(pk=project.pk).may_move_routes
    assert 'id="id_may_move_routes" checked' in portal.client.get(edit).content.decode()
    portal.client.post(edit, {"name": "Day Bus", "brief": ""})
    assert not Project.objects.get(pk=project.pk).may_move_routes

    project.refresh_from_db()
    assert made.url == reverse("portal:project", args=[project.public_id])
    assert (project.name, project.brief, project.team) == ("Day Bus", "", portal.team)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": ""}, "A project needs a name."),
        ({"name": "The Last Ferry"}, "Your team has a project of this name already."),
        ({"name": "x" * 81}, "It has 81 characters; 80 is the most."),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
        ({"name": "Fine", "brief": "x" * 2001}, "It has 2001 characters; 2000 is the most."),
    ],
)
def test_a_project_that_cannot_be_is_refused_beside_its_field(portal, form, sentence):
    answer = portal.client.post(reverse("portal:project_new"), form)

    assert answer.status_code == 422 and sentence in words(answer)
    assert Project.objects.count() == 1


def test_a_creator_may_not_make_projects(portal):
    creator = portal.as_a(Role.CREATOR)

    assert creator.post(reverse("portal:project_new"), {"name": "Mine"}).status_code == 403
    assert "New project" not in words(creator.get(reverse("portal:projects")))


def test_a_project_shows_what_was_made_and_spent(portal):
    end(portal.take(), charged=100)
    portal.take()

    said = words(portal.client.get(reverse("portal:project", args=[portal.project.public_id])))
    listed = words(portal.client.get(reverse("portal:projects")))

    assert "Takes 2" in said and "Under way 1" in said and "Spent 100 credits" in said and "Held 140 credits" in said
    assert "2 takes" in listed and "1 under way" in listed and "100 spent" in listed


def test_a_reviewer_sees_projects_without_money(portal):
    end(portal.take(), charged=100)
    reviewer = portal.as_a(Role.REVIEWER)

    for address in (reverse("portal:projects"), reverse("portal:project", args=[portal.project.public_id])):
        assert "spent" not in words(reviewer.get(address)).lower()


def test_a_project_shows_its_three_newest_pictures(portal):
    for _ in range(5):
        blob = make_asset(portal.owner).blob
        make_asset(portal.owner, project=portal.project, poster=blob, generation=portal.take())

    assert portal.client.get(reverse("portal:projects")).content.decode().count("/poster/") == 3


def test_the_statement_has_every_side_of_every_movement(portal):
    take = portal.take()
    end(take, charged=40)

    said = words(portal.client.get(reverse("portal:credits")))

    assert "Available 960 Held 0 Spent 40 Given so far 1,000" in said
    assert "−140.00" in said and "+140.00" in said and "+40.00" in said and "+100.00" in said
    assert "−1,000.00 Granted" in said
    assert f"{take.name} ended: canceled" in said


def test_the_balance_explains_itself(portal):
    take = portal.take()

    said = words(portal.client.get(reverse("portal:credits")))

    assert "1,000 credits were given so far." in said
    assert f"140 are held for 1 take under way: {take.name} ." in said
    assert "That leaves 860 to order with." in said
    assert "140 in 1" in said


def test_the_statement_has_pages_in_both_directions(portal, settings):
    settings.LIMITS = {**settings.LIMITS, "statement_page_size": 2}
    for _ in range(4):
        portal.take()

    page = portal.client.get(reverse("portal:credits"))
    seen = []
    while page:
        sheet = page.context["pages"]
        seen += [line.number for line in sheet.rows]
        last, page = sheet, portal.client.get(reverse("portal:credits") + sheet.older) if sheet.older else None
    back = portal.client.get(reverse("portal:credits") + last.newer).context["pages"]

    assert len(seen) == len(set(seen)) == 5 and seen == sorted(seen, reverse=True)
    assert last.words == "5 to 5 of 5" and back.words == "3 to 4 of 5"


def test_a_shortfall_is_said_and_stops_orders(portal):
    take = portal.take()
    end(take, charged=200)

    assert "A provider charged 60 credits more than was held." in words(portal.client.get(reverse("portal:credits")))
    answer = portal.order(**portal.form())
    assert answer.status_code == 402 and "New takes wait until" in words(answer)


def test_only_those_who_may_see_credits_see_them(portal):
    for role, status in ((Role.CREATOR, 200), (Role.BUDGET_ADMIN, 200), (Role.REVIEWER, 403), (Role.VIEWER, 403)):
        assert portal.as_a(role).get(reverse("portal:credits")).status_code == status


@pytest.mark.parametrize(
    ("name", "most"), [("studio", 26), ("library", 16), ("projects", 12), ("credits", 29), ("project", 17)]
)
def test_more_takes_are_not_more_queries(db, django_assert_max_num_queries, name, most):
    portal = Portal(credits=20_000)
    for _ in range(12):
        take = portal.take()
        take.inputs.create(role="first_frame", index=0, asset=(asset := make_asset(portal.owner)), blob=asset.blob)
        make_asset(
            portal.owner, generation=portal.take(), poster=asset.blob, duration_seconds=5, project=portal.project
        )
    arguments = [portal.project.public_id] if name == "project" else []
    address = reverse(f"portal:{name}", args=arguments)
    portal.client.get(address)

    with django_assert_max_num_queries(most):
        assert portal.client.get(address).status_code == 200
    assert ledger.balances(portal.team).held == 24 * 140


def test_a_refresh_of_many_cards_is_a_handful_of_queries(db, django_assert_max_num_queries):
    portal = Portal(credits=20_000)
    takes = [portal.take() for _ in range(20)]
    ids = ",".join(f"{take.public_id}:x" for take in takes)

    with django_assert_max_num_queries(9):
        portal.client.get(reverse("portal:cards"), {"ids": ids})
