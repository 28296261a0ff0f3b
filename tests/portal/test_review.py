"""Review on a take's page: buttons without a script for who may decide, the newest decision for everybody."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from generations import lifecycle
from generations.choices import Role
from generations.models import ReviewDecision, Status
from tests.portal.conftest import words


@pytest.fixture
def done(portal):
    take = portal.take(status=Status.INGESTING)
    lifecycle.finish(take, to=Status.DONE, charged=Decimal(90), now=timezone.now())
    return take


def page(take, client):
    return words(client.get(reverse("portal:take", args=[take.public_id])))


def decide(take, client, **fields):
    return client.post(reverse("portal:review", args=[take.public_id]), fields)


def test_a_reviewer_decides_and_everybody_sees_it(portal, done, viewer):
    reviewer = portal.as_a(Role.REVIEWER)
    said = page(done, reviewer)
    assert "Nobody has decided on this take yet." in said
    assert "Approve Request changes Reject" in said

    answer = decide(done, reviewer, verdict="changes_requested", note="Slower\r\ngulls.")

    assert answer.status_code == 302
    decision = ReviewDecision.objects.get()
    assert (decision.verdict, decision.note) == ("changes_requested", "Slower\ngulls.")
    said = page(done, viewer)
    assert "Changes requested" in said and "Slower gulls." in said and str(decision.decided_by) in said
    assert "Request changes" not in said


def test_the_newest_decision_shows(portal, done):
    decide(done, portal.client, verdict="rejected", note="No.")
    decide(done, portal.client, verdict="approved", note="Yes.")

    said = page(done, portal.client)
    assert "Yes." in said
    assert "No." not in said


def test_a_take_that_is_not_done_has_nothing_to_decide(portal):
    take = portal.take()

    assert "Nobody has decided" not in page(take, portal.client)
    answer = decide(take, portal.client, verdict="approved")
    assert answer.status_code == 422
    assert not ReviewDecision.objects.exists()


@pytest.mark.parametrize("fields", [{"verdict": "splendid"}, {}, {"verdict": "approved", "note": "x" * 501}])
def test_a_refusal_keeps_what_was_typed(portal, done, fields):
    answer = decide(done, portal.client, **fields)

    assert answer.status_code == 422
    assert fields.get("note", "") in answer.content.decode()
    assert 'id="review-problem"' in answer.content.decode()
    assert not ReviewDecision.objects.exists()


def test_a_creator_may_not_and_a_stranger_finds_nothing(portal, done, stranger):
    assert decide(done, portal.as_a(Role.CREATOR), verdict="approved").status_code == 403
    assert decide(done, stranger, verdict="approved").status_code == 404
    assert not ReviewDecision.objects.exists()


def test_the_activity_has_it(portal, done):
    decide(done, portal.client, verdict="approved", note="Lovely.")

    said = words(portal.client.get(reverse("portal:take", args=[done.public_id]), {"tab": "activity"}))
    assert f"It was reviewed. Approved, says {portal.owner.user}. Lovely." in said
