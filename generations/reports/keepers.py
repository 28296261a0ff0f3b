"""What was kept: the cost of an approved second and of an approved shot, tries per keeper, approval rate."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.reports.counting import counted_until
from generations.reports.cube import NOTHING, SLICED_BY, Sums, sums
from generations.reports.figures import per
from generations.reports.filters import DIMENSIONS, BadFilter, Filters, check_by
from generations.reports.names import names
from generations.reports.sheet import Chart, Column, Report, Row, Series, Sheet
from generations.reports.shots import Kept, each_shot, kept

MOST_BARS = 12
_MEASURES = ("cost", "tries", "approved", "approved_ms", "waste")


def _build(filters: Filters, now: datetime) -> Sheet:
    by = check_by(filters, KEEPERS.dimensions)
    found = _each(filters, by)
    shots = {} if by == "shot" else kept(filters, by=by)
    order = sorted(found.keys() | shots.keys(), key=lambda value: (-found.get(value, NOTHING)["cost"], str(value)))
    known = names(by, order)
    columns = _columns(by)
    rows = [_row(columns, known[value], found.get(value, NOTHING), shots.get(value, Kept())) for value in order]
    all_shots = Kept()
    for each in shots.values():
        all_shots = all_shots.plus(each)
    return Sheet(
        title=_("Cost of what was kept"),
        columns=columns,
        rows=rows,
        totals=_row(columns, _("Together"), sum(found.values(), NOTHING), all_shots),
        chart=_chart(columns, rows),
        counted_until=counted_until(filters.team),
        notes=_notes(by),
    )


def _each(filters: Filters, by: str) -> dict[Any, Sums]:
    if by == "shot":
        if filters.project is None:
            raise BadFilter(_("Shots belong to a project. Choose one to see them."))
        return {shot: figures for shot, figures in each_shot(filters, _MEASURES).items() if figures}
    return {value: figures for (value, _period), figures in sums(filters, by=by, measures=_MEASURES).items() if figures}


def _columns(by: str) -> tuple[Column, ...]:
    shots = (
        Column("shots", _("Approved shots"), "count", _("Shots that got their first approved take in these days.")),
        Column(
            "per_shot", _("Per approved shot"), "credits", _("What all takes of these shots have cost, on any day.")
        ),
    )
    return (
        Column("name", DIMENSIONS[by], "text"),
        Column("takes", _("Takes"), "count", _("Done or failed; canceled ones are left out.")),
        Column("approved", _("Approved"), "count"),
        Column("approved_share", _("Approval rate"), "percent", _("Approved of all takes.")),
        Column("tries", _("Tries per keeper"), "number"),
        Column("approved_seconds", _("Approved seconds"), "seconds"),
        Column("per_approved_second", _("Per approved second"), "credits", _("Everything spent, by approved seconds.")),
        *(() if by == "shot" else shots),
        Column("waste_share", _("Not kept"), "percent", _("Of what was spent.")),
        Column("spent", _("Spent"), "credits"),
    )


def _row(columns: tuple[Column, ...], name: Any, figures: Sums, shots: Kept) -> Row:
    shown = {**figures.shown, "name": name, "shots": shots.shots, "per_shot": per(shots.cost, shots.shots)}
    return tuple(shown[column.key] for column in columns)


def _chart(columns: tuple[Column, ...], rows: list[Row]) -> Chart:
    place = [column.key for column in columns].index("per_approved_second")
    shown = [row for row in rows if row[place] is not None][:MOST_BARS]
    title = _("Credits per approved second")
    values: Any = tuple(row[place] for row in shown)
    sentence = _("The %(count)s with the most spent.") % {"count": len(shown)}
    return Chart("bar", title, tuple(str(row[0]) for row in shown), (Series(title, values),), sentence=sentence)


def _notes(by: str) -> tuple[str, ...]:
    notes = [_("Seconds and decisions count on the day on which a take ended, credits on the day they were charged.")]
    if by != "shot":
        notes.append(_("A shot counts with the first of its takes that was approved."))
    return tuple(notes)


KEEPERS = Report(
    slug="keepers",
    title=gettext_lazy("Cost of what was kept"),
    sentence=gettext_lazy("What an approved second and an approved shot cost, and how many tries a keeper takes."),
    build=_build,
    uses=frozenset({"from", "to", "project", "member", "model", "tier", "account", "capability", "by"}),
    dimensions=(*SLICED_BY, "shot"),
)
