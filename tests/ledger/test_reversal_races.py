"""Corrections that are made at the same time, or beside a hold: one of them is booked, and the books stay right."""

from collections import Counter
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from generations import ledger
from generations.models import Generation, Movement
from tests.ledger.books import Books, differences
from tests.ledger.races import at_once

pytestmark = pytest.mark.usefixtures("commits")


@pytest.fixture
def books(transactional_db):
    books = Books()
    yield books
    assert differences() == []


def correction(books, posted, key):
    movement = Movement.objects.get(pk=posted.movement_id)
    facts = {"actor": books.member.user, "now": timezone.now(), "reason": "Booked by mistake"}
    return lambda: ledger.reverse(movement=movement, key=key, **facts)


def outcomes(results):
    return Counter(getattr(result, "is_new", type(result).__name__) for result in results)


def test_two_forms_at_once_take_back_once(books):
    given = books.grant(100)

    results = at_once(*(correction(books, given, f"form {number}") for number in range(6)))

    assert outcomes(results) == {True: 1, "AlreadyReversed": 5}
    assert books.balances() == {}


def test_one_form_sent_many_times_at_once_takes_a_charge_back_once(books):
    books.grant(100)
    take = books.held_take(30)
    capture = books.settle(take, 30)

    results = at_once(*[correction(books, capture, "one form")] * 6)

    assert outcomes(results) == {True: 1, False: 5}
    assert books.balances() == {"available": "100", "given": "100"}
    assert Generation.objects.get(pk=take.pk).charged_credits == 0


def test_a_hold_and_the_correction_of_its_credits_do_not_both_get_them(books):
    given = books.grant(100)
    take = books.take(60)

    held, back = at_once(lambda: books.hold(take), correction(books, given, "form"))

    winners = [result for result in (held, back) if isinstance(result, ledger.Posted)]
    assert len(winners) == 1, (held, back)
    if isinstance(back, ledger.Posted):
        assert isinstance(held, ledger.InsufficientCredits)
        take.delete()  # as the transaction of its order would
    else:
        assert isinstance(back, ledger.GoneSince)
        assert books.balances()["available"] == "40"


def test_an_overrun_and_a_refund_at_once_keep_the_takes_charge(books):
    books.grant(100)
    take = books.held_take(30)
    capture = books.settle(take, 30)

    def more():
        """As `lifecycle` does it: the take's row first, then the money."""
        with transaction.atomic():
            Generation.objects.filter(pk=take.pk).update(charged_credits=F("charged_credits") + 5)
            return ledger.overrun(generation=take, amount=Decimal(5), key="more", now=timezone.now())

    results = at_once(more, correction(books, capture, "form"))

    assert outcomes(results) == {True: 2}
    assert Generation.objects.get(pk=take.pk).charged_credits == 5
