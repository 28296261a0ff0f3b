"""When windows begin and end: in the team's own time zone, also when the clocks change."""

from datetime import UTC, datetime, timedelta

import pytest

from generations import ledger
from generations.choices import Window

STOCKHOLM = "Europe/Stockholm"


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "window, now, first, after",
    [
        (Window.DAY, "2026-11-21 12:00", "2026-11-20 23:00", "2026-11-21 23:00"),
        # Half past eleven in London is the next day in Stockholm.
        (Window.DAY, "2026-11-21 23:30", "2026-11-21 23:00", "2026-11-22 23:00"),
        (Window.WEEK, "2026-11-22 22:59", "2026-11-15 23:00", "2026-11-22 23:00"),
        (Window.WEEK, "2026-11-22 23:00", "2026-11-22 23:00", "2026-11-29 23:00"),
        (Window.MONTH, "2026-12-31 23:30", "2026-12-31 23:00", "2027-01-31 23:00"),
        (Window.MONTH, "2028-02-29 12:00", "2028-01-31 23:00", "2028-02-29 23:00"),
        (Window.QUARTER, "2026-11-21 12:00", "2026-09-30 22:00", "2026-12-31 23:00"),
        (Window.QUARTER, "2026-12-31 23:30", "2026-12-31 23:00", "2027-03-31 22:00"),
    ],
)
def test_a_window_begins_and_ends_at_midnights_of_the_team(window, now, first, after):
    assert ledger.window_at(window, utc(now), STOCKHOLM) == (utc(first), utc(after))


@pytest.mark.parametrize(
    "day, hours",
    [("2026-03-29 12:00", 23), ("2026-10-25 12:00", 25), ("2026-10-25 00:30", 25), ("2026-10-26 12:00", 24)],
)
def test_a_day_on_which_the_clocks_change_is_an_hour_shorter_or_longer(day, hours):
    first, after = ledger.window_at(Window.DAY, utc(day), STOCKHOLM)

    assert after - first == timedelta(hours=hours)


def test_a_day_that_has_no_midnight_begins_when_the_clocks_have_jumped():
    """In Santiago the clocks go from 24:00 to 01:00 on 6 September 2026."""
    first, after = ledger.window_at(Window.DAY, utc("2026-09-06 12:00"), "America/Santiago")
    before, end_of_before = ledger.window_at(Window.DAY, utc("2026-09-05 12:00"), "America/Santiago")

    assert (first, after - first) == (utc("2026-09-06 04:00"), timedelta(hours=23))
    assert end_of_before == first


@pytest.mark.parametrize("zone", ["UTC", STOCKHOLM, "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"])
@pytest.mark.parametrize("window", [Window.DAY, Window.WEEK, Window.MONTH, Window.QUARTER])
def test_windows_follow_each_other_without_a_gap_for_two_years(zone, window):
    now = utc("2026-01-01 00:00")
    first, after = ledger.window_at(window, now, zone)
    while after < utc("2028-01-01 00:00"):
        assert first <= now < after
        now = after
        following, its_end = ledger.window_at(window, now, zone)
        assert following == after
        assert ledger.window_at(window, after - timedelta(microseconds=1), zone) == (first, after)
        first, after = following, its_end


def test_a_lifetime_has_no_end():
    assert ledger.window_at(Window.LIFETIME, utc("2026-11-21 12:00"), STOCKHOLM)[1] is None
