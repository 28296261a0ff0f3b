"""Counting what is new in the books and among the decisions, a batch at a time, each batch in one transaction.

A team's movements are numbered in the order in which they were committed, so a mark says exactly what is counted.
Decisions carry a mark of their own. Takes that cost nothing, or come to a late success, make no movement: they are
found by the time of their end, an hour back, which is longer than any transaction of ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from generations.models import (
    RollUpMark,
    ShotTally,
    Slice,
    SpendDay,
    SpendMonth,
    SpendWeek,
    TakeTally,
    Team,
    TimingDay,
)
from generations.reports import tallies

BATCH = 100_000  # movements, decisions or takes: many share a cell, which is then written once

_MOVEMENTS = """
    SELECT count(*), max(id), max(happened_at),
           array_agg(DISTINCT generation_id) FILTER (WHERE kind <> 'hold' AND generation_id IS NOT NULL)
    FROM (SELECT id, happened_at, generation_id, kind FROM generations_movement
          WHERE team_id = %(team)s AND id > %(after)s ORDER BY id LIMIT %(batch)s) new
"""
# A decision changes the fate of its take, and of the other takes of its shot; those whose fate is known need nothing.
_DECISIONS = """
    WITH new AS (
        SELECT d.id, g.id AS take_id, g.shot_id, g.verdict
        FROM generations_reviewdecision d JOIN generations_generation g ON g.id = d.generation_id
        WHERE NOT d.is_counted AND g.team_id = %(team)s ORDER BY d.id LIMIT %(batch)s),
    shots AS (
        SELECT shot_id, EXISTS (SELECT 1 FROM generations_generation g
                                WHERE g.shot_id = touched.shot_id AND g.verdict = 'approved') AS is_kept
        FROM (SELECT DISTINCT shot_id FROM new WHERE shot_id IS NOT NULL) touched)
    SELECT (SELECT array_agg(id) FROM new),
           (SELECT array_agg(DISTINCT id) FROM (
                SELECT t.generation_id AS id FROM new JOIN generations_taketally t ON t.generation_id = new.take_id
                WHERE t.fate <> replace(new.verdict, '_requested', '')
                UNION ALL
                SELECT t.generation_id FROM shots JOIN generations_taketally t ON t.shot_id = shots.shot_id
                WHERE t.fate = CASE WHEN shots.is_kept THEN 'unreviewed' ELSE 'superseded' END) changed)
"""
_ENDED = """
    SELECT array_agg(id) FROM (
        SELECT g.id FROM generations_generation g
        LEFT JOIN generations_taketally t ON t.generation_id = g.id AND t.ended
        WHERE g.team_id = %(team)s AND g.status IN ('done', 'failed', 'canceled')
              AND g.finished_at > coalesce(%(ended_at)s::timestamptz - interval '1 hour', '-infinity')
              AND (t.generation_id IS NULL OR (t.fate IN ('failed', 'canceled')) <> (g.status <> 'done'))
        ORDER BY g.finished_at LIMIT %(batch)s) missed
"""
# The newest of each, which an index gives at once; whether there is a newer one than the mark would be a search.
_PENDING = """
    SELECT p.team_id FROM generations_purse p
    JOIN generations_team t ON t.id = p.team_id
    LEFT JOIN generations_rollupmark k ON k.team_id = p.team_id
    WHERE k.time_zone <> t.time_zone
       OR (SELECT max(m.id) FROM generations_movement m WHERE m.team_id = p.team_id) > coalesce(k.movement_id, 0)
       OR (SELECT max(g.finished_at) FROM generations_generation g
           WHERE g.team_id = p.team_id AND g.finished_at IS NOT NULL)
          > coalesce(k.ended_at - interval '1 hour', '-infinity')
       OR p.team_id IN (SELECT g.team_id FROM generations_reviewdecision d
                        JOIN generations_generation g ON g.id = d.generation_id WHERE NOT d.is_counted)
    ORDER BY p.team_id
"""
# Where nothing is new, that is all that there is to write. Whoever counts right now has the mark locked. The mark comes
# as values: by its columns the database would expect a third of all rows to be new.
_NOTHING_NEW = """
    WITH mine AS (
        SELECT k.team_id FROM generations_rollupmark k
        WHERE k.team_id = %(team)s AND k.movement_id = %(after)s
              AND NOT EXISTS (SELECT 1 FROM generations_movement m WHERE m.team_id = %(team)s AND m.id > %(after)s)
              AND NOT EXISTS (SELECT 1 FROM generations_reviewdecision d
                              JOIN generations_generation g ON g.id = d.generation_id
                              WHERE NOT d.is_counted AND g.team_id = %(team)s)
              AND NOT EXISTS (
                  SELECT 1 FROM generations_generation g
                  LEFT JOIN generations_taketally t ON t.generation_id = g.id AND t.ended
                  WHERE g.team_id = %(team)s AND g.status IN ('done', 'failed', 'canceled')
                        AND g.finished_at > %(ended_at)s::timestamptz - interval '1 hour'
                        AND (t.generation_id IS NULL OR (t.fate IN ('failed', 'canceled')) <> (g.status <> 'done')))
        FOR UPDATE SKIP LOCKED)
    UPDATE generations_rollupmark k SET counted_until = %(now)s, ended_at = %(now)s
    FROM mine WHERE k.team_id = mine.team_id RETURNING k.team_id
