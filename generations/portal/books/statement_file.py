"""The statement as a file: the same lines under the same filters, read a thousand at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from generations.models import Team
from generations.portal.books.statement import StatementFilters
from generations.portal.books.statement_lines import StatementLine, as_line
from generations.reports import Column

_AT_ONCE = 1000

COLUMNS = (
    Column("entry", _("Entry"), "count"),
    Column("time", _("Time"), "text"),
    Column("kind", _("Kind"), "text"),
    Column("take", _("Take"), "text"),
    Column("project", _("Project"), "text"),
    Column("person", _("Person"), "text"),
    Column("what", _("What happened"), "text"),
    Column("available", _("Available"), "credits"),
    Column("held", _("Held"), "credits"),
    Column("spent", _("Spent"), "credits"),
    Column("other", _("Other"), "credits"),
    Column("other_accounts", _("Other accounts"), "text"),
    Column("available_after", _("Available after"), "credits"),
)

Cell = int | str | Decimal | datetime | None


def file_rows(team: Team, filters: StatementFilters) -> Iterator[tuple[Cell, ...]]:
    """The cells of every line that matches, newest first; times are the team's."""
    zone, before = ZoneInfo(team.time_zone), None
    while lines := filters.lines(team, before=before, limit=_AT_ONCE):
        for line in lines:
            yield _row(as_line(line), zone)
        before = lines[-1].movement_id


def _row(line: StatementLine, zone: ZoneInfo) -> tuple[Cell, ...]:
    take = line.take
    return (
        line.number,
        line.at.astimezone(zone),
        line.kind_label,
        take.name if take else "",
        take.project.name if take else "",
        str(line.actor or (take.created_by if take else "")),
        line.text,
        line.available,
        line.held,
        line.spent,
        line.other,
        line.other_label,
        line.available_after,
    )
