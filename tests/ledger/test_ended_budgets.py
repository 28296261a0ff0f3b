"""A budget that has ended stays ended, and a budget belongs to one team."""

from decimal import Decimal

import pytest
from django.utils import timezone

from generations import ledger
from generations.choices import Window
from tests.make import make_project, make_team

NOW = timezone.now


@pytest.fixture
def budget(books):
    return ledger.set_budget(team=books.team, window=Window.WEEK, limit=Decimal(100), now=NOW())


@pytest.fixture
def raised(books, budget):
    return ledger.raise_budget(budget, amount=Decimal(50), now=NOW(), made_by=books.member.user)


def change(budget):
    facts = {"limit": Decimal(50), "soft_marks": [80], "rollover": Decimal(0), "owner": None}
    ledger.change_budget(budget, now=NOW(), **facts)


def test_an_ended_budget_is_not_changed_nor_raised_and_limits_nothing(books, budget, raised):
    ledger.archive_budget(budget, now=NOW())

    with pytest.raises(ledger.BadBudget, match="has ended"):
        change(budget)
    with pytest.raises(ledger.BadBudget, match="has ended"):
        ledger.raise_budget(budget, amount=Decimal(5), now=NOW(), made_by=books.member.user)
    with pytest.raises(ledger.BadBudget, match="has ended"):
        ledger.end_raise(raised, now=NOW(), made_by=books.member.user)

    assert ledger.current_period(budget) is None
    books.grant(1000)
    assert books.held_take(500).hold_credits == 500


def test_what_takes_a_raise_back_is_no_raise(books, raised):
    taken = ledger.end_raise(raised, now=NOW(), made_by=books.member.user)

    with pytest.raises(ledger.BadBudget, match="not a raise itself"):
        ledger.end_raise(taken, now=NOW(), made_by=books.member.user)


def test_a_project_of_another_team_is_refused(books):
    project = make_project(make_team())

    with pytest.raises(ledger.BadBudget, match="is not a project of Harbour"):
        ledger.set_budget(team=books.team, window=Window.DAY, limit=Decimal(1), now=NOW(), project=project)
    assert not books.team.budgets.exists()
