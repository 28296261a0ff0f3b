"""Gates: a take waits with its credits held, and a yes, a no, the time or its maker ends that, once."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from generations import access, ledger, lifecycle
from generations.choices import Role, Tier, Verdict, Window
from generations.errors import LimitReached, NotAllowed
from generations.lifecycle import CannotApprove
from generations.models import Approval, AuditEvent, Generation, Mail, Status
from tests.make import make_member, make_project, make_recipe, make_team
from tests.road import status_of

NOW = timezone.now


@pytest.fixture
def maker(desk):
    return make_member(desk.team, Role.CREATOR)


@pytest.fixture
def gated(desk):
    """The project lets nothing above 100 credits through without a yes; the desk's recipe costs 140."""
    return gate(desk.project)


def gate(project, **facts):
    for name, value in {"approval_above_credits": Decimal(100), **facts}.items():
        setattr(project, name, value)
    project.save()
    return project


def waiting(desk, member):
    take = desk.take(member=member)
    assert status_of(take) == Status.AWAITING_APPROVAL
    return take


def note_of(take, kind):
    return take.events.get(kind=kind).note


def test_a_take_above_the_price_waits_with_its_credits_held(desk, gated, maker):
    take = waiting(desk, maker)

    assert take.due_at is None
    assert desk.held == take.hold_credits > 100
    assert take.approval.why == (
        f"Takes above 100 credits wait for approval in this project; this one holds {ledger.plain(take.hold_credits)}."
    )
    assert take.approval.expires_at - take.approval.asked_at == timedelta(hours=72)
    assert note_of(take, "awaiting_approval") == take.approval.why


def test_what_was_just_made_says_that_nothing_is_due(desk, gated, maker):
    take = lifecycle.submit(
        member=maker,
        project=gated,
        recipe=desk.recipe,
        account=desk.account,
        idempotency_key="form-1",
        now=NOW(),
    ).generation

    assert (take.status, take.due_at) == (Status.AWAITING_APPROVAL, None)


def test_it_is_counted_in_every_budget_at_once(desk, gated, maker):
    budgets = [
        ledger.set_budget(team=desk.team, window=Window.MONTH, limit=Decimal(1000), now=NOW(), **scope)
        for scope in ({}, {"project": gated}, {"member": maker.user}, {"tier": Tier.MASTER})
    ]

    take = waiting(desk, maker)

    assert [ledger.current_period(budget).held for budget in budgets] == [take.hold_credits] * 4


def test_a_take_at_or_below_the_price_goes_in_line(desk, maker):
    gate(desk.project, approval_above_credits=desk.take().hold_credits)

    assert status_of(desk.take(member=maker)) == Status.QUEUED


def test_a_tier_can_need_a_yes_whatever_it_costs(desk, maker):
    gate(desk.project, approval_above_credits=None, approval_tiers=[Tier.MASTER])

    assert "Hero takes wait for approval" in waiting(desk, maker).approval.why


def test_who_may_approve_need_not_ask_and_the_activity_says_so(desk, gated):
    take = desk.take()

    assert take.status == Status.QUEUED
    assert not Approval.objects.exists()
    assert note_of(take, "gate_passed").endswith(f"It did not have to wait: {desk.member.user} may approve takes.")


def test_who_owns_a_budget_of_the_take_need_not_ask(desk, gated, maker):
    ledger.set_budget(
        team=desk.team, window=Window.MONTH, limit=Decimal(1000), now=NOW(), project=gated, owner=maker.user
    )

    take = desk.take(member=maker)

    assert take.status == Status.QUEUED
    assert "owns the budget" in note_of(take, "gate_passed")


def test_the_owner_of_another_budget_has_to_ask(desk, gated, maker):
    other = make_project(desk.team)
    ledger.set_budget(
        team=desk.team, window=Window.MONTH, limit=Decimal(1000), now=NOW(), project=other, owner=maker.user
    )

    waiting(desk, maker)


class TestAnApprovedDraft:
    DRAFT = {"model": "kling-v1-6", "tier": "std"}

    @pytest.fixture
    def draft(self, desk, gated):
        take = desk.take(recipe=make_recipe(**self.DRAFT))
        return desk.put(take, status=Status.DONE, finished_at=NOW(), verdict=Verdict.APPROVED)

    @pytest.fixture(autouse=True)
    def books_are_left_alone(self, desk):
        """The draft is put to its end past the settlement, so its hold is settled last."""
        yield
        for take in Generation.objects.filter(status=Status.DONE, charged_credits=None):
            ledger.settle(generation=take, charged=take.hold_credits, now=NOW())
            desk.put(take, charged_credits=take.hold_credits)

    def test_lets_the_same_recipe_through_at_a_higher_tier(self, desk, draft, maker):
        take = desk.take(member=maker)

        assert take.status == Status.QUEUED
        assert f"its draft {draft.name} was approved" in note_of(take, "gate_passed")

    @pytest.mark.parametrize(
        "facts",
        [
            {"verdict": Verdict.CHANGES_REQUESTED},
            {"verdict": ""},
            {"tier": Tier.MASTER},
            {"capability": "image_to_video"},
        ],
    )
    def test_is_no_help_unless_it_is_an_approved_draft_of_this(self, desk, draft, maker, facts):
        desk.put(draft, **facts)

        waiting(desk, maker)

    @pytest.mark.parametrize(
        "change", [{"prompt": "Another ferry"}, {"duration_seconds": 10}, {"aspect_ratio": "9:16"}]
    )
    def test_of_another_recipe_is_no_help(self, desk, draft, maker, change):
        desk.recipe = make_recipe(**change)

        waiting(desk, maker)

    def test_of_another_project_is_no_help(self, desk, draft, maker):
        desk.put(draft, project=make_project(desk.team))

        waiting(desk, maker)

    def test_is_no_help_where_the_project_says_so(self, desk, draft, maker):
        gate(desk.project, approved_draft_is_enough=False)

        waiting(desk, maker)


def test_a_yes_puts_it_in_line_with_the_same_hold(desk, gated, maker):
    take = waiting(desk, maker)

    lifecycle.approve(generation=take, member=desk.member, now=NOW(), note="For the client.")

    assert status_of(take) == Status.QUEUED
    assert take.due_at is not None
    assert desk.held == take.hold_credits
    approval = take.approval
    assert (approval.outcome, approval.decided_by, approval.note) == ("approved", desk.member.user, "For the client.")
    assert AuditEvent.objects.get(verb="approve").actor == desk.member.user


def test_a_no_returns_the_hold_with_its_reason(desk, gated, maker):
    take = waiting(desk, maker)

    lifecycle.decline(generation=take, member=desk.member, now=NOW(), note="Draft first.")

    assert status_of(take) == Status.CANCELED
    assert desk.is_released(take)
    assert take.failure_public == f"Declined by {desk.member.user}. Draft first."
    assert take.approval.outcome == "declined"


def test_a_budget_admin_and_a_budget_owner_may_decide_and_a_creator_may_not(desk, gated, maker):
    owner = make_member(desk.team, Role.VIEWER)
    ledger.set_budget(
        team=desk.team, window=Window.MONTH, limit=Decimal(1000), now=NOW(), member=maker.user, owner=owner.user
    )
    admin, take = make_member(desk.team, Role.BUDGET_ADMIN), waiting(desk, maker)

    assert [lifecycle.may_approve(member, take) for member in (admin, owner, maker)] == [True, True, False]
    assert lifecycle.approvers_of(take) == [desk.member.user, admin.user, owner.user]
    with pytest.raises(NotAllowed) as raised:
        lifecycle.approve(generation=take, member=maker, now=NOW())
    assert str(desk.member.user) in raised.value.public
    assert status_of(take) == Status.AWAITING_APPROVAL


def test_somebody_of_another_team_does_not_know_of_it(desk, gated, maker):
    take, stranger = waiting(desk, maker), make_member(make_team())

    assert not lifecycle.may_approve(stranger, take)
    with pytest.raises(access.Missing):
        lifecycle.decline(generation=take, member=stranger, now=NOW())


def test_the_inbox_shows_what_one_may_decide_on(desk, gated, maker):
    owner = make_member(desk.team, Role.VIEWER)
    take, other = waiting(desk, maker), waiting(desk, make_member(desk.team, Role.CREATOR))
    ledger.set_budget(
        team=desk.team, window=Window.MONTH, limit=Decimal(1000), now=NOW(), member=maker.user, owner=owner.user
    )

    def inbox(member):
        return [approval.generation for approval in lifecycle.approvals_waiting(member)]

    assert inbox(desk.member) == [take, other]
    assert inbox(owner) == [take]
    assert inbox(maker) == inbox(make_member(make_team())) == []
    lifecycle.approve(generation=take, member=owner, now=NOW())
    assert inbox(desk.member) == [other]


