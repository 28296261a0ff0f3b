"""Corrections: every kind that is taken back, what becomes of balances, lots and budgets, and what is refused."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from generations import ledger
from generations.choices import Window
from generations.models import BudgetPeriod, CreditLot, Generation, Movement
from tests.ledger.books import differences

NOW = timezone.now


@pytest.fixture(autouse=True)
def clean_books(db):
    yield
    assert differences() == []


def take_back(movement, *, key=None, reason="Booked by mistake", **facts):
    """Take a movement, or what a verb answered with, back."""
    row = Movement.objects.get(pk=getattr(movement, "movement_id", None) or movement.pk)
    key = key or f"correction:{row.pk}"
    actor = facts.pop("actor", None) or row.team.memberships.get().user
    return ledger.reverse(movement=row, key=key, now=NOW(), actor=actor, reason=reason)


def entries(posted):
    rows = Movement.objects.get(pk=posted.movement_id).entries.all()
    return {entry.account: ledger.plain(entry.amount) for entry in rows}


def lots(books):
    """What is left of each open lot, in the order in which they are spent."""
    return [ledger.plain(item.remaining) for item in ledger.lots_of(books.team)]


def charged(take):
    return Generation.objects.get(pk=take.pk).charged_credits


# Grants and purchases


def test_a_grant_goes_back_whole_with_its_lot(books):
    kept = books.grant(40)
    wrong = books.grant(1000)

    back = take_back(wrong)

    assert entries(back) == {"available": "-1,000", "granted": "1,000"}
    assert books.balances() == {"available": "40", "given": "40"}
    assert lots(books) == ["40"]
    assert CreditLot.objects.get(movement=kept.movement_id).closed_at is None


def test_a_correction_says_who_why_and_what_it_took_back(books):
    wrong = books.grant(1000)

    back = Movement.objects.get(pk=take_back(wrong, reason="Typed a nought too many").movement_id)

    assert (back.kind, back.reverses_id, back.reason) == ("reversal", wrong.movement_id, "Typed a nought too many")
    assert back.actor == books.member.user


def test_a_purchase_that_is_partly_spent_comes_out_of_what_else_is_there(books):
    bought = books.grant(100, kind=Movement.Kind.PURCHASE)
    books.grant(200)
    books.settle(books.held_take(60), 60)

    assert entries(take_back(bought)) == {"available": "-100", "purchased": "100"}
    assert books.balances() == {"available": "140", "spent": "60", "given": "200"}
    assert lots(books) == ["140"]


def test_a_purchase_that_is_partly_spent_and_all_there_was_stays(books):
    bought = books.grant(100, kind=Movement.Kind.PURCHASE)
    books.settle(books.held_take(60), 60)

    with pytest.raises(ledger.GoneSince) as refused:
        take_back(bought)

    assert "The team has 40 credits available, so 100 cannot be taken back" in refused.value.public
    assert isinstance(refused.value, ledger.InsufficientCredits)
    assert books.balances() == {"available": "40", "spent": "60", "given": "100"}
    assert lots(books) == ["40"]


def test_a_grant_under_a_hold_leaves_the_hold_and_its_return_finds_room(books):
    wrong = books.grant(100)
    books.grant(100)
    take = books.held_take(100)

    take_back(wrong)
    assert books.balances() == {"held": "100", "given": "100"}

    books.settle(take, 0)
    assert books.balances() == {"available": "100", "given": "100"}
    assert lots(books) == ["100"]


def test_a_grant_that_covered_a_shortfall_is_given_back_whole_and_the_shortfall_stays_covered(books):
    books.grant(50)
    take = books.held_take(50)
    books.settle(take, 50)
    books.overrun(take, 10)
    covering = books.grant(30)
    books.grant(100)

    assert entries(take_back(covering)) == {"available": "-30", "granted": "30"}
    assert books.balances() == {"available": "90", "spent": "60", "given": "150"}
    assert lots(books) == ["0", "90"]


def test_a_grant_that_would_have_expired_next_is_not_waited_for_any_more(books):
    books.grant(50, expires_at=NOW() + timedelta(days=9))
    wrong = books.grant(100, expires_at=NOW() + timedelta(days=1))

    take_back(wrong)

    books.team.purse.refresh_from_db()
    assert books.team.purse.lots_due_at > NOW() + timedelta(days=8)


# Expiries


def expired(books, credits=100):
    """A grant whose credits have expired, and the movement that says so."""
    given = books.grant(credits, expires_at=NOW() + timedelta(hours=1))
    ledger.expire_due(books.team, now=NOW() + timedelta(hours=2))
    return given, Movement.objects.filter(kind=Movement.Kind.EXPIRE).latest("pk")


def test_an_expiry_comes_back_as_a_lot_that_does_not_expire(books):
    books.grant(40)
    _given, expiry = expired(books)

    assert entries(take_back(expiry)) == {"available": "100", "expired": "-100"}
    assert books.balances() == {"available": "140", "given": "140"}
    assert lots(books) == ["40", "100"]
    assert ledger.lots_of(books.team)[1].lot.expires_at is None


def test_an_expiry_by_hand_comes_back_too(books):
    books.grant(40)
    by_hand = books.expire(15)

    assert entries(take_back(by_hand)) == {"available": "15", "expired": "-15"}
    assert books.balances() == {"available": "40", "given": "40"}
    assert sum(item.remaining for item in ledger.lots_of(books.team)) == 40


def test_a_grant_that_expired_is_not_taken_from_other_credits(books):
    books.grant(500)
    given, expiry = expired(books)

    with pytest.raises(ledger.NotReversible) as refused:
        take_back(given)

    assert f"100 of these credits have expired: that is movement {expiry.pk}." in refused.value.public
    assert books.balances() == {"available": "500", "given": "600", "expired": "100"}


def test_a_grant_that_expired_goes_back_after_its_expiry(books):
    books.grant(500)
    given, expiry = expired(books)

    take_back(expiry)
    take_back(given)

    assert books.balances() == {"available": "500", "given": "500"}
    assert lots(books) == ["500"]


# Charges


@pytest.fixture
def budget(books):
    books.grant(1000)
    return ledger.set_budget(team=books.team, window=Window.WEEK, limit=Decimal(300), now=NOW())


def counters(budget):
    period = BudgetPeriod.objects.get(budget=budget)
    return tuple(ledger.plain(amount) for amount in (period.held, period.spent, period.overrun, period.left))


def charge(books, held, cost):
    take = books.held_take(held)
    return take, books.settle(take, cost)


@pytest.mark.parametrize(("held", "cost"), [(140, 140), (140, 35)], ids=["whole", "part"])
def test_a_charge_goes_back_to_the_team_to_the_budget_and_off_the_take(books, budget, held, cost):
    take, capture = charge(books, held, cost)
    assert counters(budget) == ("0", str(cost), "0", str(300 - cost))

    back = take_back(capture)

    assert entries(back) == {"spent": f"-{cost}", "available": str(cost)}
    assert books.balances() == {"available": "1,000", "given": "1,000"}
    assert counters(budget) == ("0", "0", "0", "300")
    assert charged(take) == 0
    assert lots(books) == [str(1000 - cost), str(cost)]


def test_what_comes_back_can_be_held_again_though_the_budget_was_spent(books, budget):
    _take, capture = charge(books, 300, 300)
    refused = books.take(1)
    with pytest.raises(ledger.BudgetExceeded):
        books.hold(refused)
    refused.delete()

    take_back(capture)

    assert books.held_take(300).hold_credits == 300


def test_a_refund_beside_an_open_hold_leaves_it_alone(books, budget):
    _take, capture = charge(books, 100, 100)
    open_take = books.held_take(50)

    take_back(capture)

    assert counters(budget) == ("50", "0", "0", "250")
    books.settle(open_take, 0)
    assert books.balances() == {"available": "1,000", "given": "1,000"}


def overrun(books, held=50, more=20):
    take = books.held_take(held)
    books.settle(take, held)
    return take, books.overrun(take, more)


def test_an_overrun_goes_back_into_the_open_shortfall(books, budget):
    take, over = overrun(books)
    assert counters(budget) == ("0", "50", "20", "230")

    back = take_back(over)

    assert entries(back) == {"spent": "-20", "shortfall": "20"}
    assert books.balances() == {"available": "950", "spent": "50", "given": "1,000"}
    assert counters(budget) == ("0", "50", "0", "250")
    assert charged(take) == 50
    assert lots(books) == ["950"], "nothing became available, so there is no new lot"


def test_an_overrun_whose_shortfall_was_covered_becomes_available(books, budget):
    take, over = overrun(books)
    books.grant(100)

    back = take_back(over)

    assert entries(back) == {"spent": "-20", "available": "20"}
    assert books.balances() == {"available": "1,050", "spent": "50", "given": "1,100"}
    assert counters(budget) == ("0", "50", "0", "250")
    assert charged(take) == 50
    assert lots(books) == ["950", "80", "20"]


def test_an_overrun_whose_shortfall_was_partly_covered_is_split(books, budget):
    _take, over = overrun(books)
    books.grant(15)

    assert entries(take_back(over)) == {"spent": "-20", "shortfall": "5", "available": "15"}
    assert books.balances() == {"available": "965", "spent": "50", "given": "1,015"}


def test_a_refund_of_the_charge_covers_the_shortfall_of_its_overrun_first(books, budget):
    take, over = overrun(books)
    capture = take.movements.get(kind="capture")

    assert entries(take_back(capture)) == {"spent": "-50", "shortfall": "20", "available": "30"}
    assert charged(take) == 20
    assert entries(take_back(over)) == {"spent": "-20", "available": "20"}
    assert charged(take) == 0
    assert books.balances() == {"available": "1,000", "given": "1,000"}
    assert counters(budget) == ("0", "0", "0", "300")


def test_a_charge_of_an_earlier_window_goes_back_to_that_window(books, budget):
    _take, capture = charge(books, 100, 100)
    ledger.refresh_periods(books.team, now=NOW() + timedelta(days=8))

    take_back(capture)

    earlier, current = BudgetPeriod.objects.filter(budget=budget).order_by("pk")
    assert (earlier.is_current, earlier.spent, current.spent) == (False, 0, 0)


# Refusals, repetitions


def test_holds_returns_and_corrections_are_not_taken_back(books):
    given = books.grant(100)
    take = books.take(10)
    hold = books.hold(take)
    with pytest.raises(ledger.NotReversible, match="A hold is not taken back: it ends by itself"):
        take_back(hold)
    released = books.settle(take, 0)
    with pytest.raises(ledger.NotReversible, match="A return is not taken back"):
        take_back(released)
    correction = take_back(given)
    with pytest.raises(ledger.NotReversible, match="A correction is not taken back"):
        take_back(correction)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_correction_needs_a_reason(books, reason):
    given = books.grant(100)

    with pytest.raises(ledger.NotReversible, match="needs a reason"):
        take_back(given, reason=reason)
    assert books.balances() == {"available": "100", "given": "100"}


def test_the_same_key_takes_back_once(books):
    given = books.grant(100)

    first = take_back(given, key="form 1")
    again = take_back(given, key="form 1")

    assert (again.movement_id, first.is_new, again.is_new) == (first.movement_id, True, False)
    assert books.count() == 2


def test_a_charge_is_taken_off_its_take_once_for_the_same_key(books):
    books.grant(100)
    take, capture = charge(books, 30, 30)

    take_back(capture, key="form 1")
    take_back(capture, key="form 1")

    assert charged(take) == 0
    assert books.balances() == {"available": "100", "given": "100"}


def test_another_key_is_told_that_it_was_taken_back_before_also_when_nothing_is_left(books):
    given = books.grant(100)
    take_back(given, key="form 1")

    with pytest.raises(ledger.AlreadyReversed, match="taken back before"):
        take_back(given, key="form 2")
    assert books.count() == 2


def test_a_key_is_good_for_one_movement(books):
    one, other = books.grant(100), books.grant(100)
    take_back(one, key="form 1")

    with pytest.raises(ledger.KeyReused):
        take_back(other, key="form 1")
    assert books.balances() == {"available": "100", "given": "100"}


# What would happen


def test_what_a_correction_would_move_is_known_before(books):
    books.grant(100)
    take, over = overrun(books)
    rows = {row.kind: row for row in take.movements.all()}

    assert ledger.reversal_now(rows["overrun"]) == {"spent": -20, "shortfall": 20}
    assert ledger.reversal_now(rows["capture"]) == {"spent": -50, "shortfall": 20, "available": 30}
    with pytest.raises(ledger.NotReversible):
        ledger.reversal_now(rows["hold"])
    take_back(over)
    with pytest.raises(ledger.AlreadyReversed):
        ledger.reversal_now(rows["overrun"])
