"""Review: who decided what about a finished take; the newest decision counts, every one is kept."""

import pytest
from django.utils import timezone

from generations import access, ledger, lifecycle
from generations.choices import Role, Verdict
from generations.errors import LimitReached, NotAllowed
from generations.lifecycle import CannotReview
from generations.models import ReviewDecision, Status
from tests.make import make_member, make_team
from tests.road import status_of


@pytest.fixture
def done(desk):
    take = desk.running(status=Status.INGESTING)
    lifecycle.finish(take, to=Status.DONE, charged=take.hold_credits, now=timezone.now())
    return take


def review(take, member, verdict=Verdict.APPROVED, note="", **facts):
    return lifecycle.review(generation=take, member=member, verdict=verdict, note=note, now=timezone.now(), **facts)


def test_a_decision_is_kept_and_stands_on_the_take(desk, done):
    reviewer, changed_at = make_member(desk.team, Role.REVIEWER), done.changed_at

    made = review(done, reviewer, Verdict.CHANGES_REQUESTED, "The gulls are too fast.")

    assert (made.generation, made.verdict, made.decided_by) == (done, "changes_requested", reviewer.user)
    done.refresh_from_db()
    assert done.verdict == Verdict.CHANGES_REQUESTED
    assert done.changed_at > changed_at, "an open page sees that something has changed"
    line = done.events.get(kind="reviewed")
    assert line.note == f"Changes requested, says {reviewer.user}. The gulls are too fast."


def test_the_newest_decision_counts_and_the_others_stay(desk, done):
    review(done, desk.member, Verdict.REJECTED)
    review(done, desk.member, Verdict.APPROVED)

    done.refresh_from_db()
    assert done.verdict == Verdict.APPROVED
    assert [row.verdict for row in ReviewDecision.objects.order_by("pk")] == ["rejected", "approved"]


def test_it_moves_no_credits(desk, done):
    before = ledger.balances(desk.team)

    review(done, desk.member, Verdict.REJECTED)

    assert ledger.balances(desk.team) == before


@pytest.mark.parametrize("status", [Status.RUNNING, Status.FAILED, Status.AWAITING_APPROVAL])
def test_a_take_without_a_result_is_not_reviewed(desk, status):
    take = desk.take()
    if status == Status.FAILED:
        lifecycle.finish(take, to=status, charged=0, now=timezone.now())
    else:
        desk.put(take, status=status, provider_task_id="job-1")

    with pytest.raises(CannotReview, match=take.name):
        review(take, desk.member)

    assert status_of(take) == status
    assert take.verdict == ""


def test_a_creator_is_told_whom_to_ask(desk, done):
    with pytest.raises(NotAllowed, match=str(desk.member.user)):
        review(done, make_member(desk.team, Role.CREATOR))

    assert not ReviewDecision.objects.exists()


def test_a_reviewer_of_another_team_does_not_know_of_it(done):
    with pytest.raises(access.Missing):
        review(done, make_member(make_team()))


def test_a_note_has_500_characters_at_most(desk, done):
    review(done, desk.member, note="x" * 500)
    with pytest.raises(LimitReached, match="501"):
        review(done, desk.member, note="x" * 501)

    assert ReviewDecision.objects.count() == 1
