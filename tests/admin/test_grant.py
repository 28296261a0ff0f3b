import re
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from generations import ledger
from generations.models import AuditEvent, CreditLot, Movement, Team
from tests.make import make_generation


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


# An end, a priority, a purchase


def in_hours(hours, zone="UTC"):
    return (timezone.now() + timedelta(hours=hours)).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def lot(team):
    return CreditLot.objects.filter(team=team).latest("pk")


def test_a_grant_expires_when_its_team_says_and_in_its_order(cockpit, url, member):
    Team.objects.filter(pk=member.team.pk).update(time_zone="Asia/Tokyo")
    end = in_hours(100, "Asia/Tokyo")

    assert "Where the team is (Asia/Tokyo)" in cockpit.get(url).content.decode()
    cockpit.post(url, filled(cockpit, url, expires_at=end, priority="7"))

    made = lot(member.team)
    assert made.expires_at.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%Y-%m-%dT%H:%M") == end
    assert made.priority == 7
    facts = AuditEvent.objects.get(verb="grant_credits").facts
    assert (facts["priority"], facts["kind"]) == (7, "grant")
    assert datetime.fromisoformat(facts["expires_at"]) == made.expires_at


def test_a_purchase_is_booked_as_one(cockpit, url, member):
    cockpit.post(url, filled(cockpit, url, kind="purchase"))

    assert ledger.statement(team=member.team)[0].kind == "purchase"
    member.team.purse.refresh_from_db()
    assert member.team.purse.purchased == Decimal("-250.125")


def test_what_is_left_empty_lasts_and_comes_in_the_middle(cockpit, url, member):
    cockpit.post(url, filled(cockpit, url, expires_at="", priority="", kind=""))

    assert (lot(member.team).expires_at, lot(member.team).priority) == (None, 50)
    assert ledger.statement(team=member.team)[0].kind == "grant"


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"expires_at": "2020-01-01T00:00"}, "Credits can only expire in the future"),
        ({"expires_at": "9999-12-31T23:59"}, "Credits expire within ten years, or never"),
        ({"expires_at": "0001-01-01T00:00"}, "Credits can only expire in the future"),
        ({"expires_at": "soon"}, "Write a day and a time"),
        ({"priority": "-1"}, "greater than or equal to 0"),
        ({"priority": "101"}, "less than or equal to 100"),
        ({"priority": "1.5"}, "Enter a whole number"),
        ({"kind": "hold"}, "Select a valid choice"),
    ],
)
def test_a_bad_end_or_priority_says_so_and_grants_nothing(cockpit, url, member, facts, why):
    answer = cockpit.post(url, filled(cockpit, url, **facts))

    assert why in answer.content.decode()
    assert Movement.objects.filter(team=member.team).count() == 1


def test_a_form_is_good_for_one_end(cockpit, url, member):
    form = filled(cockpit, url, expires_at=in_hours(100))
    cockpit.post(url, form)

    answer = cockpit.post(url, {**form, "expires_at": in_hours(200)})

    assert "This form was already used for another grant" in answer.content.decode()
    assert ledger.balances(member.team).available == Decimal("1250.125")


def test_the_page_of_the_team_explains_its_balance(cockpit, member):
    take = make_generation(member)

    shown = cockpit.get(reverse("admin:generations_team_change", args=[member.team.pk])).content.decode()

    assert "1,000 credits were given so far." in shown
    name = reverse("admin:generations_generation_change", args=[take.pk])
    assert f'140 are held for 1 take under way: <a href="{name}" class="text-link">{take.name}</a>.' in shown
    assert "That leaves 860 to order with." in shown
    assert "Available 860, Held 140, Spent 0" in shown
    for words in ("Statement", "Open holds", "Lots", "Budgets", "Audit trail"):
        assert f">{words}</a>" in shown
