"""The books in stories. Each ends with every balance, the statement, and the proof that all adds up."""

from decimal import Decimal

import pytest
from django.db import transaction

from generations import ledger
from generations.ledger import movements
from generations.models import Movement, Purse, Team
from tests.ledger.books import Books, differences
from tests.make import make_project

D = Decimal


@pytest.fixture(autouse=True)
def _the_books_add_up_at_the_end(books):
    yield
    assert differences() == []


def test_a_new_team_has_nothing_and_no_statement(books):
    assert books.balances() == {}
    assert books.lines() == []


def test_a_grant_makes_credits_available(books):
    posted = books.grant("1000", actor=books.member.user, reason="Spring campaign")

    assert posted.is_new
    assert books.balances() == {"available": "1,000", "given": "1,000"}
    assert books.lines() == [("grant", "1,000", "Granted", "Available")]
    (line,) = ledger.statement(team=books.team)
    assert (line.movement_id, line.actor, line.reason) == (posted.movement_id, books.member.user, "Spring campaign")
    assert (line.available_after, line.held_after) == (D(1000), None)


def test_a_purchase_comes_from_its_own_source(books):
    books.grant("500", kind=Movement.Kind.PURCHASE)

    assert books.balances() == {"available": "500", "given": "500"}
    assert books.lines() == [("purchase", "500", "Purchased", "Available")]


def test_a_hold_sets_credits_aside_for_one_take(books):
    books.grant("1000")

    take = books.held_take("140")

    assert books.balances() == {"available": "860", "held": "140", "given": "1,000"}
    assert books.lines()[1:] == [("hold", "140", "Available", "Held")]
    (line,) = ledger.movements_of(take)
    assert (line.available_after, line.held_after) == (D(860), D(140))
    assert [hold.generation for hold in ledger.open_holds(books.team)] == [take]


def test_a_capture_in_part_returns_the_remainder_in_the_same_movement(books):
    books.grant("1000")
    take = books.held_take("140")

    books.settle(take, "98.5", reason="Stored.")

    assert books.balances() == {"available": "901.5", "spent": "98.5", "given": "1,000"}
    assert books.lines()[2:] == [("capture", "98.5", "Held", "Spent, Available")]
    capture = ledger.movements_of(take)[-1]
    signed = {entry.account: entry.amount for entry in capture.entries}
    assert signed == {"held": D("-140"), "spent": D("98.5"), "available": D("41.5")}
    assert (capture.available_after, capture.held_after, capture.reason) == (D("901.5"), D(0), "Stored.")
    assert not ledger.open_holds(books.team).exists()


def test_a_capture_of_everything_touches_available_no_more(books):
    books.grant("1000")
    take = books.held_take("140")

    books.settle(take, "140")

    assert books.balances() == {"available": "860", "spent": "140", "given": "1,000"}
    assert books.lines()[2:] == [("capture", "140", "Held", "Spent")]
    assert ledger.movements_of(take)[-1].available_after is None


def test_a_release_returns_the_whole_hold(books):
    books.grant("1000")
    take = books.held_take("140")

    books.settle(take, 0, reason="Refused by the provider.")

    assert books.balances() == {"available": "1,000", "given": "1,000"}
    assert books.lines()[2:] == [("release", "140", "Held", "Available")]


def test_unused_credits_expire_out_of_what_is_available(books):
    books.grant("1000")
    books.held_take("140")

    books.expire("860", reason="End of the contract")

    assert books.balances() == {"held": "140", "given": "1,000", "expired": "860"}
    assert books.lines()[2:] == [("expire", "860", "Available", "Expired")]


def test_credits_set_aside_for_a_take_do_not_expire(books):
    books.grant("1000")
    books.held_take("140")

    with pytest.raises(ledger.InsufficientCredits) as refused, transaction.atomic():
        books.expire("860.001")

    assert (refused.value.needed, refused.value.available) == (D("860.001"), D(860))
    assert books.balances() == {"available": "860", "held": "140", "given": "1,000"}


def test_a_hold_beyond_what_is_available_is_refused_and_names_both_amounts(books):
    books.grant("100")
    take = books.take("140")

    with pytest.raises(ledger.InsufficientCredits) as refused, transaction.atomic():
        books.hold(take)

    assert (refused.value.needed, refused.value.available) == (D(140), D(100))
    assert {name: D(value) for name, value in refused.value.data.items()} == {"needed": 140, "available": 100}
    assert "needs 140 credits and the team has 100 left" in refused.value.public
    assert books.balances() == {"available": "100", "given": "100"}
    assert books.count() == 1
    take.delete()  # as the transaction of `lifecycle.submit` would


