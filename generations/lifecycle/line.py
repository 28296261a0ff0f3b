"""Where takes stand in line, and when they may start: the place is the true order of turns, the time an estimate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from generations import catalog
from generations.choices import Capability
from generations.lifecycle.turns import KIND, ORDER, RENDERS, turn_arguments
from generations.models import Generation, ProviderAccount

_SANDBOX_SECONDS = 20.0
_UNKNOWN_SECONDS = 180.0

# One row for each take that was asked about: its place, the jobs of its account that are out and fit in at once, and
# how long such takes of its team take.
_PLACES = f"""{ORDER}, out AS (
        SELECT account_id, sum(jobs)::int AS jobs FROM busy GROUP BY 1
    ), asked AS (
        SELECT id, {KIND} FROM generations_generation WHERE id = ANY(%(ids)s::bigint[]) AND status = 'queued'
    ), renders AS MATERIALIZED (
        SELECT {KIND}, {RENDERS} AS seconds FROM (SELECT DISTINCT {KIND} FROM asked) g
    )
    SELECT line.id, line.position, coalesce(out.jobs, 0), a.max_running, a.status, renders.seconds
    FROM asked
    JOIN renders USING ({KIND})
    JOIN line ON line.id = asked.id
    JOIN generations_provideraccount a ON a.id = asked.account_id
    LEFT JOIN out ON out.account_id = asked.account_id
"""  # noqa: S608 the statement is ours


@dataclass(frozen=True, slots=True)
class Place:
    """A take's place in line on its account, 1 for the next, and an estimate of when.

    Both times are seconds from now, and None while nothing is sent with the account.
    """

    position: int
    starts_in_seconds: float | None
    done_in_seconds: float | None


def line_of(generations: Iterable[Generation]) -> dict[int, Place]:
    """The places of those takes that are in line, by id; the others are left out."""
    takes = {take.pk: take for take in generations}
    accounts = {take.account_id for take in takes.values()}
    if not takes:
        return {}
    arguments = {**turn_arguments(accounts, all_waiting=True), "ids": list(takes)}
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, arguments)
        return {row[0]: _place(takes[row[0]], *row[1:]) for row in cursor.fetchall()}


def _place(take: Generation, position: int, out: int, at_once: int, status: str, median: float | None) -> Place:
    if status != ProviderAccount.Status.ACTIVE:
        return Place(position, None, None)
    renders = max(median, 1.0) if median is not None else _catalog_seconds(take)
    # So many jobs must end before its turn; with all places taken one ends every renders / at_once seconds.
    before_it = max(0, position - max(at_once - out, 0))
    starts_in = before_it * renders / at_once
    return Place(position, starts_in, starts_in + renders)


def _catalog_seconds(take: Generation) -> float:
    if take.account.is_sandbox:
        return _SANDBOX_SECONDS
    model = catalog.load().find_model(take.model)
    return float(model.render_seconds.get(Capability(take.capability), _UNKNOWN_SECONDS)) if model else _UNKNOWN_SECONDS
