"""The statements that count: takes into tallies, and the difference that makes into the cells of the cube.

A tally is made from the take's row, its entries up to the mark, its files and its newest decision, always whole. What
it said before is subtracted, what it says now is added: counting twice changes nothing, and counting late mends.
"""

from __future__ import annotations

from generations.models import Fate

COLUMNS = (
    "generation_id, day, slice_id, shot_id, fate, ended, spent, overrun, refunded, ms, quoted, reported,"
    " wait_bucket, render_bucket"
)
COST = "(spent + overrun - refunded)"

# What a cell sums, as expressions over a tally.
MEASURES: dict[str, str] = {
    **{fate.value: f"(ended AND fate = '{fate.value}')::int" for fate in Fate},
    "ms": "ms",
    "approved_ms": "CASE WHEN fate = 'approved' THEN ms ELSE 0 END",
    "spent": "spent",
    "overrun": "overrun",
    "refunded": "refunded",
    **{f"{fate.value}_cost": f"CASE WHEN fate = '{fate.value}' THEN {COST} ELSE 0 END" for fate in Fate},
    "compared": "(reported IS NOT NULL)::int",
    "compared_quoted": "CASE WHEN reported IS NULL THEN 0 ELSE quoted END",
    "compared_reported": "coalesce(reported, 0)",
}
GRAINS = {"day": "generations_spendday", "week": "generations_spendweek", "month": "generations_spendmonth"}
# A date is no moment: date_trunc would take it for one in the connection's time zone.
FIRST_DAY = {
    "day": "day",
    "week": "date_trunc('week', day::timestamp)::date",
    "month": "date_trunc('month', day::timestamp)::date",
}
BUCKETS_PER_DOUBLING = 4

SLICES = """
    INSERT INTO generations_slice (team_id, project_id, member_id, model, tier, account_id, capability)
    SELECT DISTINCT g.team_id, g.project_id, g.created_by_id, g.model, g.tier, g.account_id, g.capability
    FROM generations_generation g
    WHERE g.id = ANY(%(takes)s) AND NOT EXISTS (
        SELECT 1 FROM generations_slice s
        WHERE (s.team_id, s.project_id, s.member_id, s.model, s.tier, s.account_id, s.capability)
            = (g.team_id, g.project_id, g.created_by_id, g.model, g.tier, g.account_id, g.capability))
    ON CONFLICT DO NOTHING
"""


def _bucket(begin: str, end: str) -> str:
    """The bucket of a time between two moments; nothing where one of them is not known."""
    seconds = f"greatest(extract(epoch FROM {end} - {begin})::float8, 1)"
    bucket = f"least(floor({BUCKETS_PER_DOUBLING} * ln({seconds}) / ln(2)), 127)::smallint"
    return f"CASE WHEN g.status = 'done' AND {end} IS NOT NULL AND {begin} IS NOT NULL THEN {bucket} END"


# The sums are the same as in `pricing.charged_credits`, which a test compares. What failed is no measure of a quote.
_REPORTED = """
    CASE WHEN g.status <> 'done' THEN NULL WHEN (g.provider_cost_json ->> 'amount')::numeric = 0 THEN 0 ELSE
    round((g.provider_cost_json ->> 'amount')::numeric
          * CASE g.provider_cost_json ->> 'currency'
                WHEN 'fal_unit' THEN (g.quote_json ->> 'amount')::numeric * (g.quote_json ->> 'usd_per_unit')::numeric
                WHEN 'usd' THEN CASE WHEN (g.quote_json ->> 'is_placeholder')::boolean THEN NULL ELSE 1 END
                WHEN g.quote_json ->> 'currency' THEN (g.quote_json ->> 'usd_per_unit')::numeric
            END
          * (g.quote_json ->> 'credits_per_usd')::numeric
          * (1 + (g.quote_json ->> 'markup_percent')::numeric / 100), 3) * 1000 END
"""

