"""Credits that came in together, are spent in order, and expire together."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from generations import ledger
from generations.models import CreditLot, Movement
from tests.ledger.books import differences

D = Decimal
NOW = timezone.now()
TOMORROW, NEXT_WEEK, LATER = (NOW + timedelta(days=days) for days in (1, 7, 8))


@pytest.fixture
def lots(books):
    """A hundred that stay, and as many each until tomorrow and next week; the names in the order of spending."""
    books.grant("100", reason="stays")
    books.grant("100", reason="next week", expires_at=NEXT_WEEK)
    books.grant("100", reason="tomorrow", expires_at=TOMORROW)
    yield books
    assert differences() == []


def left(books):
    return [(item.lot.movement.reason, ledger.plain(item.remaining)) for item in ledger.lots_of(books.team)]


def test_what_expires_soonest_is_spent_first(lots):
    lots.held_take("150")

    assert left(lots) == [("tomorrow", "0"), ("next week", "50"), ("stays", "100")]


def test_of_lots_that_expire_together_the_lower_priority_goes_first_then_the_older(books):
    books.grant("10", reason="older", expires_at=TOMORROW)
    books.grant("10", reason="newer", expires_at=TOMORROW)
    books.grant("10", reason="first", expires_at=TOMORROW, priority=1)

    books.held_take("15")

    assert left(books) == [("first", "0"), ("older", "5"), ("newer", "10")]


def test_what_comes_back_refills_what_was_drawn_last(lots):
    take = lots.held_take("150")

    lots.settle(take, "120")

    assert left(lots) == [("tomorrow", "0"), ("next week", "80"), ("stays", "100")]


def test_a_lot_that_comes_later_does_not_take_over_what_was_spent_before(lots):
    lots.held_take("50")

    lots.grant("100", reason="in an hour", expires_at=NOW + timedelta(hours=1))
    lots.held_take("30")

    assert left(lots) == [("in an hour", "70"), ("tomorrow", "50"), ("next week", "100"), ("stays", "100")]


def test_what_was_not_used_in_time_expires_with_a_movement(lots):
    lots.settle(lots.held_take("40"), "40")

    assert ledger.expire_due(lots.team, now=TOMORROW) == 1
    assert ledger.expire_due(lots.team, now=TOMORROW) == 0

    assert lots.balances() == {"available": "200", "spent": "40", "given": "300", "expired": "60"}
    assert Movement.objects.get(kind="expire").reason == "60 of these 100 credits were not used in time."
    assert left(lots) == [("next week", "100"), ("stays", "100")]


def test_what_is_held_does_not_expire_and_is_spent_by_its_take(lots):
    take = lots.held_take("100")

    ledger.expire_due(lots.team, now=TOMORROW)
    lots.settle(take, "100")
    ledger.expire_due(lots.team, now=LATER)

    assert lots.balances() == {"available": "100", "spent": "100", "given": "300", "expired": "100"}
    assert left(lots) == [("stays", "100")]


def test_what_comes_back_after_its_lot_is_over_expires_then(lots):
    take = lots.held_take("100")
    ledger.expire_due(lots.team, now=TOMORROW)
    assert lots.balances() == {"available": "200", "held": "100", "given": "300"}

    lots.settle(take, "0")
    assert ledger.teams_with_expiry(TOMORROW) == [lots.team]
    ledger.expire_due(lots.team, now=TOMORROW)

    assert lots.balances() == {"available": "200", "given": "300", "expired": "100"}
    assert "came back after they had expired" in Movement.objects.filter(kind="expire").last().reason
    assert ledger.teams_with_expiry(TOMORROW) == []


def test_nothing_is_held_from_credits_that_have_expired_even_before_the_clock_books_it(books):
    books.grant("100", expires_at=TOMORROW)
    take = books.take("50")

    with pytest.raises(ledger.InsufficientCredits) as refused:
        ledger.hold(team=books.team, amount=D(50), generation=take, now=TOMORROW)

    assert refused.value.available == 0
    assert books.balances() == {"given": "100", "expired": "100"}
    take.delete()


def test_a_hold_at_the_last_moment_is_taken_and_the_rest_expires(books):
    books.grant("100", expires_at=TOMORROW)
    take = books.take("50")

    ledger.hold(team=books.team, amount=D(50), generation=take, now=TOMORROW - timedelta(microseconds=1))
    ledger.expire_due(books.team, now=TOMORROW)

    assert books.balances() == {"held": "50", "given": "100", "expired": "50"}


def test_credits_that_expire_in_the_past_are_refused(books):
    with pytest.raises(ledger.BadExpiry, match="future"):
        books.grant("100", expires_at=NOW - timedelta(seconds=1))

    assert books.count() == 0


def test_what_covers_a_shortfall_is_not_in_the_lot(books):
    books.grant("10")
    take = books.held_take("10")
    books.settle(take, "10")
    books.overrun(take, "4")

    books.grant("100", expires_at=TOMORROW, reason="after")

    assert left(books) == [("after", "96"), ("", "0")]
    assert CreditLot.objects.get(movement__reason="after").amount == D(96)


def test_a_grant_that_is_repeated_makes_one_lot(books):
    for _ in range(2):
        books.grant("100", key="the same", expires_at=TOMORROW)

    assert CreditLot.objects.filter(team=books.team).count() == 1
