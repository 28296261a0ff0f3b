"""A take that moves to another route: its hold goes back, another one is taken, and only that one is settled."""

from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from generations import ledger
from generations.models import Generation
from tests.road import differences


def hold_again(take, credits):
    """As `lifecycle` does it: the take's row and its hold in one transaction."""
    with transaction.atomic():
        Generation.objects.filter(pk=take.pk).update(hold_credits=Decimal(credits))
        posted = ledger.hold_again(
            generation=take, amount=Decimal(credits), now=timezone.now(), reason="It moved to another route."
        )
    take.hold_credits = Decimal(credits)
    return posted


@pytest.fixture
def take(books):
    books.grant(1000)
    yield books.held_take(140)
    assert differences() == []


def test_the_old_hold_goes_back_and_the_new_one_is_taken(books, take):
    hold_again(take, 90)

    assert books.balances() == {"available": "910", "held": "90", "given": "1,000"}
    assert [line.kind for line in ledger.movements_of(take)] == ["hold", "release", "hold"]
    assert ledger.movements_of(take)[1].reason == "It moved to another route."


def test_the_end_settles_the_newest_hold(books, take):
    hold_again(take, 90)
    hold_again(take, 120)
    books.settle(take, 50)

    assert books.balances() == {"available": "950", "spent": "50", "given": "1,000"}
    assert not books.settle(take, 50).is_new, "settling again answers with what was done"


def test_a_team_without_the_difference_keeps_its_old_hold(books, take):
    with pytest.raises(ledger.InsufficientCredits):
        hold_again(take, 1001)

    assert books.balances() == {"available": "860", "held": "140", "given": "1,000"}


def test_a_hold_that_was_resolved_is_not_held_again(books, take):
    books.settle(take, 140)

    with pytest.raises(ledger.HoldResolved), transaction.atomic():
        ledger.hold_again(generation=take, amount=Decimal(90), now=timezone.now(), reason="It moved.")
    assert books.balances() == {"available": "860", "spent": "140", "given": "1,000"}


def test_an_older_hold_that_was_not_returned_is_a_difference(books):
    books.grant(1000)
    take = books.held_take(140)
    hold_again(take, 90)

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL session_replication_role = 'replica'")
        cursor.execute("UPDATE generations_movement SET kind = 'capture' WHERE kind = 'release'")

    assert f"resolved at the end: T-{take.number} says" in "".join(differences())


def test_a_take_that_moved_often_is_settled_on_the_newest_hold_all_the_same(books, take):
    for credits in range(100, 112):
        hold_again(take, credits)

    assert len(ledger.movements_of(take)) == 25
    books.settle(take, 111)
    assert books.balances() == {"available": "889", "spent": "111", "given": "1,000"}
