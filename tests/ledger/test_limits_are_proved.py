"""A limit that somebody bent by hand would let takes through that nobody agreed to: `check_books` names it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from generations import ledger
from generations.choices import Window
from generations.models import BudgetPeriod
from tests.ledger.books import differences
from tests.make import make_user

D = Decimal
NOW = timezone.now()


@pytest.fixture
def budget(books):
    made = ledger.set_budget(team=books.team, window=Window.MONTH, limit=D(100), now=NOW)
    ledger.raise_budget(made, amount=D(50), now=NOW, made_by=make_user(), until=NOW + timedelta(seconds=5))
    assert differences() == []
    return made


@pytest.mark.parametrize(
    "bent",
    [{"base_credits": D(101)}, {"raised_credits": D(51)}, {"scope_key": "p1"}, {"is_current": False}],
)
def test_what_a_hold_goes_by_is_what_the_budget_and_its_raises_say(budget, bent):
    BudgetPeriod.objects.filter(budget=budget).update(**bent)

    assert [line.partition(":")[0] for line in differences()] == ["limit of budget"]


def test_an_ended_budget_must_not_limit(budget):
    ledger.archive_budget(budget, now=NOW)
    assert differences() == []

    BudgetPeriod.objects.filter(budget=budget).update(is_current=True)

    assert [line.partition(":")[0] for line in differences()] == ["limit of budget"]


def test_what_was_raised_may_have_ended_or_been_taken_back(budget):
    ledger.end_raise(budget.raises.get(), now=NOW, made_by=make_user())
    assert differences() == []

    ledger.refresh_periods(budget.team, now=NOW + timedelta(seconds=6))
    assert differences() == []