def test_the_first_grant_opens_the_books_of_a_team_that_has_none(books):
    books.team = Team.objects.create(name="Unopened", slug="unopened")

    books.grant("5")
    books.grant("2")

    assert books.balances() == {"available": "7", "given": "7"}
    assert Purse.objects.filter(team=books.team).count() == 1


def test_a_team_whose_books_were_never_opened_has_no_credits_left(books):
    team = Team.objects.create(name="Unopened", slug="unopened")
    take = books.take("140")
    take.team = team
    take.project = make_project(team)

    with pytest.raises(ledger.InsufficientCredits) as refused, transaction.atomic():
        take.save()
        books.hold(take)

    assert (refused.value.needed, refused.value.available) == (D(140), D(0))
    take.delete()


def test_a_hold_of_the_last_credit_passes(books):
    books.grant("140")

    books.held_take("140")

    assert books.balances() == {"held": "140", "given": "140"}


def test_an_overrun_goes_into_the_shortfall_and_blocks_new_holds(books):
    books.grant("1000")
    take = books.held_take("140")
    books.settle(take, "150")
    books.overrun(take, "10")

    assert books.balances() == {"available": "860", "spent": "150", "shortfall": "10", "given": "1,000"}
    assert books.lines()[2:] == [("capture", "140", "Held", "Spent"), ("overrun", "10", "Shortfall", "Spent")]
    other = books.take("1")
    with pytest.raises(ledger.ShortfallOpen) as refused, transaction.atomic():
        books.hold(other)
    assert refused.value.shortfall == D(10)
    assert "cost 10 credits more than was held" in refused.value.public
    assert books.count() == 4
    other.delete()


def test_a_grant_covers_the_shortfall_first_and_holds_pass_again(books):
    books.grant("200")
    take = books.held_take("140")
    books.settle(take, "140")
    books.overrun(take, "30")

    books.grant("20")

    assert books.balances() == {"available": "60", "spent": "170", "shortfall": "10", "given": "220"}
    assert books.lines()[-1] == ("grant", "20", "Granted", "Shortfall")

    books.grant("50")

    assert books.balances() == {"available": "100", "spent": "170", "given": "270"}
    assert books.lines()[-1] == ("grant", "40", "Granted", "Available, Shortfall")
    books.held_take("100")
    assert books.balances() == {"held": "100", "spent": "170", "given": "270"}


def test_a_charge_after_a_release_is_an_overrun_of_the_whole_charge(books):
    books.grant("200")
    take = books.held_take("140")
    books.settle(take, 0)

    books.overrun(take, "140")

    assert books.balances() == {"available": "200", "spent": "140", "shortfall": "140", "given": "200"}


def test_repeating_a_call_with_the_same_key_changes_nothing(books):
    take = books.take("140")
    calls = (
        lambda: books.grant("1000", key="grant:1"),
        lambda: books.hold(take),
        lambda: books.settle(take, "100"),
        lambda: ledger.overrun(generation=take, amount=D(5), key="overrun:1", now=take.created_at),
        lambda: books.expire("50", key="expire:1"),
    )

    for call in calls:
        first = call()
        before = (books.balances(), books.lines())
        again = call()
        assert (first.is_new, again.is_new) == (True, False)
        assert again.movement_id == first.movement_id
        assert (books.balances(), books.lines()) == before
    assert books.balances() == {"available": "850", "spent": "105", "shortfall": "5", "given": "1,000", "expired": "50"}
    books.close(take, D(105))


def test_a_grant_repeated_after_its_shortfall_was_covered_changes_nothing(books):
    take = books.take("10")
    books.grant("10")
    books.hold(take)
    books.settle(take, "10")
    books.overrun(take, "5")
    first = books.grant("20", key="grant:2")
    before = books.balances()

    again = books.grant("20", key="grant:2")

    assert (again.movement_id, again.is_new) == (first.movement_id, False)
    assert books.balances() == before == {"available": "15", "spent": "15", "given": "30"}


def test_a_key_that_was_used_for_something_else_crashes(books):
    books.grant("1000", key="one")
    other = Books()
    misuses = (
        lambda: books.expire("1000", key="one"),
        lambda: other.grant("1000", key="one"),
        lambda: books.grant("1000", key="one", kind=Movement.Kind.PURCHASE),
        lambda: books.grant("1001", key="one"),
    )

    for misuse in misuses:
        with pytest.raises(ledger.KeyReused), transaction.atomic():
            misuse()
    assert books.balances() == {"available": "1,000", "given": "1,000"}
    assert other.balances() == {}


