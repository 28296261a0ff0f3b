"""The end of a take and its money: what is captured, what comes back, and what goes beyond the hold."""

from decimal import Decimal

import pytest
from django.utils import timezone

from generations import ledger, lifecycle
from generations.lifecycle.settle import charge_for_failure, charge_for_success
from generations.models import Movement, Status
from generations.providers import Cost


@pytest.fixture
def take(desk):
    take = desk.take()
    return desk.put(take, status=Status.INGESTING)


def end(take, charged, to=Status.DONE):
    return lifecycle.finish(take, to=to, charged=Decimal(charged), now=timezone.now())


def moves(take):
    return [(line.kind.value, line.amount) for line in ledger.movements_of(take)]


def test_the_whole_hold_is_captured_when_all_of_it_was_charged(take, desk):
    assert end(take, take.hold_credits)

    assert desk.balances() == {"held": 0, "spent": take.hold_credits, "shortfall": 0}


def test_a_partial_charge_returns_the_remainder_in_the_same_movement(take, desk):
    before = ledger.balances(desk.team).available

    assert end(take, 40)

    rest = take.hold_credits - 40
    assert desk.balances() == {"held": 0, "spent": 40, "shortfall": 0}
    assert ledger.balances(desk.team).available == before + rest
    assert Movement.objects.filter(generation=take).count() == 2


def test_no_charge_is_a_release(take, desk):
    assert end(take, 0, Status.FAILED)

    assert desk.is_released(take)
    assert desk.balances() == {"held": 0, "spent": 0, "shortfall": 0}


def test_more_than_was_held_is_an_overrun(take, desk):
    assert end(take, take.hold_credits + 7)

    assert desk.balances() == {"held": 0, "spent": take.hold_credits + 7, "shortfall": 7}
    assert [kind for kind, _ in moves(take)] == ["hold", "capture", "overrun"]
    with pytest.raises(ledger.ShortfallOpen):
        desk.take()


def test_a_success_after_a_release_is_an_overrun(take, desk):
    end(take, 0, Status.FAILED)
    assert take.advance(Status.INGESTING, only_from=frozenset({Status.FAILED}))

    assert end(take, 30)

    assert [kind for kind, _ in moves(take)] == ["hold", "release", "overrun"]
    assert desk.balances() == {"held": 0, "spent": 30, "shortfall": 30}
    assert take.charged_credits == 30


def test_a_success_after_a_charged_failure_costs_only_the_difference(take, desk):
    end(take, 10, Status.FAILED)
    take.advance(Status.INGESTING, only_from=frozenset({Status.FAILED}))

    assert end(take, 30)

    assert moves(take)[-1] == ("overrun", Decimal(20))
    assert desk.balances()["spent"] == take.charged_credits == 30


def test_a_success_that_costs_less_than_the_failure_before_keeps_what_was_captured(take, desk):
    end(take, 30, Status.FAILED)
    take.advance(Status.INGESTING, only_from=frozenset({Status.FAILED}))

    assert end(take, 10)

    assert desk.balances()["spent"] == take.charged_credits == 30


def test_only_one_end_is_settled(take, desk):
    assert end(take, 40)

    assert not end(take, 50, Status.FAILED)

    assert desk.balances()["spent"] == take.charged_credits == 40


def test_status_and_money_change_together_or_not_at_all(take, desk, monkeypatch):
    from generations.lifecycle import settle

    def broken(*args, **facts):
        raise ValueError("a bug")

    monkeypatch.setattr(settle.ledger, "settle", broken)
    with pytest.raises(ValueError):
        end(take, 40)

    take.refresh_from_db()
    assert take.status == Status.INGESTING
    assert desk.held == take.hold_credits


@pytest.mark.parametrize(
    ("cost", "credits"),
    [
        (None, "the hold"),
        (Cost(Decimal(0), "anything"), 0),
        (Cost(Decimal("0.5"), "usd"), 50),
        (Cost(Decimal(5), "fal_unit"), "the hold"),
        (Cost(Decimal(5), "doubloon"), "the hold"),
        (Cost(Decimal(5), "kling_unit"), "the hold"),
    ],
)
def test_a_success_costs_what_was_reported_or_the_quoted_price(take, cost, credits):
    assert charge_for_success(take, cost) == (take.hold_credits if credits == "the hold" else credits)


@pytest.mark.parametrize("cost", [None, Cost(Decimal(5), "doubloon")])
def test_a_failure_with_an_unknown_charge_costs_nothing(take, cost):
    assert charge_for_failure(take, cost) == 0
