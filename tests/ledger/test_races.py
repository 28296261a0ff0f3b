"""Many at once, on real connections: nothing is spent twice, nobody waits for ever."""

import threading
from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from generations import ledger
from generations.models import Movement
from tests.ledger.books import Books, differences
from tests.ledger.races import PATIENCE_SECONDS, at_once, my_pid, wait_for_one_behind
from tests.make import make_generation, make_price_rules

D = Decimal
pytestmark = pytest.mark.usefixtures("commits")


@pytest.fixture
def books(transactional_db):
    books = Books()
    yield books
    assert differences() == []


def settle(books, take, charged):
    """As `lifecycle` does it: the take's end and its money in one transaction, with what goes beyond the hold."""
    with transaction.atomic():
        posted = books.settle(take, charged)
        if D(charged) > take.hold_credits:
            books.overrun(take, D(charged) - take.hold_credits)
        return posted


def test_fifty_holds_against_credits_for_twenty_let_exactly_twenty_pass(books):
    books.grant("200")
    takes = [books.take("10") for _ in range(50)]

    answers = at_once(*(partial(books.hold, take) for take in takes))

    held = [answer for answer in answers if isinstance(answer, ledger.Posted)]
    refused = [answer for answer in answers if isinstance(answer, ledger.InsufficientCredits)]
    assert (len(held), len(refused)) == (20, 30)
    assert {(error.needed, error.available) for error in refused} == {(D(10), D(0))}
    assert books.balances() == {"held": "200", "given": "200"}
    for take, answer in zip(takes, answers, strict=True):
        if not isinstance(answer, ledger.Posted):
            take.delete()


def test_the_same_grant_from_eight_threads_is_one_movement(books):
    answers = at_once(*[partial(books.grant, "100", key="the same")] * 8)

    assert {answer.movement_id for answer in answers} == {Movement.objects.get().pk}
    assert sorted(answer.is_new for answer in answers) == [False] * 7 + [True]
    assert books.balances() == {"available": "100", "given": "100"}


def test_the_same_hold_from_eight_threads_is_one_movement(books):
    books.grant("100")
    take = books.take("60")

    answers = at_once(*[partial(books.hold, take)] * 8)

    assert {answer.movement_id for answer in answers} == {Movement.objects.get(kind="hold").pk}
    assert sum(answer.is_new for answer in answers) == 1
    assert books.balances() == {"available": "40", "held": "60", "given": "100"}


def test_a_capture_and_a_release_at_once_resolve_the_hold_once(books):
    books.grant("600")
    for _ in range(6):
        take = books.held_take("100")
        ends = [partial(ledger.settle, generation=take, charged=D(charged), now=timezone.now()) for charged in (100, 0)]

        captured, released = at_once(*ends)

        (loser,) = [answer for answer in (captured, released) if not isinstance(answer, ledger.Posted)]
        assert isinstance(loser, ledger.KeyReused)
        books.close(take, D(100) if loser is released else D(0))
        assert Movement.objects.filter(generation=take, kind__in=["capture", "release"]).count() == 1


def test_the_same_settlement_from_eight_threads_is_one_movement(books):
    books.grant("300")
    for _ in range(5):
        take = books.held_take("60")

        answers = at_once(*[partial(ledger.settle, generation=take, charged=D(45), now=timezone.now())] * 8)

        books.close(take, D(45))
        assert [answer for answer in answers if not isinstance(answer, ledger.Posted)] == []
        assert len({answer.movement_id for answer in answers}) == 1
        assert sum(answer.is_new for answer in answers) == 1
    assert books.balances() == {"available": "75", "spent": "225", "given": "300"}


def test_the_same_form_sent_from_eight_threads_is_one_take_and_one_hold(books):
    make_price_rules()
    books.grant("1000")

    takes = at_once(*[partial(make_generation, books.member, key="one form")] * 8)

    assert {take.pk for take in takes} == {books.team.generations.get().pk}
    assert books.lines()[1:] == [("hold", "140", "Available", "Held")]


def test_a_last_credit_is_either_held_or_expired(books):
    books.grant("100")
    take = books.take("100")

    held, expired = at_once(partial(books.hold, take), partial(books.expire, "100"))

    assert isinstance(held, ledger.Posted) != isinstance(expired, ledger.Posted)
    if not isinstance(held, ledger.Posted):
        take.delete()


def test_two_grants_at_once_cover_a_shortfall_once(books):
    books.grant("10")
    take = books.held_take("10")
    settle(books, take, "40")

    answers = at_once(partial(books.grant, "25"), partial(books.grant, "25"))

    assert all(isinstance(answer, ledger.Posted) for answer in answers)
    assert books.balances() == {"available": "20", "spent": "40", "given": "60"}


def test_two_teams_in_opposite_orders_do_not_deadlock(books):
    other = Books()
    for each in (books, other):
        each.grant("1000")

    def walk(first, second):
        for _ in range(10):
            for each in (first, second):
                take = each.held_take("5")
                settle(each, take, "3")

    answers = at_once(*[partial(walk, books, other), partial(walk, other, books)] * 2)

    assert answers == [None] * 4
    for each in (books, other):
        assert each.balances() == {"available": "880", "spent": "120", "given": "1,000"}


def test_movements_that_cross_between_the_same_purses_do_not_deadlock(books):
    """Holds go available → held, releases held → available, grants into the shortfall, overruns out of it."""
    books.grant("10000")
    ends = {"release": "0", "capture": "10", "part": "4", "overrun": "12"}
    held = {name: [books.held_take("10") for _ in range(8)] for name in ends}
    new = [books.take("10") for _ in range(8)]

    def hold_patiently(take):
        while True:
            try:
                return books.hold(take)
            except ledger.ShortfallOpen as refused:
                books.grant(refused.shortfall)

    def each(act, *rows):
        return [act(*row) for row in zip(*rows, strict=True)]

    answers = at_once(
        partial(each, hold_patiently, new),
        *(partial(each, partial(settle, books), takes, [ends[name]] * 8) for name, takes in held.items()),
        partial(each, books.grant, ["3"] * 8),
        partial(each, books.expire, ["1"] * 8),
    )

    assert [answer for answer in answers if isinstance(answer, Exception)] == []


def test_a_hold_that_waits_for_an_overrun_sees_the_shortfall(books):
    """Everything of a team waits for its purse first, so nothing can wait in a ring; and what waited looks anew."""
    books.grant("1000")
    take, waiting = books.held_take("100"), books.take("50")
    pids, is_captured = {}, threading.Event()

    def overrun_in_two_steps():
        pids["overrun"] = my_pid()
        with transaction.atomic():
            books.settle(take, "100")
            is_captured.set()
            wait_for_one_behind(pids["overrun"])
            books.overrun(take, "5")

    def hold_meanwhile():
        assert is_captured.wait(PATIENCE_SECONDS)
        books.hold(waiting)

    answers = at_once(overrun_in_two_steps, hold_meanwhile)

    assert [answers[0], type(answers[1])] == [None, ledger.ShortfallOpen]
    assert books.balances() == {"available": "900", "spent": "105", "shortfall": "5", "given": "1,000"}
    waiting.delete()
