"""What has been with a budget: its periods, and its raises, with their times in words where the team is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import gettext as _

from generations import ledger
from generations.models import Budget, BudgetPeriod, BudgetRaise

_PERIODS_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Past:
    """A period of a budget, the current one included; `until` is empty where it has no end."""

    period: BudgetPeriod
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Lift:
    """A raise, since and until when, and whether it counts now."""

    made: BudgetRaise
    times: str
    is_in_force: bool


def past_of(budget: Budget) -> list[Past]:
    """The newest periods of a budget."""
    zone = budget.team.time_zone
    rows = budget.periods.order_by("-starts_at")[:_PERIODS_SHOWN]
    return [Past(row, _day(row.starts_at, zone), _day(row.ends_at, zone)) for row in rows]


def lifts_of(budget: Budget, now: datetime) -> list[Lift]:
    """Every raise of a budget, and what was taken back, newest first."""
    in_force = {made.pk for made in ledger.raises_in_force([budget], now=now)[budget.pk]}
    rows = budget.raises.select_related("made_by", "request__asked_by").order_by("-pk")
    return [Lift(made, _times(made, budget.team.time_zone), made.pk in in_force) for made in rows]


def _times(made: BudgetRaise, zone: str) -> str:
    facts = {"since": _said(made.starts_at, zone), "until": _said(made.ends_at, zone)}
    if made.ends_at is None:
        return _("from %(since)s on") % facts
    return _("%(since)s to %(until)s") % facts


def _said(moment: datetime | None, zone: str) -> str:
    return ledger.short_time(moment, zone) if moment else ""


def _day(moment: datetime | None, zone: str) -> str:
    return formats.date_format(moment.astimezone(ZoneInfo(zone)), "j M Y") if moment else ""
