"""Credit lots: what is left of the credits that came in, and what expires when."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations import ledger
from generations.reports.filters import Filters
from generations.reports.sheet import Chart, Column, Report, Row, Series, Sheet

ZERO = Decimal(0)


def _build(filters: Filters, now: datetime) -> Sheet:
    zone = ZoneInfo(filters.team.time_zone)
    lots = ledger.lots_of(filters.team)
    return Sheet(
        title=_("Credit lots"),
        columns=_columns(),
        rows=[_row(item, zone) for item in lots],
        totals=(
            _("Together"),
            None,
            None,
            sum((item.lot.amount for item in lots), ZERO),
            sum((item.lot.amount - item.remaining for item in lots), ZERO),
            sum((item.remaining for item in lots), ZERO),
            None,
            None,
        ),
        chart=_chart(lots, zone),
        counted_until=now,
        notes=(ledger.order_sentence(), _("Credits that are held count as used until they come back.")),
    )


def _columns() -> tuple[Column, ...]:
    return (
        Column("came", _("Came in"), "date"),
        Column("source", _("As"), "text"),
        Column("reason", _("Reason"), "text"),
        Column("amount", _("Credits"), "credits"),
        Column("used", _("Used"), "credits"),
        Column("left", _("Left"), "credits"),
        Column("expires", _("Expires"), "date"),
        Column("priority", _("Priority"), "count"),
    )


def _row(item: ledger.LotNow, zone: ZoneInfo) -> Row:
    lot = item.lot
    return (
        lot.created_at.astimezone(zone).date(),
        str(lot.movement.get_kind_display()) if lot.movement else "",
        lot.movement.reason if lot.movement else "",
        lot.amount,
        lot.amount - item.remaining,
        item.remaining,
        lot.expires_at.astimezone(zone).date() if lot.expires_at else None,
        lot.priority,
    )


def _chart(lots: list[ledger.LotNow], zone: ZoneInfo) -> Chart:
    """What is left, by the month in which it expires; what lasts comes last."""
    left: dict[date | None, Decimal] = {}
    for item in lots:
        expires = item.lot.expires_at
        month = expires.astimezone(zone).date().replace(day=1) if expires else None
        left[month] = left.get(month, ZERO) + item.remaining
    months = sorted(left, key=lambda month: (month is None, month or date.min))
    labels = tuple(date_format(month, "F Y") if month else _("Does not expire") for month in months)
    title = _("Credits left, by the month in which they expire")
    return Chart("bar", title, labels, (Series(_("Left"), tuple(left[month] for month in months)),))


LOTS = Report(
    slug="lots",
    title=gettext_lazy("Credit lots"),
    sentence=gettext_lazy("What is left of the credits that came in, and what expires when."),
    build=_build,
    uses=frozenset(),
)