def test_a_take_is_held_once_and_not_for_another_amount(books):
    books.grant("1000")
    take = books.held_take("140")

    with pytest.raises(ledger.KeyReused), transaction.atomic():
        books.hold(take, "150")

    assert books.balances() == {"available": "860", "held": "140", "given": "1,000"}


def test_a_captured_hold_cannot_be_released_and_a_released_one_not_captured(books):
    books.grant("1000")
    captured, released = books.held_take("140"), books.held_take("70")
    books.settle(captured, "140")
    books.settle(released, 0)
    before = books.balances()

    for take, charged in ((captured, 0), (released, 70)):
        with pytest.raises(ledger.KeyReused), transaction.atomic():
            ledger.settle(generation=take, charged=D(charged), now=take.created_at)

    assert books.balances() == before


def test_a_hold_is_resolved_at_most_once_whatever_the_key(books):
    books.grant("1000")
    take = books.held_take("140")
    books.settle(take, "100")

    with pytest.raises(ledger.HoldResolved), transaction.atomic():
        movements.run("SELECT movement_id, is_new FROM ledger_settle(%s, 0, 'another key', '', now())", [take.pk])

    assert books.balances() == {"available": "900", "spent": "100", "given": "1,000"}


@pytest.mark.parametrize("amount", ["0", "-1", "0.0001", "1000000000", "NaN", "Infinity", "-Infinity"])
def test_an_amount_that_no_book_can_hold_is_refused(books, amount):
    take = books.take("1")
    books.grant("1")
    books.hold(take)
    calls = (
        lambda: books.grant(amount),
        lambda: books.expire(amount),
        lambda: books.hold(take, amount),
        lambda: ledger.overrun(generation=take, amount=D(amount), key="o", now=take.created_at),
    )

    for call in calls:
        with pytest.raises(ledger.BadAmount):
            call()
    assert books.balances() == {"held": "1", "given": "1"}


@pytest.mark.parametrize("charged", ["-1", "0.0004", "0.0005", "NaN"])
def test_a_charge_that_no_book_can_hold_is_refused_and_the_hold_stays(books, charged):
    books.grant("10")
    take = books.held_take("10")

    with pytest.raises(ledger.BadAmount):
        ledger.settle(generation=take, charged=D(charged), now=take.created_at)

    assert books.balances() == {"held": "10", "given": "10"}


def test_the_smallest_amount_and_the_largest_are_kept_exactly(books):
    books.grant("999999999.999")

    take = books.held_take("0.001")
    books.settle(take, "0.001")

    assert books.balances() == {"available": "999,999,999.998", "spent": "0.001", "given": "999,999,999.999"}


def test_a_team_sees_its_own_books_only(books):
    other = Books()
    books.grant("1000")
    other.grant("7")
    other.held_take("5")

    assert books.balances() == {"available": "1,000", "given": "1,000"}
    assert other.balances() == {"available": "2", "held": "5", "given": "7"}
    assert [line[0] for line in books.lines()] == ["grant"]
    assert ledger.open_holds().count() == 1
    assert ledger.open_holds(books.team).count() == 0


def test_the_statement_comes_in_pages_newest_first_and_by_kind(books):
    for credits in (1, 2, 3, 4, 5):
        books.grant(credits)
    books.held_take("6")

    first = ledger.statement(team=books.team, limit=2)
    second = ledger.statement(team=books.team, before=first[-1].movement_id, limit=2)

    assert [(line.kind, line.amount) for line in first] == [("hold", 6), ("grant", 5)]
    assert [(line.kind, line.amount) for line in second] == [("grant", 4), ("grant", 3)]
    assert [line.amount for line in ledger.statement(team=books.team, kind="hold")] == [6]
    assert ledger.statement(team=books.team, before=Movement.objects.earliest("pk").pk) == []


def test_a_free_take_needs_no_hold_and_the_books_agree(books):
    take = books.take("0")
    books.close(take, D(0))

    assert differences() == []


def test_the_books_say_which_take_has_no_hold(books):
    take = books.take("140")

    assert differences() == [f"hold of take: T-{take.number} says a hold of 140.000, the entries say 0 of 0."]
    take.delete()


def test_the_books_say_which_balance_was_changed_past_the_ledger(books):
    books.grant("1000")
    with transaction.atomic():
        Purse.objects.filter(team=books.team).update(available=D(1001))

        assert differences() == [
            f"balance: {books.team.slug} available says 1001.000, the entries say 1000.000.",
            f"room in lots: {books.team.slug} available says 1001.000, the entries say room for 1000.000 in lots.",
        ]
        transaction.set_rollback(True)
