import re
from decimal import Decimal

import pytest
from django.urls import reverse

from generations import ledger
from generations.models import AuditEvent, Movement


@pytest.fixture
def url(member):
    return reverse("admin:generations_team_act", args=[member.team.pk, "grant"])


def filled(client, url, **facts):
    """The form as it comes from the site, filled in."""
    key = re.search(r'name="key" value="([^"]+)"', client.get(url).content.decode())[1]
    return {"key": key, "amount": "250.125", "reason": "Spring budget", "confirm": "on", **facts}


def test_a_grant_is_on_the_statement_and_in_the_audit(cockpit, url, member, operator):
    cockpit.post(url, filled(cockpit, url))

    line = ledger.statement(team=member.team)[0]
    assert (line.amount, line.reason, line.actor) == (Decimal("250.125"), "Spring budget", operator)
    event = AuditEvent.objects.get(verb="grant_credits")
    assert (event.team, event.actor, event.facts["amount"]) == (member.team, operator, "250.125")


def test_a_double_click_grants_once(cockpit, url, member):
    form = filled(cockpit, url)

    cockpit.post(url, form)
    answer = cockpit.post(url, form, follow=True)

    assert ledger.balances(member.team).available == Decimal("1250.125")
    assert AuditEvent.objects.filter(verb="grant_credits").count() == 1
    assert "nothing was added" in " ".join(str(message) for message in answer.context["messages"])


def test_a_form_is_good_for_one_amount(cockpit, url, member):
    form = filled(cockpit, url)
    cockpit.post(url, form)

    cockpit.post(url, {**form, "amount": "999"})

    assert ledger.balances(member.team).available == Decimal("1250.125")


def test_two_forms_are_two_grants(cockpit, url, member):
    cockpit.post(url, filled(cockpit, url))
    cockpit.post(url, filled(cockpit, url))

    assert ledger.balances(member.team).available == Decimal("1500.25")


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"amount": "0"}, "greater than or equal to 0.001"),
        ({"amount": "-5"}, "greater than or equal to 0.001"),
        ({"amount": "1.0001"}, "no more than 3 decimal places"),
        ({"amount": "NaN"}, "Enter a number"),
        ({"amount": "20000000"}, "One grant is at most 10,000,000 credits"),
        ({"reason": ""}, "This field is required"),
        ({"confirm": ""}, "This field is required"),
        ({"key": "x"}, "has lost its number"),
    ],
)
def test_a_bad_form_says_what_is_wrong_and_grants_nothing(cockpit, url, member, facts, why):
    answer = cockpit.post(url, filled(cockpit, url, **facts))

    assert why in answer.content.decode()
    assert ledger.balances(member.team).available == 1000
    assert Movement.objects.filter(team=member.team).count() == 1


def test_a_grant_needs_its_own_permission(client, operator, url, member):
    from django.contrib.auth.models import Permission

    operator.is_superuser = False
    operator.save()
    operator.user_permissions.set(Permission.objects.filter(codename__in=["view_team", "change_team"]))
    client.force_login(operator)

    assert client.get(url).status_code == 403
    assert client.post(url, {"amount": "5"}).status_code == 403
