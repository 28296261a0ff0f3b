"""Budgets made, changed, raised and ended by hand: who may, and what is written down."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from generations import ledger, lifecycle
from generations.choices import Role, Window
from generations.errors import NotAllowed
from generations.models import AuditEvent, Budget
from tests.make import make_member, make_project, make_team


@pytest.fixture
def team(db):
    return make_team(credits=1000)


def make(member, **facts):
    given = {"window": Window.MONTH, "limit": Decimal(500), "now": timezone.now(), **facts}
    return lifecycle.set_budget(member=member, **given)


def verbs():
    return list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))


def test_a_budget_admin_makes_changes_and_ends_one_with_a_trace(team):
    admin = make_member(team, Role.BUDGET_ADMIN)
    budget = make(admin, project=make_project(team))

    figures = {"limit": Decimal(600), "soft_marks": [50], "rollover": Decimal(0), "owner": admin.user}
    lifecycle.change_budget(member=admin, budget=budget, now=timezone.now(), **figures)
    lifecycle.archive_budget(member=admin, budget=budget, now=timezone.now())
    lifecycle.archive_budget(member=admin, budget=budget, now=timezone.now())

    event = AuditEvent.objects.get(verb="change_budget")
    assert verbs() == ["set_budget", "change_budget", "archive_budget"]
    assert (event.target_kind, event.target_id) == ("budget", str(budget.public_id))
    assert event.facts["before"]["limit"] == "500.000" and event.facts["after"]["limit"] == "600.000"
    assert event.actor == admin.user and event.team == team


def test_a_producer_makes_none_and_raises_only_their_own(team):
    admin, producer = make_member(team, Role.BUDGET_ADMIN), make_member(team, Role.PRODUCER)
    own, other = make(admin, project=make_project(team), owner=producer.user), make(admin, project=make_project(team))
    now = timezone.now()

    made = lifecycle.raise_budget(member=producer, budget=own, amount=Decimal(100), now=now, reason="Two more")
    with pytest.raises(NotAllowed, match=r"You cannot raise the budget .* can\."):
        lifecycle.raise_budget(member=producer, budget=other, amount=Decimal(100), now=now)
    with pytest.raises(NotAllowed):
        make(producer)
    with pytest.raises(NotAllowed):
        lifecycle.archive_budget(member=producer, budget=own, now=now)

    assert ledger.current_period(own).limit == 600
    lifecycle.end_raise(member=producer, made=made, now=now + timedelta(minutes=1))
    assert ledger.current_period(own).limit == 500
    assert verbs()[2:] == ["raise_budget", "end_raise"]


def test_an_owner_of_another_team_raises_nothing(team):
    budget = make(make_member(team))

    with pytest.raises(NotAllowed):
        lifecycle.raise_budget(member=make_member(make_team()), budget=budget, amount=Decimal(1), now=timezone.now())


def test_a_refusal_leaves_no_trace(team):
    owner = make_member(team)

    with pytest.raises(ledger.BadAmount):
        make(owner, limit=Decimal("1.0001"))
    budget = make(owner)
    with pytest.raises(ledger.BadBudget):
        make(owner)

    assert list(Budget.objects.all()) == [budget] and verbs() == ["set_budget"]
