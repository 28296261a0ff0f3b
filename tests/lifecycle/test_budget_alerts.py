"""A soft mark is told once to those who can do something about it; so is the limit."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from generations import ledger, lifecycle
from generations.choices import Role, Window
from generations.models import BudgetAlert, Mail
from tests.ledger.books import Books
from tests.make import make_member, make_project, make_team, make_user


class Spending(Books):
    """Books with 5,000 credits, and one budget of 100 a month for Ana with marks at half and at four fifths."""

    def __init__(self):
        super().__init__()
        self.now = timezone.now()
        self.ana = make_member(self.team, Role.CREATOR, user=make_user(name="Ana"))
        self.grant(5000)
        self.budget = self.limit(100, soft_marks=(50, 80), member=self.ana.user)

    def limit(self, credits, **facts):
        facts = {"window": Window.MONTH, **facts}
        return ledger.set_budget(team=self.team, limit=Decimal(credits), now=self.now, **facts)

    def spend(self, credits, charged=None):
        """Hold for a take of Ana's, and settle it unless `charged` is left out."""
        take = self.take(credits)
        type(take).objects.filter(pk=take.pk).update(created_by=self.ana.user)
        take.refresh_from_db()
        self.hold(take)
        if charged is not None:
            self.settle(take, charged)
        return take

    def alerts(self):
        return list(BudgetAlert.objects.order_by("period_id", "percent").values_list("percent", flat=True))

    def told(self, member):
        return list(Mail.objects.filter(to=member.user).order_by("pk").values_list("subject", flat=True))

    def look(self, now=None):
        lifecycle.raise_alerts(now or self.now)


@pytest.fixture
def spending(db):
    return Spending()


def test_nothing_is_told_below_the_first_mark(spending):
    spending.spend(49)
    spending.look()

    assert (spending.alerts(), Mail.objects.count()) == ([], 0)


def test_a_mark_is_told_once_to_raisers_and_to_whose_budget_it_is(spending):
    outsider = make_member(make_team())
    spending.spend(50)

    for _ in range(3):
        spending.look()
        spending.spend(1)

    subject = "Budget at 50%: Ana, per month"
    told = [spending.told(member) for member in (spending.member, spending.ana, outsider)]
    assert (spending.alerts(), told) == ([50], [[subject], [subject], []])
    text = Mail.objects.filter(to=spending.ana.user).get().text
    assert "50 of 100 credits (50%) are held or spent in the budget “Ana, per month”." in text
    assert "50 credits are left. It resets on" in text
    assert f"{spending.member.user} can raise it." in text


def test_held_and_spent_count_together_and_returns_do_not_tell_again(spending):
    spending.spend(30, charged=30)
    take = spending.spend(25)
    spending.look()
    spending.settle(take, 0)
    spending.spend(25)
    spending.look()

    assert (spending.alerts(), len(spending.told(spending.ana))) == ([50], 1)


def test_several_marks_at_once_are_one_mail_about_the_highest(spending):
    spending.spend(85)
    spending.look()

    assert (spending.alerts(), spending.told(spending.ana)) == ([50, 80], ["Budget at 85%: Ana, per month"])


def test_the_limit_is_told_once_also_where_it_is_no_mark(spending):
    spending.spend(60)
    spending.look()
    spending.spend(40)
    spending.look()
    spending.look()

    assert spending.alerts() == [50, 80, 100]
    assert spending.told(spending.ana) == ["Budget at 60%: Ana, per month", "Budget used up: Ana, per month"]
    assert "New takes that count in it are refused. It resets on" in Mail.objects.filter(key__contains=":100:")[0].text


def test_a_limit_that_is_a_mark_too_is_one_alert(spending):
    ledger.change_budget(
        spending.budget,
        now=spending.now,
        limit=Decimal(100),
        soft_marks=[100],
        rollover=Decimal(0),
        owner=None,
    )
    spending.spend(100)
    spending.look()

    assert (spending.alerts(), len(spending.told(spending.ana))) == ([100], 1)


def test_a_budget_without_marks_tells_of_its_limit_alone(spending):
    ledger.archive_budget(spending.budget, now=spending.now)
    spending.limit(10, soft_marks=())
    spending.spend(9)
    spending.look()
    assert spending.alerts() == []

    spending.spend(1)
    spending.look()

    assert (spending.alerts(), spending.told(spending.ana)) == ([100], [])
    assert spending.told(spending.member) == [f"Budget used up: {spending.team.name}, per month"]


def test_a_raise_moves_the_marks(spending):
    ledger.raise_budget(spending.budget, amount=Decimal(100), now=spending.now, made_by=spending.member.user)
    spending.spend(99)
    spending.look()
    assert spending.alerts() == []

    spending.spend(1)
    spending.look()

    assert spending.alerts() == [50]


def test_an_overrun_beyond_the_limit_reaches_marks_above_it(spending):
    ledger.change_budget(
        spending.budget,
        now=spending.now,
        limit=Decimal(100),
        soft_marks=[120],
        rollover=Decimal(0),
        owner=None,
    )
    take = spending.spend(100, charged=100)
    ledger.overrun(generation=take, amount=Decimal(25), key="over", now=spending.now)
    spending.look()

    assert (spending.alerts(), spending.told(spending.ana)) == ([100, 120], ["Budget used up: Ana, per month"])
    assert "125 of 100 credits (125%)" in Mail.objects.filter(to=spending.ana.user).get().text


def test_the_next_window_is_told_about_anew(spending):
    spending.spend(50)
    spending.look()
    later = ledger.current_period(spending.budget).ends_at + timedelta(hours=1)
    spending.look(later)
    assert spending.alerts() == [50]

    ledger.refresh_periods(spending.team, now=later)
    take = spending.take(70)
    type(take).objects.filter(pk=take.pk).update(created_by=spending.ana.user)
    take.refresh_from_db()
    ledger.hold(team=spending.team, amount=Decimal(70), generation=take, now=later)
    spending.look(later)

    assert (spending.alerts(), len(spending.told(spending.ana))) == ([50, 50], 2)


def test_who_left_the_team_is_not_told(spending):
    spending.spend(50)
    spending.ana.membership.delete()
    spending.look()

    assert spending.told(spending.ana) == []


def test_the_look_is_one_statement_where_nothing_is_new(spending, django_assert_num_queries):
    for project in [make_project(spending.team) for _ in range(5)]:
        spending.limit(100, project=project)
    spending.spend(50)
    spending.look()

    with django_assert_num_queries(0):  # the one statement goes past Django's cursor
        spending.look()
