import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from generations.models import Membership, Purse, Team, User
from tests.make import PASSWORD, make_member, make_team, make_user


def management(prefix, rows=(), initial=0):
    facts = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    facts |= {f"{prefix}-MIN_NUM_FORMS": 0, f"{prefix}-MAX_NUM_FORMS": 1000}
    return facts | {
        f"{prefix}-{number}-{name}": value for number, row in enumerate(rows) for name, value in row.items()
    }


def person(email, **facts):
    return {"email": email, "name": "Nora", "is_active": "on", **management("memberships"), **facts}


def test_a_person_is_added_by_e_mail_and_can_sign_in(cockpit, client):
    form = person("Nora@Example.com", password1=PASSWORD, password2=PASSWORD, usable_password="true")

    cockpit.post(reverse("admin:generations_user_add"), form)

    user = User.objects.get(email="nora@example.com")
    client.logout()
    answer = client.post(reverse("account_login"), {"login": "nora@example.com", "password": PASSWORD})
    assert (answer.status_code, client.session["_auth_user_id"]) == (302, str(user.pk))


def test_an_address_is_taken_in_any_case(cockpit):
    make_user("nora@example.com")
    form = person("NORA@example.com", password1=PASSWORD, password2=PASSWORD, usable_password="true")

    answer = cockpit.post(reverse("admin:generations_user_add"), form)

    assert "exists already" in answer.content.decode()


def test_a_password_is_changed(cockpit):
    user = make_user()
    url = reverse("admin:auth_user_password_change", args=[user.pk])

    cockpit.post(url, {"password1": "quite another word", "password2": "quite another word", "usable_password": "true"})

    user.refresh_from_db()
    assert user.check_password("quite another word")


@pytest.fixture
def clerk(client, db):
    """May edit people, and is no superuser."""
    user = make_user("clerk@example.com", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client.force_login(user)
    return user


def test_nobody_raises_themselves(client, clerk):
    client.post(
        reverse("admin:generations_user_change", args=[clerk.pk]), person(clerk.email, is_superuser="on", is_staff="on")
    )

    clerk.refresh_from_db()
    assert (clerk.name, clerk.is_superuser) == ("Nora", False)


def test_a_superuser_is_out_of_a_clerks_reach(client, clerk, operator):
    change = reverse("admin:generations_user_change", args=[operator.pk])
    password = reverse("admin:auth_user_password_change", args=[operator.pk])

    assert client.post(change, person("mine@example.com")).status_code == 403
    assert client.post(password, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 403


def test_a_new_team_has_its_books_open(cockpit):
    member = make_user()
    form = {"name": "North", "slug": "north", "time_zone": "Europe/Berlin", "credits_per_usd": "100"}
    form |= {"markup_percent": "0"} | management("memberships", [{"user": member.pk, "roles": ["owner", "creator"]}])

    cockpit.post(reverse("admin:generations_team_add"), form)

    team = Team.objects.get(slug="north")
    assert Purse.objects.filter(team=team).count() == 1
    assert Membership.objects.get(team=team).roles == ["owner", "creator"]


def test_a_time_zone_must_exist(cockpit):
    form = {"name": "North", "slug": "north", "time_zone": "Mars/Base", "credits_per_usd": "100", "markup_percent": "0"}

    answer = cockpit.post(reverse("admin:generations_team_add"), form | management("memberships"))

    assert "There is no time zone Mars/Base" in answer.content.decode()


def test_roles_are_edited_on_the_teams_page(cockpit):
    member = make_member(make_team())
    row = {"id": member.membership.pk, "team": member.team.pk, "user": member.user.pk, "roles": ["viewer"]}
    form = {"name": member.team.name, "slug": member.team.slug, "time_zone": "UTC", "credits_per_usd": "100"}
    form |= {"markup_percent": "0"} | management("memberships", [row], initial=1)

    cockpit.post(reverse("admin:generations_team_change", args=[member.team.pk]), form)

    member.membership.refresh_from_db()
    assert member.membership.roles == ["viewer"]


def test_a_team_is_never_deleted(cockpit):
    team = make_team()

    assert cockpit.post(reverse("admin:generations_team_delete", args=[team.pk]), {"post": "yes"}).status_code == 403
