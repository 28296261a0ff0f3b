"""When a budget's window begins and ends: midnights, Mondays and firsts of the team's own time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from generations.choices import Window


def window_at(window: str, now: datetime, time_zone: str) -> tuple[datetime, datetime | None]:
    """The window that a time falls into: its first moment, and the first one after it (None: it lasts for ever).

    A day is from midnight to midnight where the team is: 23 or 25 hours long when the clocks change.
    """
    zone = ZoneInfo(time_zone)
    today = now.astimezone(zone).date()
    if window == Window.LIFETIME:
        return now, None
    first = _first_day(window, today)
    return _midnight(first, zone), _midnight(_next_first_day(window, first), zone)


def _first_day(window: str, today: date) -> date:
    if window == Window.WEEK:
        return today - timedelta(days=today.weekday())
    if window == Window.MONTH:
        return today.replace(day=1)
    if window == Window.QUARTER:
        return today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    return today


def _next_first_day(window: str, first: date) -> date:
    if window == Window.WEEK:
        return first + timedelta(days=7)
    if window in (Window.MONTH, Window.QUARTER):
        months = first.month + (1 if window == Window.MONTH else 3)
        return date(first.year + (months - 1) // 12, (months - 1) % 12 + 1, 1)
    return first + timedelta(days=1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day. Where the clocks jump over midnight, `fold` 0 gives the moment of the jump."""
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