# Every take of %(takes)s as it must be counted, with its entries up to movement %(upto)s.
FRESH = f"""
    money AS (
        SELECT m.generation_id, (m.happened_at AT TIME ZONE %(zone)s)::date AS day,
               coalesce(sum(e.amount) FILTER (WHERE m.kind = 'capture'), 0) * 1000 AS spent,
               coalesce(sum(e.amount) FILTER (WHERE m.kind = 'overrun'), 0) * 1000 AS overrun,
               coalesce(-sum(e.amount) FILTER (WHERE m.kind NOT IN ('capture', 'overrun')), 0) * 1000 AS refunded
        FROM generations_movement m
        JOIN generations_entry e ON e.movement_id = m.id AND e.account = 'spent'
        WHERE m.generation_id = ANY(%(takes)s) AND m.id <= %(upto)s
        GROUP BY 1, 2
    ),
    facts AS (
        SELECT g.id, s.id AS slice_id, g.shot_id,
               CASE WHEN g.status IN ('done', 'failed', 'canceled')
                    THEN (g.finished_at AT TIME ZONE %(zone)s)::date END AS end_day,
               CASE WHEN g.status IN ('failed', 'canceled') THEN g.status
                    WHEN g.status <> 'done' THEN ''
                    WHEN g.verdict = 'changes_requested' THEN 'changes'
                    WHEN g.verdict <> '' THEN g.verdict
                    WHEN EXISTS (SELECT 1 FROM generations_generation o
                                 WHERE o.shot_id = g.shot_id AND o.verdict = 'approved' AND o.id <> g.id)
                    THEN 'superseded' ELSE 'unreviewed' END AS fate,
               CASE WHEN g.status = 'done' THEN coalesce((
                   SELECT sum(a.duration_seconds) FROM generations_asset a
                   WHERE a.generation_id = g.id AND a.kind = 'video'), 0) * 1000 ELSE 0 END AS ms,
               g.hold_credits * 1000 AS quoted,
               {_REPORTED} AS reported,
               {_bucket("coalesce(p.decided_at, g.created_at)", "g.finished_at")} AS wait_bucket,
               {_bucket("g.submitted_at", "g.provider_done_at")} AS render_bucket
        FROM generations_generation g
        JOIN generations_slice s
          ON (s.team_id, s.project_id, s.member_id, s.model, s.tier, s.account_id, s.capability)
           = (g.team_id, g.project_id, g.created_by_id, g.model, g.tier, g.account_id, g.capability)
        LEFT JOIN generations_approval p ON p.generation_id = g.id AND p.outcome = 'approved'
        WHERE g.id = ANY(%(takes)s)
    ),
    days AS (
        SELECT generation_id, day FROM money
        UNION SELECT id, end_day FROM facts WHERE end_day IS NOT NULL
    ),
    fresh AS MATERIALIZED (
        SELECT d.generation_id, d.day, f.slice_id, f.shot_id, f.fate::varchar,
               coalesce(f.end_day = d.day, false) AS ended,
               coalesce(m.spent, 0)::bigint AS spent, coalesce(m.overrun, 0)::bigint AS overrun,
               coalesce(m.refunded, 0)::bigint AS refunded,
               CASE WHEN f.end_day = d.day THEN f.ms ELSE 0 END::bigint AS ms,
               CASE WHEN f.end_day = d.day THEN f.quoted ELSE 0 END::bigint AS quoted,
               CASE WHEN f.end_day = d.day THEN f.reported END::bigint AS reported,
               CASE WHEN f.end_day = d.day THEN f.wait_bucket END AS wait_bucket,
               CASE WHEN f.end_day = d.day THEN f.render_bucket END AS render_bucket
        FROM days d
        JOIN facts f ON f.id = d.generation_id
        LEFT JOIN money m ON m.generation_id = d.generation_id AND m.day = d.day
    )
"""  # noqa: S608 the names are ours

_SUMS = ", ".join(f"sum(sign * {expression})::bigint AS {name}" for name, expression in MEASURES.items())
_NAMES = ", ".join(MEASURES)
_KEPT = ", ".join(name.strip() for name in COLUMNS.split(",")[2:])


