"""The way in, and the content policy on each side of the door."""

from django.conf import settings
from django.urls import reverse

from tests.make import PASSWORD, make_user


def test_a_stranger_is_sent_to_the_sign_in_of_the_site(client, db):
    answer = client.get(reverse("admin:index"), follow=True)

    assert answer.redirect_chain[-1][0] == f"{reverse('account_login')}?next=%2Fadmin%2F"


def test_an_operator_signs_in_by_e_mail_and_comes_back(client, operator):
    form = {"login": operator.email, "password": PASSWORD}

    answer = client.post(f"{reverse('account_login')}?next=/admin/", form)

    assert (answer.status_code, answer["location"]) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200


def test_somebody_who_is_not_staff_stays_outside(client, db):
    client.force_login(make_user())

    assert client.get(reverse("admin:index"), follow=True).status_code == 403


def policy(answer):
    header = answer["Content-Security-Policy"]
    return {part.split()[0]: part.split()[1:] for part in header.split(";")}


def test_the_admin_has_a_policy_of_its_own(cockpit):
    found = policy(cockpit.get(reverse("admin:index")))

    assert "'unsafe-eval'" in found["script-src"]
    assert found["frame-ancestors"] == ["'none'"]
    assert set(found) == set(settings.ADMIN_CONTENT_SECURITY_POLICY["DIRECTIVES"])


def test_everything_else_keeps_the_strict_policy(client, db):
    found = policy(client.get(reverse("account_login")))

    assert (found["script-src"], found["style-src"]) == (["'self'"], ["'self'"])
