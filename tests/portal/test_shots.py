"""Shots in the portal: chosen in the studio with their project, listed and added on the project's page."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from generations import lifecycle
from generations.choices import Role
from generations.models import Shot, Status
from tests.make import make_member, make_project, make_team
from tests.portal.conftest import words
from tests.portal.forms import read_form, read_pieces


def add_shot(portal, code="SH040", project=None, member=None):
    return lifecycle.add_shot(
        member=member or portal.owner,
        project=project or portal.project,
        code=code,
        description="The ferry leaves.",
        now=timezone.now(),
    )


def project_page(portal, client=None):
    return (client or portal.client).get(reverse("portal:project", args=[portal.project.public_id]))


# In the studio


def test_a_project_without_shots_offers_none(portal):
    assert "shot" not in read_form(portal.client.get(reverse("portal:studio")))


def test_a_take_is_ordered_for_the_chosen_shot_and_the_choice_stays(portal):
    shot = add_shot(portal)
    form = portal.form()
    assert form["shot"] == "", "nothing is chosen for anybody"

    answer = portal.order(**{**form, "shot": str(shot.public_id)})

    assert portal.takes.get().shot == shot
    assert read_pieces(answer)["shot"] == str(shot.public_id)


def test_an_address_and_a_take_bring_their_shot(portal):
    shot = add_shot(portal)
    take = portal.take(shot_id=shot.pk, account=portal.fal)

    by_address = portal.client.get(
        reverse("portal:studio"), {"project": portal.project.public_id, "shot": shot.public_id}
    )
    by_take = portal.client.get(reverse("portal:studio"), {"from": take.public_id})

    assert read_form(by_address)["shot"] == read_form(by_take)["shot"] == str(shot.public_id)


def test_the_shots_change_with_the_project_and_the_price_stays(portal):
    other = make_project(portal.team, name="Zebra")
    shot, theirs = add_shot(portal), add_shot(portal, "ZB010", other)
    form = portal.form(shot=str(shot.public_id))

    pieces = portal.quote(**{**form, "project": str(other.public_id)})

    assert "ZB010" in words(pieces)
    assert "SH040" not in words(pieces)
    fields = read_pieces(pieces)
    assert fields["shot"] == ""
    assert fields["quoted_credits"] == form["quoted_credits"]
    assert theirs.project == other


def test_without_a_script_a_shot_of_the_project_before_is_not_ordered_for_another(portal):
    other = make_project(portal.team, name="Zebra")
    shot = add_shot(portal)
    form = {**portal.form(shot=str(shot.public_id)), "project": str(other.public_id)}

    answer = portal.order(headers={}, **form)

    assert answer.status_code == 422
    assert "The chosen shot is not one of Zebra." in words(answer)
    assert not portal.takes.exists()


@pytest.mark.parametrize("what", ["archived", "foreign", "nonsense"])
def test_a_shot_that_cannot_be_chosen_orders_nothing(portal, what):
    shot = add_shot(portal)
    wanted = str(shot.public_id)
    if what == "archived":
        lifecycle.archive_shot(member=portal.owner, shot=shot, now=timezone.now())
    elif what == "foreign":
        stranger = make_member(make_team())
        wanted = str(add_shot(portal, project=make_project(stranger.team), member=stranger).public_id)
    else:
        wanted = "no-shot"

    answer = portal.order(**{**portal.form(), "shot": wanted})

    assert answer.status_code == 422
    assert not portal.takes.exists()


def test_a_take_that_waits_for_approval_says_so(portal):
    portal.project.approval_above_credits = Decimal(1)
    portal.project.save()
    client = portal.as_a(Role.CREATOR)

    assert "waits for approval; its credits are held" in words(portal.order(client, **portal.form(client)))
    page = portal.order(client, headers={}, **portal.form(client))
    assert page.status_code == 302
    assert "waits for approval; its credits are held" in words(client.get(page.url))
    assert {take.status for take in portal.takes} == {Status.AWAITING_APPROVAL}


# On the project's page


def test_the_project_shows_its_shots_with_what_was_made_for_them(portal):
    shot = add_shot(portal)
    take = portal.take(shot_id=shot.pk, account=portal.fal)
    lifecycle.finish(take, to=Status.FAILED, charged=Decimal(0), now=timezone.now())
    done = portal.take(shot_id=shot.pk, account=portal.fal, status=Status.INGESTING)
    lifecycle.finish(done, to=Status.DONE, charged=Decimal(90), now=timezone.now())
    lifecycle.review(generation=done, member=portal.owner, verdict="approved", note="", now=timezone.now())

    said = words(project_page(portal))

    assert f"SH040 The ferry leaves. 2 90 {done.name} New take SH040 Archive SH040" in said


def test_a_project_without_shots_says_what_they_are_for(portal):
    assert "No shot in this project yet" in words(project_page(portal))


def test_a_shot_is_added_and_archived_there(portal):
    added = portal.client.post(
        reverse("portal:shot_add", args=[portal.project.public_id]), {"code": "SH040", "description": "Dawn"}
    )
    assert added.status_code == 302
    shot = Shot.objects.get()
    assert "SH040 was added." in words(project_page(portal))

    portal.client.post(reverse("portal:shot_archive", args=[shot.public_id]))

    assert "No shot in this project yet" in words(project_page(portal))


def test_what_was_typed_comes_back_with_what_is_wrong(portal):
    answer = portal.client.post(
        reverse("portal:shot_add", args=[portal.project.public_id]), {"code": "SH 040", "description": "Dawn\x00"}
    )

    assert answer.status_code == 422
    assert "such as SH040" in words(answer)
    assert 'value="SH 040"' in answer.content.decode()
    assert not Shot.objects.exists()


def test_a_creator_sees_the_shots_and_may_not_change_them(portal):
    shot, creator = add_shot(portal), portal.as_a(Role.CREATOR)

    said = words(project_page(portal, creator))

    assert "New take SH040" in said
    assert "Archive SH040" not in said and "Add the shot" not in said
    assert creator.post(reverse("portal:shot_archive", args=[shot.public_id])).status_code == 403
    assert (
        creator.post(reverse("portal:shot_add", args=[portal.project.public_id]), {"code": "SH050"}).status_code == 403
    )


def test_a_viewer_without_the_right_sees_no_credits(portal, viewer):
    add_shot(portal)

    assert "Credits spent" not in words(project_page(portal, viewer))


def test_a_stranger_finds_neither(portal, stranger):
    shot = add_shot(portal)

    assert stranger.post(reverse("portal:shot_archive", args=[shot.public_id])).status_code == 404
    assert stranger.post(reverse("portal:shot_add", args=[portal.project.public_id])).status_code == 404
