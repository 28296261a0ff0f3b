"""The clock's minute: what is due in the books is booked, people are warned, and one broken team stops no other."""

from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from generations import jobs, ledger, lifecycle
from generations.choices import Role, Window
from generations.models import BudgetRequest, Mail
from tests.ledger.books import Books
from tests.make import make_member
from tests.road import differences

NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.fixture
def books(db):
    yield Books()
    assert differences() == []


def told(member):
    return list(Mail.objects.filter(to=member.user).order_by("pk").values_list("subject", flat=True))


def test_credits_that_have_expired_are_booked(books):
    books.grant(100, expires_at=NOW + DAY)
    books.grant(50)

    lifecycle.tend_books(NOW + DAY)

    assert (ledger.balances(books.team).available, ledger.balances(books.team).expired) == (50, 100)


def test_credits_that_come_back_after_they_expired_are_booked_too(books):
    books.grant(100, expires_at=NOW + DAY)
    take = books.take(30)
    books.hold(take)
    lifecycle.tend_books(NOW + DAY)
    assert ledger.balances(books.team).expired == 70

    books.settle(take, 0)
    lifecycle.tend_books(NOW + DAY)

    assert (ledger.balances(books.team).available, ledger.balances(books.team).expired) == (0, 100)


def test_a_window_that_is_over_and_a_raise_that_has_ended_are_seen(books):
    daily = ledger.set_budget(team=books.team, window=Window.DAY, limit=Decimal(10), now=NOW)
    lasting = ledger.set_budget(team=books.team, window=Window.LIFETIME, limit=Decimal(10), now=NOW)
    ledger.raise_budget(lasting, amount=Decimal(5), until=NOW + DAY, now=NOW, made_by=books.member.user)
    first = ledger.current_period(daily)

    lifecycle.tend_books(NOW + DAY)

    assert ledger.current_period(daily).starts_at == first.ends_at
    assert ledger.current_period(lasting).limit == 10


def test_requests_that_are_over_are_closed_and_marks_are_told(books):
    books.grant(100)
    budget = ledger.set_budget(team=books.team, window=Window.LIFETIME, limit=Decimal(10), now=NOW)
    asker = make_member(books.team, Role.CREATOR)
    request = lifecycle.ask_for_budget(
        member=asker, budget=budget, amount=Decimal(5), until=NOW + DAY, note="", now=NOW
    )
    books.hold(books.take(8))

    lifecycle.tend_books(NOW + DAY)

    request.refresh_from_db()
    assert request.status == BudgetRequest.Status.EXPIRED
    assert told(asker) == [f"Expired: 5 credits more in {budget}"]
    assert told(books.member)[1:] == [f"Budget at 80%: {budget}"]


def test_owners_and_budget_admins_are_warned_seven_days_and_one_day_before(books):
    admin, creator = make_member(books.team, Role.BUDGET_ADMIN), make_member(books.team, Role.CREATOR)
    expires_at = NOW + 10 * DAY
    books.grant(100, expires_at=expires_at)
    books.grant(70)
    counts = []
    for days in ("7.01", "7", "6", "1.01", "1", "0.5"):
        for _ in range(2):
            lifecycle.tend_books(expires_at - float(days) * DAY)
        counts.append(len(told(admin)))

    when = ledger.local_time(expires_at, books.team.time_zone)
    assert counts == [0, 1, 1, 1, 2, 2]
    assert told(admin) == told(books.member) == [f"100 credits of {books.team.name} expire on {when}"] * 2
    assert told(creator) == []


def test_the_warning_names_what_is_left_and_none_is_sent_for_a_lot_that_is_used_up(books):
    books.grant(100, expires_at=NOW + 2 * DAY)
    books.grant(100, expires_at=NOW + 3 * DAY)
    books.hold(books.take(130))

    lifecycle.tend_books(NOW)

    mail = Mail.objects.get()
    assert f"70 of 100 credits of {books.team.name} expire on" in mail.text


def test_credits_that_come_with_less_than_a_day_to_go_are_one_warning(books):
    books.grant(100, expires_at=NOW + DAY / 2)

    lifecycle.tend_books(NOW)
    lifecycle.tend_books(NOW)

    assert len(told(books.member)) == 1


@pytest.fixture
def after_broken(books, monkeypatch):
    """A team that comes after one whose credits cannot be expired; those of both have."""
    good, real = Books(), ledger.expire_due
    books.grant(10, expires_at=NOW + DAY)
    good.grant(100, expires_at=NOW + DAY)

    def expire_due(team, *, now):
        if team == books.team:
            raise ZeroDivisionError
        return real(team, now=now)

    monkeypatch.setattr(ledger, "expire_due", expire_due)
    return good


def test_a_defect_with_one_team_is_named_and_the_others_have_their_turn(books, after_broken):
    failed = []

    @contextmanager
    def apart(step):
        try:
            yield
        except ZeroDivisionError:
            failed.append(step)

    lifecycle.tend_books(NOW + DAY, apart)

    assert failed == [f"expire_credits of team {books.team.pk}"]
    assert ledger.balances(after_broken.team).expired == 100


def test_the_job_logs_a_defect_and_goes_on(books, after_broken, monkeypatch, caplog):
    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr(jobs.timezone, "now", lambda: NOW + DAY)

    jobs.tend_books()

    assert f"expire_credits of team {books.team.pk}" in caplog.text and "ZeroDivisionError" in caplog.text
    assert ledger.balances(after_broken.team).expired == 100


def test_alone_a_defect_is_not_hidden(after_broken):
    with pytest.raises(ZeroDivisionError):
        lifecycle.tend_books(NOW + DAY)


def test_a_minute_in_which_nothing_is_due_writes_nothing(books, django_assert_max_num_queries):
    books.grant(100)
    ledger.set_budget(team=books.team, window=Window.MONTH, limit=Decimal(10), now=NOW)

    with django_assert_max_num_queries(10) as queries:
        lifecycle.tend_books(NOW)

    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []
