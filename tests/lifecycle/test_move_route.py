"""A take that waits for a resting account goes elsewhere where its project allows it, and is held for anew."""

from decimal import Decimal

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from generations import ledger, lifecycle
from generations.choices import Role
from generations.models import Attempt, Generation, ProviderAccount, Status
from generations.portal.activity import activity_of
from generations.portal.cost import cost_of
from generations.providers import ADAPTERS, Misconfigured, Operation
from tests.fakes import Script, scripted
from tests.make import make_account, make_member, make_project
from tests.road import status_of

EMPTY = "fal does not serve this account."


@pytest.fixture
def elsewhere(road, monkeypatch):
    """The team has a Kling account too, which follows this script."""
    script = Script()
    monkeypatch.setitem(ADAPTERS, "kling", scripted(script))
    road.project.may_move_routes = True
    road.project.save()
    road.other = make_account(road.team, "kling", label="Kling play")
    return script


@pytest.fixture
def dearer(road):
    """Let the other route's price be so many percent of this one's."""

    def price(percent):
        offer = lifecycle.quote(team=road.team, recipe=road.recipe, now=timezone.now())
        here, there = offer.find(road.account.pk), offer.find(road.other.pk)
        factor = here.credits * Decimal(percent) / 100 / there.credits
        ProviderAccount.objects.filter(pk=road.other.pk).update(unit_price_usd=there.usd_per_unit * factor)

    return price


def rest(road, script, take, times=3):
    script.says("submit", *[Misconfigured(EMPTY, status=402, provider="fal") for _ in range(times)])
    for _ in range(times):
        road.due(take)
        road.send(seconds=0.2)
    assert ProviderAccount.objects.get(pk=road.account.pk).status == "resting"


def kinds(take):
    return [line.kind.value for line in ledger.movements_of(take)]


def test_it_moves_with_a_fresh_quote_and_a_fresh_hold(road, script, elsewhere):
    take = road.take()
    held = take.hold_credits
    rest(road, script, take)

    lifecycle.tick()
    road.send(seconds=0.3)

    assert status_of(take) == Status.RUNNING
    assert (take.account, elsewhere.count("submit"), script.count("submit")) == (road.other, 1, 3)
    assert take.route.provider == "kling"
    assert Decimal(take.quote_json["credits"]) == take.hold_credits == road.held
    assert kinds(take) == ["hold", "release", "hold"]
    note = take.events.get(kind="moved").note
    assert note.startswith(f"Moved from {road.account.label}, which rests, to Kling play.")
    difference = ledger.plain(abs(take.hold_credits - held))
    assert (difference in note) if take.hold_credits != held else "The price is the same." in note


def test_the_end_is_settled_on_the_new_hold(road, script, elsewhere):
    take = road.take()
    rest(road, script, take)
    lifecycle.tick()
    take.refresh_from_db()

    lifecycle.cancel(generation=take, member=road.member, now=timezone.now())

    assert kinds(take) == ["hold", "release", "hold", "release"]
    assert road.balances() == {"held": 0, "spent": 0, "shortfall": 0}
    assert cost_of(take).returned == take.hold_credits, "what came back when it moved is not counted again"


def test_a_project_that_does_not_allow_it_waits(road, script, elsewhere):
    take = road.take(project=make_project(road.team))
    rest(road, script, take)

    lifecycle.tick()

    assert status_of(take) == Status.QUEUED
    assert take.account == road.account
    assert kinds(take) == ["hold"]


def test_nothing_moves_from_an_account_that_is_only_paused(road, script, elsewhere):
    take = road.take()
    lifecycle.pause_account(road.account, reason="A moment.", now=timezone.now(), actor_id=None)

    lifecycle.tick()

    take.refresh_from_db()
    assert take.account == road.account


def test_at_most_a_quarter_dearer(road, script, elsewhere, dearer):
    dearer(126)
    take = road.take()
    rest(road, script, take)

    lifecycle.tick()

    assert status_of(take) == Status.QUEUED
    assert take.account == road.account and kinds(take) == ["hold"]
    assert "more than 25 percent dearer" in take.waiting_for
    assert take.due_at == ProviderAccount.objects.get(pk=road.account.pk).probe_at, "no look before the next question"


def test_a_little_dearer_will_do(road, script, elsewhere, dearer):
    dearer(124)
    take = road.take()
    rest(road, script, take)

    lifecycle.tick()

    take.refresh_from_db()
    assert take.account == road.other
    assert "credits more are held" in take.events.get(kind="moved").note


def test_a_team_that_cannot_pay_the_difference_keeps_its_hold(road, script, elsewhere, dearer):
    dearer(110)
    take = road.take()
    rest(road, script, take)
    left = ledger.balances(road.team).available
    ledger.expire(team=road.team, amount=left, key="rest", now=timezone.now())

    lifecycle.tick()

    assert status_of(take) == Status.QUEUED
    assert take.account == road.account and kinds(take) == ["hold"]
    assert road.held == take.hold_credits
    assert "credits" in take.waiting_for and take.events.filter(kind="stays").count() == 1


def test_why_it_stays_is_said_once(road, script, elsewhere):
    road.other.teams.clear()
    take = road.take()
    rest(road, script, take)

    for _ in range(3):
        road.due(take)
        lifecycle.tick()

    assert take.events.filter(kind="stays").count() == 1
    assert "No other route" in take.events.get(kind="stays").note


def test_play_credits_never_move_to_where_money_is_spent(road, script, elsewhere):
    ProviderAccount.objects.filter(pk=road.other.pk).update(is_sandbox=False)
    take = road.take()
    rest(road, script, take)

    lifecycle.tick()

    take.refresh_from_db()
    assert take.account == road.account


