"""Budgets where clocks disagree: another time zone for the team, and hosts whose clocks are not quite the same."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from generations import ledger
from generations.choices import Window
from generations.models import Team
from tests.ledger.books import differences
from tests.make import make_user

D = Decimal


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def rich(books):
    books.grant("10000")
    live_in(books, "Europe/Stockholm")
    yield books
    assert differences() == []


def live_in(books, zone):
    Team.objects.filter(pk=books.team.pk).update(time_zone=zone)
    books.team.refresh_from_db()


def budget(books, window, now, **facts):
    return ledger.set_budget(team=books.team, window=window, limit=D(100), now=now, **facts)


def at(books, budget, now):
    ledger.refresh_periods(books.team, now=now)
    return ledger.current_period(budget)


@pytest.mark.parametrize(
    "window, zone, ends_at",
    [
        # In New York the old day, or month, has six hours to go: they bring no limit of their own.
        (Window.DAY, "America/New_York", "2026-12-02 05:00"),
        (Window.MONTH, "America/New_York", "2027-01-01 05:00"),
        # In Tokyo the new one has begun eight hours ago.
        (Window.DAY, "Asia/Tokyo", "2026-12-01 15:00"),
        (Window.MONTH, "Asia/Tokyo", "2026-12-31 15:00"),
    ],
)
def test_a_team_that_moves_to_another_time_zone_gets_one_limit_for_one_window(rich, window, zone, ends_at):
    limited = budget(rich, window, utc("2026-11-30 12:00"), rollover=D(30))
    live_in(rich, zone)

    period = at(rich, limited, utc("2026-11-30 23:30"))

    assert (period.starts_at, period.ends_at) == (utc("2026-11-30 23:00"), utc(ends_at))
    assert period.limit == D(130), "and nothing that was left is lost"


def test_a_host_whose_clock_is_behind_brings_no_raise_of_the_last_window_back(rich):
    noon, midnight = utc("2026-11-30 12:00"), utc("2026-11-30 23:00")
    daily = budget(rich, Window.DAY, noon)
    ledger.raise_budget(daily, amount=D(50), now=noon, made_by=make_user())
    at(rich, daily, midnight)

    behind = midnight - timedelta(seconds=2)
    ledger.change_budget(daily, now=behind, limit=D(100), soft_marks=[80], rollover=D(0), owner=None)

    period = ledger.current_period(daily)
    assert (period.starts_at, period.limit) == (midnight, D(100))


def test_a_raise_that_a_host_behind_takes_back_leaves_the_limit_as_it_was(rich):
    noon, user = utc("2026-11-30 12:00"), make_user()
    daily = budget(rich, Window.DAY, noon)
    made = ledger.raise_budget(daily, amount=D(50), now=noon, made_by=user)

    ledger.end_raise(made, now=noon - timedelta(seconds=2), made_by=user)

    assert ledger.current_period(daily).limit == D(100)
    assert at(rich, daily, noon + timedelta(seconds=1)).limit == D(100)