def test_a_second_decision_hears_who_decided_and_when(desk, gated, maker):
    take, at = waiting(desk, maker), NOW()
    lifecycle.approve(generation=take, member=desk.member, now=at)

    for verb in (lifecycle.approve, lifecycle.decline):
        with pytest.raises(CannotApprove) as raised:
            verb(generation=take, member=desk.member, now=NOW())
        assert f"was approved already, by {desk.member.user} on {ledger.local_time(at, 'UTC')}" in raised.value.public
    assert status_of(take) == Status.QUEUED


def test_the_time_ends_it_and_returns_the_hold(desk, gated, maker):
    take, other = waiting(desk, maker), waiting(desk, maker)
    end = take.approval.expires_at
    Approval.objects.filter(generation=other).update(expires_at=end + timedelta(days=1))

    assert lifecycle.expire_approvals(end - timedelta(seconds=1)) == 0
    assert lifecycle.expire_approvals(end) == 1
    assert lifecycle.expire_approvals(end) == 0

    assert status_of(take) == Status.CANCELED
    assert desk.is_released(take)
    assert (take.failure_code, take.approval.outcome) == ("approval_expired", "expired")
    assert status_of(other) == Status.AWAITING_APPROVAL


@pytest.mark.parametrize("is_noticed", [True, False])
def test_a_yes_after_the_time_is_too_late(desk, gated, maker, is_noticed):
    take = waiting(desk, maker)
    late = take.approval.expires_at + timedelta(seconds=1)
    if is_noticed:
        lifecycle.expire_approvals(late)

    with pytest.raises(CannotApprove) as raised:
        lifecycle.approve(generation=take, member=desk.member, now=late)

    assert "nobody had decided by then" in raised.value.public
    assert status_of(take) == (Status.CANCELED if is_noticed else Status.AWAITING_APPROVAL)


def test_its_maker_may_cancel_it_while_it_waits(desk, gated, maker):
    take, at = waiting(desk, maker), NOW()

    assert lifecycle.cancel(generation=take, member=maker, now=at)

    assert status_of(take) == Status.CANCELED
    assert desk.is_released(take)
    assert (take.approval.outcome, take.approval.decided_by) == ("canceled", maker.user)
    with pytest.raises(CannotApprove) as raised:
        lifecycle.approve(generation=take, member=desk.member, now=NOW())
    assert f"was canceled by {maker.user}" in raised.value.public


def test_a_cancel_in_line_leaves_the_yes_as_it_was(desk, gated, maker):
    take = waiting(desk, maker)
    lifecycle.approve(generation=take, member=desk.member, now=NOW())

    lifecycle.cancel(generation=take, member=maker, now=NOW())

    take.approval.refresh_from_db()
    assert take.approval.outcome == "approved"


def test_a_take_that_never_waited_has_nothing_to_decide(desk):
    with pytest.raises(CannotApprove, match="does not wait for approval"):
        lifecycle.approve(generation=desk.take(), member=desk.member, now=NOW())


def test_a_note_that_is_too_long_changes_nothing(desk, gated, maker):
    take = waiting(desk, maker)

    with pytest.raises(LimitReached, match="501"):
        lifecycle.decline(generation=take, member=desk.member, now=NOW(), note="x" * 501)

    assert status_of(take) == Status.AWAITING_APPROVAL


def test_a_repeated_order_is_one_take_that_waits(desk, gated, maker):
    order = {"member": maker, "project": gated, "recipe": desk.recipe, "account": desk.account, "now": NOW()}

    first, second = [lifecycle.submit(**order, idempotency_key="form-1") for _ in range(2)]

    assert first.generation == second.generation
    assert Approval.objects.count() == 1
    assert desk.held == first.generation.hold_credits


def test_who_may_approve_is_mailed_once_and_nobody_else(desk, gated, maker):
    owner, expires_at = make_member(desk.team, Role.VIEWER), NOW() + timedelta(hours=72)
    ledger.set_budget(
        team=desk.team, window=Window.MONTH, limit=Decimal(1000), now=NOW(), member=maker.user, owner=owner.user
    )
    take = waiting(desk, maker)

    assert [lifecycle.tell_approvers(NOW()) for _ in range(2)] == [1, 0]

    mails = list(Mail.objects.order_by("to_id"))
    assert [mail.to for mail in mails] == [desk.member.user, owner.user]
    assert take.name in mails[0].subject
    for fact in (take.approval.why, f"/takes/{take.public_id}/", ledger.local_time(expires_at, "UTC")[:8]):
        assert fact in mails[0].text


