"""Who comes in: nobody without a session, no stranger, and no role beyond its rights."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from generations.choices import Role
from tests.make import make_asset, make_member, make_team, make_user
from tests.portal.conftest import HTMX, words

POSTS = ("quote", "upload", "team", "cancel")


def addresses(portal):
    """Every address of the portal but the start, with the method it takes."""
    take, project = portal.take(), portal.project
    simple = ["studio", "quote", "upload", "cards", "library", "projects", "project_new", "credits", "team"]
    of_take = {name: reverse(f"portal:{name}", args=[take.public_id]) for name in ("take", "stage", "cancel")}
    of_project = {name: reverse(f"portal:{name}", args=[project.public_id]) for name in ("project", "project_edit")}
    return {name: reverse(f"portal:{name}") for name in simple} | of_take | of_project


def ask(client, name, address, **kwargs):
    return client.post(address, **kwargs) if name in POSTS else client.get(address, **kwargs)


def test_nobody_comes_in_without_a_session(portal):
    for name, address in addresses(portal).items():
        page = ask(Client(), name, address)
        assert page.status_code == 302 and page.url.startswith(reverse("account_login")), name
        assert ask(Client(), name, address, headers=HTMX).status_code == 401, name


def test_the_sign_in_leads_back_to_the_page_and_never_to_a_form(portal):
    library = Client().get(reverse("portal:library") + "?state=done")
    posted = Client().post(reverse("portal:quote"))

    assert library.url.endswith("?next=/library/%3Fstate%3Ddone")
    assert posted.url.endswith("?next=/studio/")


def test_what_belongs_to_another_team_does_not_exist(portal, stranger):
    asset = make_asset(portal.owner)
    for name, address in addresses(portal).items():
        if "/takes/" in address or portal.project.public_id.hex in address.replace("-", ""):
            assert ask(stranger, name, address).status_code == 404, name
    assert stranger.get(reverse("portal:media", args=[asset.public_id, "original"])).status_code == 404
    assert stranger.get(reverse("portal:studio"), {"from": portal.take().public_id}).status_code == 404


def test_what_does_not_exist_is_the_same(portal):
    for name in ("take", "stage", "project"):
        assert portal.client.get(reverse(f"portal:{name}", args=[uuid.uuid4()])).status_code == 404


def test_a_viewer_may_look_and_not_order(portal, viewer):
    for name, address in addresses(portal).items():
        page = ask(viewer, name, address)
        expected = 200
        if name in ("quote", "upload", "cancel", "project_new", "project_edit", "credits"):
            expected = 403
        elif name == "cards":
            expected = 204
        elif name == "team":
            expected = 404
        assert page.status_code == expected, name
    assert viewer.post(reverse("portal:studio"), {"do": "generate"}).status_code == 403
    assert portal.takes.filter(created_by__memberships__roles__contains=[Role.VIEWER]).count() == 0


def test_the_refusal_says_whom_to_ask(portal, viewer):
    page = viewer.post(reverse("portal:studio"), {"do": "generate"})

    assert "does not let you make takes" in words(page)
    assert f"Ask {portal.owner.user}." in words(page)


def test_a_viewer_sees_neither_composer_nor_credits(portal, viewer):
    page = viewer.get(reverse("portal:studio")).content.decode()

    assert 'id="composer"' not in page and "/credits/" not in page


@pytest.mark.parametrize("role", [Role.OWNER, Role.PRODUCER, Role.CREATOR])
def test_those_who_make_takes_get_the_composer(portal, role):
    assert 'id="composer"' in portal.as_a(role).get(reverse("portal:studio")).content.decode()


def test_somebody_in_no_team_is_told_so(db):
    client = Client()
    client.force_login(make_user("new@example.com"))

    assert "You are not in a team yet" in words(client.get(reverse("portal:library")))


def test_the_team_is_changed_for_the_session(portal):
    other = make_team(name="Southlight")
    make_member(other, user=portal.owner.user)

    answer = portal.client.post(reverse("portal:team"), {"team": other.slug}, follow=True)

    assert "You now work in Southlight." in words(answer)
    assert portal.client.get(reverse("portal:project", args=[portal.project.public_id])).status_code == 404


@pytest.mark.parametrize("slug", ["", "nowhere", "a" * 5000, "a\x00b", "../../etc"])
def test_a_team_one_is_not_in_does_not_exist(portal, slug):
    assert portal.client.post(reverse("portal:team"), {"team": slug}).status_code == 404


def test_a_membership_that_ended_closes_the_door_at_once(portal):
    portal.client.get(reverse("portal:studio"))
    portal.owner.membership.delete()

    assert "You are not in a team yet" in words(portal.client.get(reverse("portal:library")))


def test_the_start_leads_to_the_studio(portal):
    assert portal.client.get("/").url == reverse("portal:studio")


def test_a_form_without_its_token_is_refused(portal):
    client = Client(enforce_csrf_checks=True)
    client.force_login(portal.owner.user)

    assert client.post(reverse("portal:studio"), portal.form() | {"do": "generate"}).status_code == 403
    assert not portal.takes.exists()
