"""Providers: success, waiting and rendering times, credits per second, and how far charges are from quotes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.models import Generation, Status, TimingDay
from generations.reports.counting import counted_until
from generations.reports.cube import NOTHING, Sums, sums
from generations.reports.figures import credits, per, percent
from generations.reports.filters import Filters
from generations.reports.names import names
from generations.reports.sheet import Chart, Column, Report, Row, Series, Sheet
from generations.reports.timings import ERROR_PERCENT, percentiles

_MEASURES = ("cost", "tries", "failed", "failed_cost", "ms", "compared", "compared_quoted", "compared_reported")
Kind = TimingDay.Kind
Times = dict[tuple[int, str], list[Decimal]]


def _build(filters: Filters, now: datetime) -> Sheet:
    found = {
        value: figures
        for (value, _period), figures in sums(filters, by="account", measures=_MEASURES).items()
        if figures
    }
    unclear = _unclear(filters)
    times = percentiles(filters, (0.5, 0.95))
    order = sorted(found.keys() | unclear.keys(), key=lambda value: (-found.get(value, NOTHING)["tries"], value))
    known = names("account", order)
    return Sheet(
        title=_("Providers"),
        columns=_columns(),
        rows=[_row(known[key], found.get(key, NOTHING), unclear.get(key, 0), times, key) for key in order],
        totals=_row(_("Together"), sum(found.values(), NOTHING), sum(unclear.values()), {}, 0),
        chart=_chart([(str(known[key]), key) for key in order], times),
        counted_until=counted_until(filters.team),
        notes=_notes(filters),
    )


def _unclear(filters: Filters) -> dict[int, int]:
    """How many takes are not confirmed now, by the account's key."""
    wanted = {
        "project": filters.project,
        "created_by": filters.member,
        "model": filters.model,
        "tier": filters.tier,
        "account": filters.account,
        "capability": filters.capability,
    }
    rows = Generation.objects.filter(team=filters.team, status=Status.UNCERTAIN)
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    return dict(rows.values("account_id").annotate(takes=Count("pk")).values_list("account_id", "takes"))


def _columns() -> tuple[Column, ...]:
    wait = _("From the order, or its approval, to the stored file.")
    render = _("From sending to the provider's result.")
    return (
        Column("name", _("Route"), "text"),
        Column("takes", _("Takes"), "count", _("Done or failed; canceled ones are left out.")),
        Column("done_share", _("Done"), "percent"),
        Column("failed", _("Failed"), "count"),
        Column("failed_cost", _("Charged for failed"), "credits"),
        Column("unclear", _("Not confirmed"), "count", _("Now, whatever the days.")),
        Column("wait_p50", _("Wait, median"), "seconds", wait),
        Column("wait_p95", _("Wait, 95th percentile"), "seconds", wait),
        Column("render_p50", _("Rendering, median"), "seconds", render),
        Column("render_p95", _("Rendering, 95th percentile"), "seconds", render),
        Column("per_second", _("Credits per second"), "credits", _("Everything spent, by all seconds made.")),
        Column("compared", _("Compared"), "count", _("Takes for which the provider said what it charged.")),
        Column("drift", _("Quote drift"), "percent", _("What they charged more than was quoted.")),
    )


def _row(name: Any, figures: Sums, unclear: int, times: Times, key: int) -> Row:
    nothing: list[Decimal | None] = [None, None]
    quoted = figures["compared_quoted"]
    return (
        name,
        figures["tries"],
        percent(figures["tries"] - figures["failed"], figures["tries"]),
        figures["failed"],
        credits(figures["failed_cost"]),
        unclear,
        *(times.get((key, Kind.WAIT)) or nothing),
        *(times.get((key, Kind.RENDER)) or nothing),
        per(figures["cost"], figures["ms"], thousandths=True),
        figures["compared"],
        percent(figures["compared_reported"] - quoted, quoted),
    )


def _chart(accounts: list[tuple[str, int]], times: Times) -> Chart:
    known = [(label, times[key, Kind.WAIT]) for label, key in accounts if (key, Kind.WAIT) in times]
    return Chart(
        "bar",
        _("Seconds from the order to the stored file"),
        tuple(label for label, _waits in known),
        (
            Series(_("Median"), tuple(waits[0] for _label, waits in known)),
            Series(_("95th percentile"), tuple(waits[1] for _label, waits in known)),
        ),
        unit="seconds",
    )


def _notes(filters: Filters) -> tuple[str, ...]:
    notes = [_("Times are read from a scale of steps; they are at most %(error)s%% off.") % {"error": ERROR_PERCENT}]
    if any((filters.project, filters.member, filters.model, filters.tier, filters.capability)):
        notes.append(_("Times are those of all the team's takes on a route in these days."))
    return tuple(notes)


PROVIDERS = Report(
    slug="providers",
    title=gettext_lazy("Providers"),
    sentence=gettext_lazy(
        "How reliable and how quick each route is, what a second costs there, and how far charges are from quotes."
    ),
    build=_build,
    uses=frozenset({"from", "to", "project", "member", "model", "tier", "account", "capability"}),
)