def test_nobody_is_mailed_about_what_is_decided_or_over(desk, gated, maker):
    take, late = waiting(desk, maker), waiting(desk, maker)
    lifecycle.approve(generation=take, member=desk.member, now=NOW())

    lifecycle.tell_approvers(late.approval.expires_at)

    assert not Mail.objects.exists()


def test_the_clocks_minute_ends_what_is_over_and_tells_of_what_waits(desk, gated, maker):
    over, take = waiting(desk, maker), waiting(desk, maker)
    Approval.objects.filter(generation=over).update(expires_at=NOW())

    lifecycle.tend_books(NOW())

    assert status_of(over) == Status.CANCELED
    assert Mail.objects.get().key == f"approval:{take.public_id.hex}:{desk.member.user.pk}"


@pytest.mark.parametrize("rival", ["decline", "cancel"])
def test_of_two_at_once_one_decides_and_the_other_hears_of_it(road, rival):
    gate(road.project)
    take = road.take(member=make_member(road.team, Role.CREATOR))
    begin, told = threading.Barrier(2), []
    verbs = [lifecycle.approve, lifecycle.decline if rival == "decline" else lifecycle.cancel]

    def go(verb):
        try:
            begin.wait()
            verb(generation=Generation.objects.get(pk=take.pk), member=road.member, now=NOW())
        except CannotApprove as error:
            told.append(error.public)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=[verb]) for verb in verbs]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    approval = Approval.objects.get()
    ends = {"approved": Status.QUEUED, "declined": Status.CANCELED, "canceled": Status.CANCELED}
    if rival == "decline":
        assert len(told) == 1
        assert status_of(take) == ends[approval.outcome]
    else:  # a cancel after the yes is a cancel in line
        assert len(told) == (approval.outcome == "canceled")
        assert status_of(take) == Status.CANCELED
    assert road.held == (take.hold_credits if status_of(take) == Status.QUEUED else 0)


def test_a_take_whose_price_has_risen_is_not_approved_at_the_old_one(desk, gated, maker):
    take = waiting(desk, maker)
    rule = take.price_rule
    lifecycle.replace_price(
        rule, amount=rule.amount * 2, valid_from=NOW(), source="The provider", actor=desk.member.user, now=NOW()
    )

    with pytest.raises(lifecycle.Outdated, match="is now 280 credits, and 140 are held for it") as refused:
        lifecycle.approve(generation=take, member=desk.member, now=NOW() + timedelta(seconds=1))

    assert (refused.value.data["now"], refused.value.data["held"]) == ("280.000", "140.000")
    assert status_of(take) == Status.AWAITING_APPROVAL
    assert Approval.objects.get(generation=take).outcome == ""
    lifecycle.decline(generation=take, member=desk.member, now=NOW())
    assert desk.held == 0


def test_a_take_whose_price_has_fallen_is_approved_with_its_hold(desk, gated, maker):
    take = waiting(desk, maker)
    rule = take.price_rule
    lifecycle.replace_price(
        rule, amount=rule.amount / 2, valid_from=NOW(), source="The provider", actor=desk.member.user, now=NOW()
    )

    lifecycle.approve(generation=take, member=desk.member, now=NOW() + timedelta(seconds=1))

    assert status_of(take) == Status.QUEUED
    assert desk.held == 140


def test_a_take_whose_route_was_closed_is_not_approved(desk, gated, maker):
    take = waiting(desk, maker)
    key = take.quote_json["route"]
    lifecycle.close_route(desk.account, key, reason="It drifts.", now=NOW(), actor_id=desk.member.user.pk)

    with pytest.raises(lifecycle.Outdated, match="It drifts.*cannot be approved like this"):
        lifecycle.approve(generation=take, member=desk.member, now=NOW())

    assert status_of(take) == Status.AWAITING_APPROVAL


def test_a_take_whose_account_only_rests_is_approved_and_waits_in_line(desk, gated, maker):
    take = waiting(desk, maker)
    type(desk.account).objects.filter(pk=desk.account.pk).update(status="resting", status_reason="It is down.")

    lifecycle.approve(generation=take, member=desk.member, now=NOW())

    assert status_of(take) == Status.QUEUED
