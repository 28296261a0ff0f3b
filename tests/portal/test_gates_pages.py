"""A project's approval gates: who sets them, what is refused, and what the pages say of them."""

from decimal import Decimal

import pytest
from django.urls import reverse

from generations.choices import Role, Tier
from generations.models import AuditEvent
from tests.portal.conftest import words

NAMED = {"name": "The Last Ferry", "brief": "", "approval_hours": "72"}


@pytest.fixture
def address(portal):
    return reverse("portal:project_edit", args=[portal.project.public_id])


def test_who_manages_budgets_sets_them(portal, address):
    gates = {"approval_above_credits": "150", "approval_tiers": ["master", "4k"], "approval_hours": "24"}
    page = portal.client.post(address, {**NAMED, **gates}, follow=True)

    portal.project.refresh_from_db()
    assert portal.project.approval_above_credits == 150 and portal.project.approval_hours == 24
    assert portal.project.approval_tiers == [Tier.MASTER, Tier.UHD] and not portal.project.approved_draft_is_enough
    assert (
        "Hero or 4K takes, and all takes above 150 credits, wait up to 24 hours for approval, with their credits held."
        in words(page)
    )


def test_who_set_them_to_what_is_written_down(portal, address):
    portal.client.post(address, {**NAMED, "approval_above_credits": "150.5", "approved_draft_is_enough": "on"})

    event = AuditEvent.objects.get(verb="change_gates")
    assert (event.actor, event.target_id) == (portal.owner.user, str(portal.project.public_id))
    assert event.facts == {"approval_above_credits": "150.5"}


def test_a_producer_sees_them_and_changes_nothing_about_them(portal, address):
    portal.project.approval_above_credits = Decimal(150)
    portal.project.save()
    producer = portal.as_a(Role.PRODUCER)
    page = producer.get(address)
    sent = {**NAMED, "name": "The Ferry", "approval_above_credits": "", "approval_tiers": ["std"]}
    producer.post(address, sent)

    assert "Gates can be changed by those who manage budgets" in words(page)
    assert 'value="150" autocomplete="off" disabled' in page.content.decode()
    portal.project.refresh_from_db()
    assert portal.project.name == "The Ferry" and portal.project.approval_above_credits == 150
    assert portal.project.approval_tiers == [] and portal.project.approved_draft_is_enough


def test_a_budget_admin_sets_them_and_changes_nothing_else(portal, address):
    admin = portal.as_a(Role.BUDGET_ADMIN)
    project = reverse("portal:project", args=[portal.project.public_id])
    assert address in admin.get(project).content.decode()
    admin.post(address, {**NAMED, "name": "Mine", "approval_tiers": ["master"], "may_move_routes": "on"})

    portal.project.refresh_from_db()
    assert portal.project.name == "The Last Ferry" and not portal.project.may_move_routes
    assert portal.project.approval_tiers == [Tier.MASTER]


def test_nobody_else_may_edit_a_project(portal, address):
    for role in (Role.CREATOR, Role.REVIEWER, Role.VIEWER):
        assert portal.as_a(role).get(address).status_code == 403


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"approval_above_credits": "-1"}, "A price is 0 or more."),
        ({"approval_above_credits": "lots"}, "Write the credits as a number"),
        ({"approval_above_credits": "1.0001"}, "Credits have at most 3 places."),
        ({"approval_above_credits": "1e40"}, "This is too much"),
        ({"approval_hours": "0"}, "At least one hour."),
        ({"approval_hours": "721"}, "At most 720 hours"),
        ({"approval_hours": "1.5"}, "Write whole hours"),
        ({"approval_tiers": ["gold"]}, "gold is not one of the available choices."),
    ],
)
def test_what_cannot_be_a_gate_is_refused(portal, address, changed, sentence):
    page = portal.client.post(address, {**NAMED, "name": "Changed", **changed})

    assert page.status_code == 422 and sentence in words(page)
    portal.project.refresh_from_db()
    assert portal.project.name == "The Last Ferry" and portal.project.approval_above_credits is None


def test_a_project_can_be_made_with_gates(portal):
    portal.client.post(reverse("portal:project_new"), {**NAMED, "name": "New", "approval_above_credits": "0"})

    made = portal.team.projects.get(name="New")
    assert made.approval_above_credits == 0 and AuditEvent.objects.get(verb="change_gates").target_id == str(
        made.public_id
    )
