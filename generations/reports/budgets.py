"""Budgets: held and spent against each limit, and where a budget ends at this pace."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations import ledger
from generations.models import BudgetPeriod
from generations.reports.figures import THOUSANDTH, percent
from generations.reports.filters import Filters
from generations.reports.sheet import Chart, Column, Named, Report, Row, Series, Sheet

# Before so much of a window is over, its pace says nothing.
LEAST_SHARE = Decimal("0.05")
MOST_BARS = 12


def _build(filters: Filters, now: datetime) -> Sheet:
    periods = sorted(_periods(filters, now), key=lambda period: (-(_used(period) or 0), period.budget.pk))
    zone = ZoneInfo(filters.team.time_zone)
    return Sheet(
        title=_("Budgets"),
        columns=_columns(),
        rows=[_row(period, now, zone) for period in periods],
        chart=_chart(periods[:MOST_BARS]),
        counted_until=now,
        notes=(
            _("The forecast is what is spent and held, by the share of the window that is over: a straight line."),
            _("It begins when the budget did, and says nothing before a twentieth of its window is over."),
        ),
    )


def _periods(filters: Filters, now: datetime) -> list[BudgetPeriod]:
    wanted = Q()
    if filters.project is not None:
        wanted &= Q(budget__project=filters.project) | Q(budget__shot__project=filters.project)
    if filters.member is not None:
        wanted &= Q(budget__member=filters.member)
    if filters.tier:
        wanted &= Q(budget__tier=filters.tier)
    return ledger.current_periods(filters.team, now=now, only=wanted)


def _columns() -> tuple[Column, ...]:
    return (
        Column("name", _("Budget"), "text"),
        Column("kind", _("For"), "text"),
        Column("window", _("Window"), "text"),
        Column("limit", _("Limit"), "credits", _("With what rolled over and raises in force.")),
        Column("spent", _("Spent"), "credits"),
        Column("held", _("Held"), "credits"),
        Column("overrun", _("Overrun"), "credits", _("Charged beyond what was held.")),
        Column("left", _("Left"), "credits"),
        Column("used_share", _("Used"), "percent"),
        Column("forecast", _("Forecast"), "credits", _("At the end of the window.")),
        Column("forecast_share", _("Forecast of limit"), "percent"),
        Column("resets", _("Begins anew"), "date"),
    )


def _row(period: BudgetPeriod, now: datetime, zone: ZoneInfo) -> Row:
    budget, ahead = period.budget, forecast(period, now)
    resets: date | None = period.ends_at.astimezone(zone).date() if period.ends_at else None
    return (
        Named(budget.name, "budget", str(budget.public_id)),
        budget.kind_label,
        str(budget.get_window_display()),
        period.limit,
        period.spent,
        period.held,
        period.overrun,
        period.left,
        _used(period),
        ahead,
        None if ahead is None else percent(ahead, period.limit),
        resets,
    )


def forecast(period: BudgetPeriod, now: datetime) -> Decimal | None:
    """Credits at the end of a period, on a straight line from its beginning; None too early, or where it lasts."""
    if period.ends_at is None:
        return None
    begin = max(period.starts_at, period.budget.created_at)
    share = Decimal((now - begin).total_seconds()) / Decimal((period.ends_at - begin).total_seconds())
    if share < LEAST_SHARE:
        return None
    return (period.used / min(share, Decimal(1))).quantize(THOUSANDTH)


def _used(period: BudgetPeriod) -> Decimal | None:
    return percent(period.used, period.limit)


def _chart(periods: list[BudgetPeriod]) -> Chart:
    parts = {_("Spent"): "spent", _("Held"): "held", _("Overrun"): "overrun"}
    series = [
        Series(label, tuple(percent(getattr(period, name), period.limit) for period in periods))
        for label, name in parts.items()
    ]
    labels = tuple(f"{period.budget.name} {period.budget.get_window_display()}" for period in periods)
    sentence = _("The %(count)s budgets of which the largest share is used.") % {"count": len(periods)}
    return Chart("stacked", _("Share of each limit"), labels, tuple(series), unit="percent", sentence=sentence)


BUDGETS = Report(
    slug="budgets",
    title=gettext_lazy("Budgets"),
    sentence=gettext_lazy("Held and spent against each limit, and where it ends at this pace."),
    build=_build,
    uses=frozenset({"project", "member", "tier"}),
)