@pytest.mark.parametrize(
    "attempt",
    [
        {"sent_at": Now()},
        {"sent_at": Now(), "closed_at": Now(), "outcome": "uncertain"},
        {"sent_at": Now(), "closed_at": Now(), "outcome": "given_up"},
        {"sent_at": Now(), "closed_at": Now(), "outcome": "absent", "provider_task_id": "late-1"},
        {"sent_at": Now(), "closed_at": Now(), "outcome": "absent", "absent_count": 2},
        {"sent_at": Now(), "closed_at": Now(), "outcome": "accepted", "step": "identify-face"},
        {"sent_at": Now(), "closed_at": Now(), "outcome": "rejected", "step": "identify-face"},
    ],
)
def test_nothing_moves_that_the_provider_may_have_begun(road, script, elsewhere, attempt):
    take, other = road.take(), road.take()
    rest(road, script, other)
    Attempt.objects.create(generation=take, number=9, lease_token=1, **attempt)

    lifecycle.tick()

    assert status_of(take) == Status.QUEUED
    assert take.account == road.account
    assert "may have begun" in take.waiting_for
    other.refresh_from_db()
    assert other.account == road.other, "the one beside it moved"


def test_a_route_without_a_price_stops_neither_the_move_nor_the_clock(road, script, elsewhere, dearer):
    """Nothing can be held for a price of 0, so nothing can be ordered there."""
    take, other = road.take(), road.take()
    dearer(0)
    rest(road, script, take)

    lifecycle.tick()

    for each in (take, other):
        each.refresh_from_db()
        assert each.account == road.account
        assert "No other route" in each.waiting_for


def test_it_does_not_wander_for_ever(road, script, elsewhere, settings):
    settings.LIFECYCLE = {**settings.LIFECYCLE, "moves_per_take": 0}
    take = road.take()
    rest(road, script, take)

    lifecycle.tick()

    take.refresh_from_db()
    assert take.account == road.account
    assert "moved often enough" in take.waiting_for


def test_two_clocks_move_it_once(road, script, elsewhere):
    from generations.lifecycle.move_route import move_route

    take = road.take()
    rest(road, script, take)

    assert [move_route(take, now=timezone.now()) for _ in range(2)] == [True, False]
    assert kinds(take) == ["hold", "release", "hold"]


def test_a_pump_that_had_chosen_it_on_the_old_route_does_not_get_it(road, script, elsewhere, monkeypatch):
    """Its turn comes on the old route at the very moment at which it moves."""
    from generations.lifecycle import SubmitPump, dispatch

    take = road.take()
    rest(road, script, take)
    take.refresh_from_db()
    stale = Generation.objects.select_related("team", "created_by").get(pk=take.pk)
    lifecycle.tick()
    ProviderAccount.objects.update(status="active", resting_since=None)
    pump = SubmitPump(seconds=0)
    pump._lease()
    old = pump.accounts.get(road.account.pk) or ProviderAccount.objects.get(pk=road.account.pk)

    assert pump._take(stale, old) is None, "read before it moved: its lease token is another one now"
    assert pump._take(Generation.objects.get(pk=take.pk), old) is None, "read after it moved: another account's"

    monkeypatch.setattr(dispatch, "next_in_turn", lambda account_id, free: [take.pk])
    claims = pump.claim(10)
    pump._let_go()
    assert {claim.account.pk for claim in claims} <= {road.other.pk}
    for claim in claims:
        road.put(take, status=Status.QUEUED, lease_until=None)
        Attempt.objects.filter(pk=claim.attempt_id).update(closed_at=Now(), outcome="not_sent")


def test_a_moved_take_goes_back_to_nobody_twice(road, script, elsewhere):
    """On the new route it is a take like any other: it has its own number, and is sent once."""
    take = road.take()
    rest(road, script, take)
    elsewhere.says("submit", Operation("kling-1"))
    lifecycle.tick()

    for _ in range(3):
        lifecycle.tick()
        road.send(seconds=0.2)

    assert status_of(take) == Status.RUNNING
    assert (take.provider_task_id, elsewhere.count("submit")) == ("kling-1", 1)


def test_the_activity_names_the_account_of_its_time(road, script, elsewhere):
    take = road.take()
    rest(road, script, take)
    lifecycle.tick()
    road.send(seconds=0.3)
    take.refresh_from_db()

    texts = [line.text for line in activity_of(take).lines]

    assert f"{road.member.user} ordered the take on {road.account.label}." in texts
    assert f"Attempt 1: {road.account.label} refused the order." in texts
    assert "Attempt 4: Kling play took the order." in texts


def gate(road, above):
    road.project.approval_above_credits = Decimal(above)
    road.project.save()


def test_a_move_does_not_go_round_the_gate_of_its_project(road, script, elsewhere, dearer):
    dearer(110)
    take = road.take()
    gate(road, take.hold_credits)
    rest(road, script, take)

    lifecycle.tick()

    assert status_of(take) == Status.QUEUED
    assert take.account == road.account and kinds(take) == ["hold"]
    assert "wait for approval in this project" in take.waiting_for


def test_a_take_that_was_let_through_the_gate_may_move_a_little_dearer(road, script, elsewhere, dearer):
    dearer(110)
    gate(road, "1")
    maker = make_member(road.team, Role.CREATOR)
    take = road.take(member=maker)
    lifecycle.approve(generation=take, member=road.member, now=timezone.now())
    rest(road, script, take)

    lifecycle.tick()

    take.refresh_from_db()
    assert take.account == road.other


def test_a_cheaper_move_needs_no_yes(road, script, elsewhere, dearer):
    dearer(90)
    take = road.take()
    gate(road, "1")
    rest(road, script, take)

    lifecycle.tick()

    take.refresh_from_db()
    assert take.account == road.other
