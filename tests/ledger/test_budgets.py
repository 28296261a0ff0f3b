"""Budgets: what they count, refuse, roll over, and how they are raised."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from generations import ledger
from generations.choices import Role, Window
from generations.ledger import BadBudget
from generations.models import BudgetPeriod, BudgetRaise, Shot
from tests.ledger.books import Books, differences
from tests.ledger.races import at_once
from tests.make import make_member, make_user

D = Decimal
# Noon on a Wednesday, in the team's zone and in UTC.
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def rich(books):
    books.grant("10000")
    yield books
    assert differences() == []


def budget(books, limit, window=Window.MONTH, now=NOON, **facts):
    return ledger.set_budget(team=books.team, window=window, limit=D(limit), now=now, **facts)


def hold(books, credits, now=NOON, **facts):
    take = books.take(credits)
    for name, value in facts.items():
        setattr(take, name, value)
    take.save()
    ledger.hold(team=books.team, amount=D(credits), generation=take, now=now)
    return take


def refused(books, credits, now=NOON, **facts):
    """What the ledger says to a hold that a budget refuses; the take is gone, as in `lifecycle.submit`."""
    with pytest.raises(ledger.BudgetExceeded) as refusal, transaction.atomic():
        hold(books, credits, now=now, **facts)
    return refusal.value


def counted(budget):
    period = ledger.current_period(budget)
    return [ledger.plain(amount) for amount in (period.held, period.spent, period.overrun, period.left)]


def test_a_hold_counts_in_every_budget_that_fits_it_and_in_no_other(rich):
    shot, other = (Shot.objects.create(project=rich.project, code=code) for code in ("SH010", "SH020"))
    person = make_user()
    fitting = [
        budget(rich, 1000),
        budget(rich, 900, window=Window.DAY),
        budget(rich, 800, project=rich.project),
        budget(rich, 700, shot=shot),
        budget(rich, 600, member=rich.member.user),
        budget(rich, 500, tier="std"),
        budget(rich, 400, project=rich.project, member=rich.member.user, tier="std"),
    ]
    others = [budget(rich, 100, shot=other), budget(rich, 100, member=person), budget(rich, 100, tier="master")]

    take = hold(rich, "40", shot=shot)

    assert [counted(each)[0] for each in fitting] == ["40"] * 7
    assert [counted(each)[0] for each in others] == ["0"] * 3
    rich.settle(take, "25")
    assert [counted(each)[:2] for each in fitting] == [["0", "25"]] * 7
    tightest = ledger.applying_budgets(rich.team, ledger.scopes_for(take))
    assert [ledger.plain(period.left) for period in tightest] == ["375", "475", "575", "675", "775", "875", "975"]


def test_a_refusal_names_the_tightest_budget_what_is_left_when_it_resets_and_who_can_raise_it(rich):
    owner = make_member(rich.team, Role.PRODUCER, user=make_user(name="Jonas Weber")).user
    make_member(rich.team, Role.BUDGET_ADMIN, user=make_user(name="Bea Admin"))
    budget(rich, 1000)
    tight = budget(rich, 100, window=Window.WEEK, project=rich.project, owner=owner)
    hold(rich, "70")

    said = refused(rich, "40")

    assert (said.budget_id, said.needed, said.left) == (tight.pk, D(40), D(30))
    assert said.data["budget"] == str(tight.public_id)
    assert f"“{rich.project.name}, per week” has 30 credits left and this take needs 40." in said.public
    assert "It resets on Monday 23 November, 00:00." in said.public
    assert f"Jonas Weber, Bea Admin or {rich.member.user} can raise it." in said.public
    assert counted(tight) == ["70", "0", "0", "30"]


def test_a_limit_can_be_used_to_the_last_thousandth(rich):
    budget(rich, "5")

    for _ in range(50):
        hold(rich, "0.1")

    assert refused(rich, "0.001").left == 0


def test_fifty_holds_at_once_against_room_for_twenty_let_exactly_twenty_pass(commits, transactional_db):
    books = Books()
    books.grant("10000")
    limits = [budget(books, 200, now=timezone.now()), budget(books, 210, now=timezone.now(), project=books.project)]
    takes = [books.take("10") for _ in range(50)]

    answers = at_once(*(partial(books.hold, take) for take in takes))

    assert sum(isinstance(answer, ledger.Posted) for answer in answers) == 20
    assert sum(isinstance(answer, ledger.BudgetExceeded) for answer in answers) == 30
    assert [counted(each)[0] for each in limits] == ["200", "200"]
    for take, answer in zip(takes, answers, strict=True):
        if not isinstance(answer, ledger.Posted):
            take.delete()
    assert differences() == []


def test_a_window_begins_anew_by_itself_at_the_first_hold(rich):
    daily = budget(rich, 100, window=Window.DAY)
    hold(rich, "100")
    assert refused(rich, "1").left == 0

    hold(rich, "60", now=NOON + DAY)

    assert counted(daily) == ["60", "0", "0", "40"]
    assert daily.periods.count() == 2


def test_a_take_counts_in_the_window_in_which_it_was_held(rich):
    daily = budget(rich, 100, window=Window.DAY)
    take = hold(rich, "100")
    hold(rich, "10", now=NOON + DAY)

    rich.settle(take, "80")

    assert counted(daily) == ["10", "0", "0", "90"]
    first = daily.periods.get(is_current=False)
    assert (first.held, first.spent) == (D(0), D(80))


@pytest.mark.parametrize("cap, limit", [("0", "100"), ("30", "130"), ("500", "160")])
def test_what_was_not_used_rolls_over_up_to_the_cap(rich, cap, limit):
    daily = budget(rich, 100, window=Window.DAY, rollover=D(cap))
    hold(rich, "40")

    ledger.refresh_periods(rich.team, now=NOON + DAY)

    assert ledger.current_period(daily).limit == D(limit)


def test_what_rolled_over_rolls_on_only_within_the_cap(rich):
    daily = budget(rich, 100, window=Window.DAY, rollover=D(150))

    for days in (1, 2, 3):
        ledger.refresh_periods(rich.team, now=NOON + days * DAY)

    assert ledger.current_period(daily).limit == D(250)


def test_nothing_rolls_over_a_window_that_nobody_saw(rich):
    daily = budget(rich, 100, window=Window.DAY, rollover=D(50))

    ledger.refresh_periods(rich.team, now=NOON + 3 * DAY)

    assert ledger.current_period(daily).limit == D(100)


def test_a_raise_ends_by_itself_and_leaves_less_than_nothing(rich):
    monthly = budget(rich, 100)
    ledger.raise_budget(monthly, amount=D(50), now=NOON, made_by=rich.member.user, until=NOON + DAY)
    hold(rich, "140")
    assert counted(monthly) == ["140", "0", "0", "10"]

    said = refused(rich, "1", now=NOON + DAY)

    assert said.left == D(-40)
    assert "has 0 credits left" in said.public
    ledger.refresh_periods(rich.team, now=NOON + DAY)
    assert counted(monthly) == ["140", "0", "0", "-40"]


def test_a_raise_does_not_reach_into_the_next_window(rich):
    daily = budget(rich, 100, window=Window.DAY)

    made = ledger.raise_budget(daily, amount=D(50), now=NOON, made_by=rich.member.user, until=NOON + 5 * DAY)

    assert made.ends_at == datetime(2026, 11, 19, tzinfo=UTC)
    assert refused(rich, "101", now=NOON + DAY).left == D(100)


def test_a_raise_is_taken_back_once(rich):
    monthly = budget(rich, 100)
    made = ledger.raise_budget(monthly, amount=D(50), now=NOON, made_by=rich.member.user)
    assert ledger.current_period(monthly).limit == D(150)

    ledger.end_raise(made, now=NOON + timedelta(hours=1), made_by=rich.member.user)

    assert ledger.current_period(monthly).limit == D(100)
    with pytest.raises(BadBudget, match="over already"):
        ledger.end_raise(made, now=NOON + timedelta(hours=2), made_by=rich.member.user)
    assert BudgetRaise.objects.filter(budget=monthly).count() == 2


def test_an_overrun_counts_apart_and_can_leave_less_than_nothing(rich):
    monthly = budget(rich, 100)
    take = hold(rich, "100")

    rich.settle(take, "100")
    rich.overrun(take, "7")

    assert counted(monthly) == ["0", "100", "7", "-7"]


def test_a_hold_that_moves_is_counted_once(rich):
    monthly = budget(rich, 100)
    take = hold(rich, "60")

    take.hold_credits = D(90)
    take.save()
    ledger.hold_again(generation=take, amount=D(90), now=NOON, reason="Moved.")

    assert counted(monthly) == ["90", "0", "0", "10"]


def test_a_hold_that_cannot_move_keeps_the_old_one(rich):
    monthly = budget(rich, 100)
    take = hold(rich, "60")

    with pytest.raises(ledger.BudgetExceeded), transaction.atomic():
        ledger.hold_again(generation=take, amount=D(101), now=NOON, reason="Moved.")

    assert counted(monthly) == ["60", "0", "0", "40"]


def test_a_hold_that_is_repeated_answers_even_when_the_budget_is_full(rich):
    monthly = budget(rich, 60)
    take = hold(rich, "60")

    again = ledger.hold(team=rich.team, amount=D(60), generation=take, now=NOON)

    assert not again.is_new
    assert counted(monthly) == ["60", "0", "0", "0"]


def test_a_limit_below_what_is_held_and_spent_is_refused(rich):
    monthly = budget(rich, 100)
    hold(rich, "70")
    facts = {"soft_marks": [80], "rollover": D(0), "owner": None, "now": NOON}

    with pytest.raises(ledger.BudgetTooLow, match="70 credits are held or spent in this budget already"):
        ledger.change_budget(monthly, limit=D(69), **facts)
    ledger.change_budget(monthly, limit=D(70), **facts)

    assert counted(monthly) == ["70", "0", "0", "0"]


@pytest.mark.parametrize("limit", ["0", "-5", "1.0001"])
def test_a_limit_that_is_no_amount_is_refused(rich, limit):
    with pytest.raises(ledger.BadAmount):
        budget(rich, limit)


@pytest.mark.parametrize("marks", [[0], [1001], list(range(1, 12))])
def test_soft_marks_that_are_none_are_refused(rich, marks):
    with pytest.raises(BadBudget, match="from 1 to 1,000 percent"):
        budget(rich, 100, soft_marks=marks)


def test_a_second_budget_for_the_same_is_refused_until_the_first_has_ended(rich):
    first = budget(rich, 100)

    with pytest.raises(BadBudget, match="already"):
        budget(rich, 200)
    ledger.archive_budget(first, now=NOON)
    budget(rich, 200)

    hold(rich, "150")


def test_a_budget_that_has_ended_refuses_nothing_and_still_settles_what_it_counted(rich):
    monthly = budget(rich, 100)
    take = hold(rich, "60")

    ledger.archive_budget(monthly, now=NOON)
    hold(rich, "500")
    rich.settle(take, "50")

    period = BudgetPeriod.objects.get(budget=monthly)
    assert (period.held, period.spent, period.is_current) == (D(0), D(50), False)


def test_what_is_spent_before_a_budget_is_made_does_not_count_in_it(rich):
    take = hold(rich, "60")

    monthly = budget(rich, 100)
    rich.settle(take, "60")

    assert counted(monthly) == ["0", "0", "0", "100"]


def test_of_two_equal_raises_each_is_taken_back_by_itself(rich):
    monthly = budget(rich, 100)
    first, second = (
        ledger.raise_budget(monthly, amount=D(50), now=NOON, made_by=rich.member.user, until=NOON + DAY)
        for _ in range(2)
    )

    ledger.end_raise(first, now=NOON, made_by=rich.member.user)
    with pytest.raises(BadBudget, match="over already"):
        ledger.end_raise(first, now=NOON, made_by=rich.member.user)
    assert ledger.current_period(monthly).limit == D(150)
    ledger.end_raise(second, now=NOON, made_by=rich.member.user)

    assert ledger.current_period(monthly).limit == D(100)