def _cells(grain: str) -> str:
    """Add the changes to the cells of a grain."""
    table = GRAINS[grain]
    added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in MEASURES)
    summed = ", ".join(f"sum({name})" for name in MEASURES)
    return f"""
        INSERT INTO {table} (slice_id, day, team_id, {_NAMES})
        SELECT slice_id, {FIRST_DAY[grain]}, %(team)s, {summed} FROM changes GROUP BY 1, 2
        ON CONFLICT (slice_id, day) DO UPDATE SET {added}
    """  # noqa: S608 the names are ours


COUNT = f"""
    WITH {FRESH},
    stale AS MATERIALIZED (SELECT {COLUMNS} FROM generations_taketally WHERE generation_id = ANY(%(takes)s)),
    added AS MATERIALIZED (SELECT * FROM fresh EXCEPT SELECT * FROM stale),
    removed AS MATERIALIZED (SELECT * FROM stale EXCEPT SELECT * FROM fresh),
    gone AS (
        DELETE FROM generations_taketally t USING removed r
        WHERE t.generation_id = r.generation_id AND t.day = r.day AND NOT EXISTS (
            SELECT 1 FROM fresh f WHERE f.generation_id = r.generation_id AND f.day = r.day)
    ),
    kept AS (
        INSERT INTO generations_taketally ({COLUMNS}) SELECT {COLUMNS} FROM added
        ON CONFLICT (generation_id, day) DO UPDATE SET ({_KEPT}) = ROW(excluded.{_KEPT.replace(", ", ", excluded.")})
    ),
    turns AS MATERIALIZED (SELECT 1 AS sign, added.* FROM added UNION ALL SELECT -1, removed.* FROM removed),
    changes AS MATERIALIZED (SELECT slice_id, day, {_SUMS} FROM turns GROUP BY slice_id, day),
    cells AS ({_cells("day")}),
    weeks AS ({_cells("week")}),
    months AS ({_cells("month")}),
    timings AS (
        INSERT INTO generations_timingday AS t (team_id, day, account_id, kind, bucket, takes)
        SELECT %(team)s, b.day, s.account_id, k.kind, k.bucket, sum(b.sign)
        FROM turns b
        JOIN generations_slice s ON s.id = b.slice_id
        CROSS JOIN LATERAL (VALUES ('wait', b.wait_bucket), ('render', b.render_bucket)) AS k(kind, bucket)
        WHERE k.bucket IS NOT NULL
        GROUP BY b.day, s.account_id, k.kind, k.bucket
        HAVING sum(b.sign) <> 0
        ON CONFLICT (team_id, day, account_id, kind, bucket) DO UPDATE SET takes = t.takes + excluded.takes
    ),
    shots AS (
        INSERT INTO generations_shottally AS t (shot_id, team_id, takes, approved, cost)
        SELECT shot_id, %(team)s, sum(sign * ended::int), sum(sign * (ended AND fate = 'approved')::int),
               sum(sign * {COST})
        FROM turns WHERE shot_id IS NOT NULL GROUP BY shot_id
        ON CONFLICT (shot_id) DO UPDATE
        SET takes = t.takes + excluded.takes, approved = t.approved + excluded.approved, cost = t.cost + excluded.cost
    )
    SELECT count(*), array_agg(DISTINCT shot_id) FILTER (WHERE shot_id IS NOT NULL AND fate = 'approved') FROM turns
"""  # noqa: S608 the names are ours

# Since when a shot has an approved take, and of which slice its first one is.
KEEPERS = """
    UPDATE generations_shottally t SET approved_day = k.day, slice_id = k.slice_id
    FROM unnest(%(shots)s::bigint[]) AS wanted(shot_id)
    LEFT JOIN LATERAL (
        SELECT day, slice_id FROM generations_taketally
        WHERE shot_id = wanted.shot_id AND ended AND fate = 'approved' ORDER BY day, generation_id LIMIT 1
    ) k ON true
    WHERE t.shot_id = wanted.shot_id AND (t.approved_day, t.slice_id) IS DISTINCT FROM (k.day, k.slice_id)
"""