"""


@dataclass
class _Batch:
    """What is to be counted at once, and the mark after it."""

    takes: list[int] = field(default_factory=list)
    decisions: list[int] = field(default_factory=list)
    upto: int = 0
    until: datetime | None = None
    is_last: bool = False


def roll_up(*, now: datetime, team: Team | None = None, at_most: int = 100_000) -> int:
    """Count what is new, of one team or of all; how many takes were counted, or counted anew.

    Repeating it changes nothing. Stops after about `at_most` takes for each team; the next call goes on. A team that
    somebody else is counting is left out.
    """
    teams = [team] if team is not None else Team.objects.filter(pk__in=_teams_with_news())
    return sum(_count_team(each, now, at_most) for each in teams)


def rebuild(team: Team, *, now: datetime) -> int:
    """Forget a team's roll-ups and count everything again; how many takes there were.

    Until it is done, reports show what is counted so far, and say so.
    """
    RollUpMark.objects.bulk_create([RollUpMark(team_id=team.pk, time_zone=team.time_zone)], ignore_conflicts=True)
    with transaction.atomic():
        _forget(RollUpMark.objects.select_for_update().get(team=team), team)
    return _count_team(team, now, at_most=2**62)


def counted_until(team: Team) -> datetime | None:
    """Until when a team's reports are complete; None before the first count."""
    return RollUpMark.objects.filter(team=team).values_list("counted_until", flat=True).first()


def _teams_with_news() -> list[int]:
    return [row[0] for row in _rows(_PENDING, {})]


def _count_team(team: Team, now: datetime, at_most: int) -> int:
    mark = RollUpMark.objects.filter(team=team).first()
    if mark is not None and _has_nothing_new(mark, team, now):
        return 0
    counted, is_last = 0, False
    if mark is None:
        RollUpMark.objects.bulk_create([RollUpMark(team_id=team.pk, time_zone=team.time_zone)], ignore_conflicts=True)
    while not is_last and counted < at_most:
        with transaction.atomic():
            mark = RollUpMark.objects.select_for_update(skip_locked=True).filter(team=team).first()
            if mark is None:
                return counted
            if mark.time_zone != team.time_zone:  # other days: nothing that was counted holds
                _forget(mark, team)
            batch = _next(mark, now, min(BATCH, at_most))
            _count(team, batch)
            counted += len(batch.takes)
            is_last = batch.is_last
            _advance(mark, batch, now)
    return counted


def _has_nothing_new(mark: RollUpMark, team: Team, now: datetime) -> bool:
    if mark.ended_at is None or mark.time_zone != team.time_zone:
        return False
    facts = {"team": team.pk, "after": mark.movement_id, "ended_at": mark.ended_at, "now": now}
    return bool(_rows(_NOTHING_NEW, facts))


def _next(mark: RollUpMark, now: datetime, size: int) -> _Batch:
    """The next `size` movements; with the last of them the new decisions; when there are none, what they missed."""
    facts = {"team": mark.team_id, "batch": size, "after": mark.movement_id, "ended_at": mark.ended_at}
    count, upto, until, takes = _rows(_MOVEMENTS, facts)[0]
    if count == size:
        return _Batch(takes or [], upto=upto, until=until)
    decisions, decided = _rows(_DECISIONS, facts)[0]
    touched = {*(takes or []), *(decided or [])}
    upto = upto or mark.movement_id
    if touched or decisions:
        return _Batch(sorted(touched), decisions or [], upto, until or mark.counted_until)
    missed = _rows(_ENDED, facts)[0][0] or []
    is_last = len(missed) < size
    return _Batch(missed, upto=upto, until=now if is_last else mark.counted_until, is_last=is_last)


def _count(team: Team, batch: _Batch) -> None:
    if not batch.takes:
        return
    facts: dict[str, Any] = {"team": team.pk, "zone": team.time_zone, "takes": batch.takes, "upto": batch.upto}
    with connection.cursor() as cursor:
        cursor.execute(tallies.SLICES, facts)
        cursor.execute(tallies.COUNT, facts)
        shots = cursor.fetchall()[0][1]
        if shots:
            cursor.execute(tallies.KEEPERS, {"shots": shots})


def _advance(mark: RollUpMark, batch: _Batch, now: datetime) -> None:
    if batch.decisions:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE generations_reviewdecision SET is_counted = true WHERE id = ANY(%s)", [batch.decisions]
            )
    mark.movement_id = batch.upto
    mark.counted_until = batch.until
    if batch.is_last:
        mark.ended_at = now
    mark.save(update_fields=["movement_id", "counted_until", "ended_at", "time_zone"])


def _forget(mark: RollUpMark, team: Team) -> None:
    slices = Slice.objects.filter(team=team)
    TakeTally.objects.filter(slice__in=slices).delete()
    for table in (SpendDay, SpendWeek, SpendMonth, ShotTally, TimingDay):
        table.objects.filter(team=team).delete()
    slices.delete()
    mark.movement_id, mark.ended_at, mark.counted_until, mark.time_zone = 0, None, None, team.time_zone
    mark.save()


def _rows(sql: str, facts: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        return cursor.fetchall()
