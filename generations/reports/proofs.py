"""Proving the roll-ups: tallies from entries and takes, cells from tallies, and each team's spending to its mark."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from generations import ledger
from generations.reports.tallies import COST, FIRST_DAY, GRAINS, MEASURES

# Each query returns (where, said, is) for every row that is wrong, and nothing when all is well.
_MONEY = """
    WITH entries AS (
        SELECT m.generation_id, (m.happened_at AT TIME ZONE k.time_zone)::date AS day,
               coalesce(sum(e.amount) FILTER (WHERE m.kind = 'capture'), 0) AS spent,
               coalesce(sum(e.amount) FILTER (WHERE m.kind = 'overrun'), 0) AS overrun,
               coalesce(-sum(e.amount) FILTER (WHERE m.kind = 'reversal'), 0) AS refunded
        FROM generations_rollupmark k
        JOIN generations_movement m ON m.team_id = k.team_id AND m.id <= k.movement_id
        JOIN generations_entry e ON e.movement_id = m.id AND e.account = 'spent'
        GROUP BY 1, 2)
    SELECT 'T-' || coalesce(g.number::text, '?') || ' on ' || coalesce(t.day, e.day),
           'spent ' || coalesce(t.spent, 0) / 1000.0 || ', overrun ' || coalesce(t.overrun, 0) / 1000.0
               || ', refunded ' || coalesce(t.refunded, 0) / 1000.0,
           'spent ' || coalesce(e.spent, 0) || ', overrun ' || coalesce(e.overrun, 0)
               || ', refunded ' || coalesce(e.refunded, 0)
    FROM entries e
    FULL JOIN generations_taketally t ON t.generation_id = e.generation_id AND t.day = e.day
    LEFT JOIN generations_generation g ON g.id = coalesce(t.generation_id, e.generation_id)
    WHERE (coalesce(t.spent, 0), coalesce(t.overrun, 0), coalesce(t.refunded, 0))
          <> (coalesce(e.spent, 0) * 1000, coalesce(e.overrun, 0) * 1000, coalesce(e.refunded, 0) * 1000)
    ORDER BY 1"""

# What a later movement, end or decision will still change is left out.
_FATE = """
    WITH waiting AS (
        SELECT d.generation_id, g.shot_id FROM generations_reviewdecision d
        JOIN generations_generation g ON g.id = d.generation_id WHERE NOT d.is_counted),
    later AS (
        SELECT m.generation_id FROM generations_rollupmark k
        JOIN generations_movement m ON m.team_id = k.team_id AND m.id > k.movement_id),
    kept AS (
        SELECT DISTINCT shot_id FROM generations_generation WHERE verdict = 'approved' AND shot_id IS NOT NULL),
    takes AS (
        SELECT g.id, g.number, (g.finished_at AT TIME ZONE k.time_zone)::date AS day, g.hold_credits,
               CASE WHEN g.status <> 'done' THEN g.status
                    WHEN g.verdict = 'changes_requested' THEN 'changes'
                    WHEN g.verdict <> '' THEN g.verdict
                    WHEN kept.shot_id IS NOT NULL THEN 'superseded' ELSE 'unreviewed' END AS fate
        FROM generations_rollupmark k
        JOIN generations_generation g ON g.team_id = k.team_id
        LEFT JOIN kept ON kept.shot_id = g.shot_id
        WHERE g.status IN ('done', 'failed', 'canceled') AND g.finished_at <= k.ended_at - interval '1 hour'
              AND NOT EXISTS (SELECT 1 FROM waiting w WHERE w.generation_id = g.id)
              AND NOT EXISTS (SELECT 1 FROM waiting w WHERE w.shot_id = g.shot_id)
              AND NOT EXISTS (SELECT 1 FROM later l WHERE l.generation_id = g.id))
    SELECT 'T-' || g.number,
           coalesce(t.fate || ' on ' || t.day || ', quoted ' || t.quoted / 1000.0, 'nothing'),
           g.fate || ' on ' || g.day || ', quoted ' || g.hold_credits
    FROM takes g LEFT JOIN generations_taketally t ON t.generation_id = g.id AND t.ended
    WHERE (t.fate, t.day, t.quoted) IS DISTINCT FROM (g.fate, g.day, (g.hold_credits * 1000)::bigint)
    ORDER BY g.id"""

_SHOTS = f"""
    WITH tallies AS (
        SELECT shot_id, sum(ended::int) AS takes, sum((ended AND fate = 'approved')::int) AS approved,
               sum({COST}) AS cost, min(day) FILTER (WHERE ended AND fate = 'approved') AS approved_day
        FROM generations_taketally WHERE shot_id IS NOT NULL GROUP BY shot_id)
    SELECT 'shot ' || coalesce(s.shot_id, t.shot_id),
           coalesce(s.takes, 0) || ' takes, ' || coalesce(s.approved, 0) || ' approved, '
               || coalesce(s.cost, 0) / 1000.0 || ' credits, since ' || coalesce(s.approved_day::text, 'never'),
           coalesce(t.takes, 0) || ' takes, ' || coalesce(t.approved, 0) || ' approved, '
               || coalesce(t.cost, 0) / 1000.0 || ' credits, since ' || coalesce(t.approved_day::text, 'never')
    FROM generations_shottally s FULL JOIN tallies t ON t.shot_id = s.shot_id
    WHERE (coalesce(s.takes, 0), coalesce(s.approved, 0), coalesce(s.cost, 0), s.approved_day)
          IS DISTINCT FROM (coalesce(t.takes, 0), coalesce(t.approved, 0), coalesce(t.cost, 0), t.approved_day)
    ORDER BY 1"""  # noqa: S608 the names are ours

_TIMINGS = """
    WITH tallies AS (
        SELECT s.team_id, t.day, s.account_id, k.kind, k.bucket, count(*) AS takes
        FROM generations_taketally t
        JOIN generations_slice s ON s.id = t.slice_id
        CROSS JOIN LATERAL (VALUES ('wait', t.wait_bucket), ('render', t.render_bucket)) AS k(kind, bucket)
        WHERE k.bucket IS NOT NULL GROUP BY 1, 2, 3, 4, 5)
    SELECT 'account ' || account_id || ' ' || kind || ' ' || bucket || ' on ' || day,
           coalesce(d.takes, 0) || ' takes', coalesce(t.takes, 0) || ' takes'
    FROM generations_timingday d FULL JOIN tallies t USING (team_id, day, account_id, kind, bucket)
    WHERE coalesce(d.takes, 0) <> coalesce(t.takes, 0)
    ORDER BY 1"""

_TO_THE_MARK = f"""
    WITH cells AS (SELECT team_id, sum({COST}) / 1000.0 AS spent FROM generations_spendday GROUP BY team_id),
    entries AS (
        SELECT k.team_id, sum(e.amount) AS spent
        FROM generations_rollupmark k
        JOIN generations_movement m ON m.team_id = k.team_id AND m.id <= k.movement_id
        JOIN generations_entry e ON e.movement_id = m.id AND e.account = 'spent'
        GROUP BY k.team_id)
    SELECT t.slug || ' spent to movement ' || k.movement_id,
           coalesce(c.spent, 0)::numeric(18, 3)::text, coalesce(e.spent, 0)::text
    FROM generations_rollupmark k
    JOIN generations_team t ON t.id = k.team_id
    LEFT JOIN cells c ON c.team_id = k.team_id
    LEFT JOIN entries e ON e.team_id = k.team_id
    WHERE coalesce(c.spent, 0) <> coalesce(e.spent, 0)
    ORDER BY t.slug"""  # noqa: S608 the names are ours


def _cells(grain: str) -> str:
    """Every measure of every cell that is not the sum of its tallies."""
    measures = ", ".join(f"sum({expression}) AS {name}" for name, expression in MEASURES.items())
    pairs = ", ".join(f"('{name}', coalesce(c.{name}, 0), coalesce(t.{name}, 0))" for name in MEASURES)
    return f"""
        WITH tallies AS (SELECT slice_id, {FIRST_DAY[grain]} AS first, {measures}
                         FROM generations_taketally GROUP BY 1, 2)
        SELECT v.name || ' of slice ' || coalesce(c.slice_id, t.slice_id) || ' from ' || coalesce(c.day, t.first),
               v.said::text, v.is_::text
        FROM {GRAINS[grain]} c FULL JOIN tallies t ON t.slice_id = c.slice_id AND t.first = c.day
        CROSS JOIN LATERAL (VALUES {pairs}) AS v(name, said, is_)
        WHERE v.said <> v.is_
        ORDER BY coalesce(c.slice_id, t.slice_id), coalesce(c.day, t.first), v.name"""  # noqa: S608 the names are ours


_PROOFS: dict[str, str] = {
    "tally of take": _MONEY,
    "fate of take": _FATE,
    **{f"spending per {grain}": _cells(grain) for grain in GRAINS},
    "tally of shot": _SHOTS,
    "timings": _TIMINGS,
    "spending to the mark": _TO_THE_MARK,
}


def proofs() -> list[str]:
    """The names of the proofs, in their order."""
    return list(_PROOFS)


def differences() -> Iterator[ledger.Difference]:
    """Everything that a roll-up says and the entries do not, up to each team's mark; nothing where all is well.

    Run it in one transaction of isolation REPEATABLE READ to prove a moment while work goes on.
    """
    with connection.cursor() as cursor:
        for name, sql in _PROOFS.items():
            cursor.execute(sql)
            for where, said, is_ in cursor.fetchall():
                yield ledger.Difference(name, where, said, is_)
