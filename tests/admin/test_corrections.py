"""A movement is taken back on its page: what would happen is said before, and nothing happens twice."""

import re
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from generations import ledger
from generations.models import AuditEvent, Generation, Movement, Status
from tests.make import make_generation
from tests.road import differences


@pytest.fixture(autouse=True)
def clean_books(db):
    yield
    assert differences() == []


@pytest.fixture
def grant(member):
    return Movement.objects.get(team=member.team)


@pytest.fixture
def charge(member):
    """A take of 140 credits that cost 20, in one budget."""
    ledger.set_budget(team=member.team, window="week", limit=Decimal(500), now=timezone.now())
    take = make_generation(member)
    rows = Generation.objects.filter(pk=take.pk)
    rows.update(status=Status.DONE, finished_at=timezone.now(), charged_credits=20)
    ledger.settle(generation=take, charged=Decimal(20), now=timezone.now())
    return take.movements.get(kind="capture")


def act(movement):
    return reverse("admin:generations_movement_act", args=[movement.pk, "take-back"])


def page(movement):
    return reverse("admin:generations_movement_change", args=[movement.pk])


def filled(client, movement, **facts):
    key = re.search(r'name="key" value="([^"]+)"', client.get(act(movement)).content.decode())[1]
    return {"key": key, "reason": "Typed a nought too many", **facts}


def test_the_form_says_in_numbers_what_would_happen(cockpit, member, charge):
    shown = cockpit.get(act(charge)).content.decode()

    assert f"{member.team}: Spent goes from 20 to 0, Available goes from 980 to 1,000." in shown
    assert f"{charge.generation.name} will have cost 0 credits." in shown
    assert "20 credits go back to 1 budget period." in shown
    assert ledger.balances(member.team).available == 980


def test_a_movement_is_taken_back_with_a_reason_and_a_trace(cockpit, member, grant, operator):
    answer = cockpit.post(act(grant), filled(cockpit, grant), follow=True)

    assert f"Movement {grant.pk} was taken back." in " ".join(str(item) for item in answer.context["messages"])
    back = Movement.objects.get(reverses=grant)
    assert (back.actor, back.reason) == (operator, "Typed a nought too many")
    assert ledger.balances(member.team).available == 0
    event = AuditEvent.objects.get(verb="correct")
    assert (event.target_kind, event.target_id, event.actor) == ("movement", str(grant.pk), operator)
    assert event.facts == {
        "kind": "grant",
        "amount": "1000.000",
        "movement": back.pk,
        "reason": "Typed a nought too many",
    }


def test_both_movements_lead_to_each_other(cockpit, grant):
    cockpit.post(act(grant), filled(cockpit, grant))
    back = Movement.objects.get(reverses=grant)

    assert f'href="{page(back)}"' in cockpit.get(page(grant)).content.decode()
    assert f'href="{page(grant)}"' in cockpit.get(page(back)).content.decode()
    assert act(grant) not in cockpit.get(page(grant)).content.decode()


def test_a_form_that_is_sent_twice_takes_back_once(cockpit, member, charge):
    form = filled(cockpit, charge)

    cockpit.post(act(charge), form)
    answer = cockpit.post(act(charge), form, follow=True)

    assert "nothing more was booked" in " ".join(str(item) for item in answer.context["messages"])
    assert ledger.balances(member.team).available == 1000
    assert AuditEvent.objects.filter(verb="correct").count() == 1


def test_a_second_form_is_told_that_it_was_taken_back(cockpit, grant):
    first, second = filled(cockpit, grant), filled(cockpit, grant)

    cockpit.post(act(grant), first)
    answer = cockpit.post(act(grant), second)

    assert "This was taken back before. Nothing was booked." in answer.content.decode()
    assert Movement.objects.filter(reverses=grant).count() == 1


def test_a_hold_is_refused_in_the_ledgers_words(cockpit, charge):
    hold = charge.resolves

    assert act(hold) not in cockpit.get(page(hold)).content.decode()
    assert "A hold is not taken back: it ends by itself." in cockpit.get(act(hold)).content.decode()
    answer = cockpit.post(act(hold), filled(cockpit, hold))
    assert "A hold is not taken back: it ends by itself." in answer.content.decode()
    assert not Movement.objects.filter(kind="reversal").exists()


def test_a_grant_that_is_spent_is_refused_with_both_numbers(cockpit, member, grant, charge):
    answer = cockpit.post(act(grant), filled(cockpit, grant))

    assert "The team has 980 credits available, so 1,000 cannot be taken back" in answer.content.decode()
    assert ledger.balances(member.team).available == 980


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"reason": ""}, "This field is required"),
        ({"reason": "   "}, "This field is required"),
        ({"reason": "x" * 201}, "at most 200 characters"),
        ({"key": "x"}, "has lost its number"),
    ],
)
def test_a_bad_form_says_what_is_wrong_and_books_nothing(cockpit, member, grant, facts, why):
    answer = cockpit.post(act(grant), filled(cockpit, grant, **facts))

    assert why in answer.content.decode()
    assert Movement.objects.filter(team=member.team).count() == 1


def test_a_correction_needs_its_own_permission(client, operator, grant):
    operator.is_superuser = False
    operator.save()
    operator.user_permissions.set(Permission.objects.filter(codename__in=["view_movement", "change_movement"]))
    client.force_login(operator)

    assert client.get(act(grant)).status_code == 403
    assert client.post(act(grant), {"reason": "I may not"}).status_code == 403
    assert act(grant) not in client.get(page(grant)).content.decode()
