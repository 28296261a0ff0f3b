"""Whose turn is next on an account: the order in which takes are sent, and in which people see themselves in line.

The team with the least under way and taken comes first, in it the member with the least; between equals the one whose
last turn is longest ago (with a single slot nothing else tells them apart), then age. A take that is wanted by a time
which is within reach goes before the others of its team: it takes its team's turns, never another team's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import connection

_USUAL_SECONDS = 180  # where a team has no history: about what the catalog says of most models

KIND = "account_id, team_id, model, tier, capability"
# How long the last takes of such a kind `g` took to render: the median, in seconds. Not further back than 500 takes of
# the team, so that a kind that is never made does not read them all.
RENDERS = """(
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM k.provider_done_at - k.submitted_at))
        FROM (SELECT h.provider_done_at, h.submitted_at
              FROM (SELECT * FROM generations_generation WHERE team_id = g.team_id ORDER BY id DESC LIMIT 500) h
              WHERE h.account_id = g.account_id AND h.model = g.model AND h.tier = g.tier
                    AND h.capability = g.capability AND h.status IN ('done', 'ingesting')
                    AND h.provider_done_at > h.submitted_at
              ORDER BY h.id DESC LIMIT 40) k
    )"""
ORDER = f"""
    WITH usual AS MATERIALIZED (
        SELECT {KIND}, {RENDERS} AS seconds
        FROM (SELECT DISTINCT {KIND} FROM generations_generation
              WHERE account_id = ANY(%(accounts)s::bigint[]) AND status = 'queued' AND deadline_at IS NOT NULL) g
    ), busy AS (
        SELECT account_id, team_id, created_by_id, count(*) AS jobs FROM generations_generation
        WHERE account_id = ANY(%(accounts)s::bigint[]) AND status IN ('submitting', 'running') GROUP BY 1, 2, 3
    ), waiting AS (
        SELECT *, row_number() OVER (PARTITION BY account_id, team_id, created_by_id ORDER BY wanted_at, id) AS nth
        FROM (
            SELECT g.id, g.account_id, g.team_id, g.created_by_id,
                   CASE WHEN g.deadline_at <= now() + (coalesce(u.seconds, %(usual)s) + %(slack)s) * interval '1 second'
                        THEN g.deadline_at END AS wanted_at
            FROM generations_generation g
            LEFT JOIN usual u
                ON g.deadline_at IS NOT NULL AND u.account_id = g.account_id AND u.team_id = g.team_id
                   AND u.model = g.model AND u.tier = g.tier AND u.capability = g.capability
            WHERE g.account_id = ANY(%(accounts)s::bigint[]) AND g.status = 'queued'
                  AND (%(all)s OR g.due_at <= now())
        ) line
    ), members AS (
        SELECT w.account_id, w.team_id, w.created_by_id, coalesce(b.jobs, 0) AS jobs, turn.at
        FROM (SELECT DISTINCT account_id, team_id, created_by_id FROM waiting) w
        LEFT JOIN busy b USING (account_id, team_id, created_by_id)
        LEFT JOIN LATERAL (
            SELECT g.submitted_at AS at FROM generations_generation g
            WHERE g.team_id = w.team_id AND g.created_by_id = w.created_by_id AND g.account_id = w.account_id
                  AND g.submitted_at IS NOT NULL
            ORDER BY g.id DESC LIMIT 1
        ) turn ON true
    ), teams AS (
        SELECT w.account_id, w.team_id, coalesce(b.jobs, 0) AS jobs, turn.at
        FROM (SELECT DISTINCT account_id, team_id FROM waiting) w
        LEFT JOIN (SELECT account_id, team_id, sum(jobs) AS jobs FROM busy GROUP BY 1, 2) b USING (account_id, team_id)
        LEFT JOIN LATERAL (
            SELECT max(recent.submitted_at) AS at
            FROM (SELECT g.submitted_at FROM generations_generation g
                  WHERE g.team_id = w.team_id AND g.account_id = w.account_id AND g.submitted_at IS NOT NULL
                  ORDER BY g.id DESC LIMIT 20) recent
        ) turn ON true
    ), in_team AS (
        SELECT w.id, w.account_id, w.team_id,
               row_number() OVER (PARTITION BY w.account_id, w.team_id
                                  ORDER BY w.wanted_at, w.nth + m.jobs, m.at NULLS FIRST, w.id) AS place
        FROM waiting w JOIN members m USING (account_id, team_id, created_by_id)
    ), line AS (
        SELECT p.id, p.account_id,
               row_number() OVER (PARTITION BY p.account_id
                                  ORDER BY p.place + t.jobs, t.at NULLS FIRST, p.id) AS position
        FROM in_team p JOIN teams t USING (account_id, team_id)
    )
"""  # noqa: S608 the statement is ours
_NEXT = f"{ORDER} SELECT id FROM line ORDER BY position LIMIT %(free)s"  # noqa: S608 the statement is ours


def turn_arguments(accounts: Iterable[int], *, all_waiting: bool) -> dict[str, Any]:
    """The values that the order needs; `all_waiting` counts those that are not due yet, too."""
    slack = settings.LIFECYCLE["deadline_reach_seconds"]
    return {"accounts": list(accounts), "all": all_waiting, "usual": _USUAL_SECONDS, "slack": slack}


def next_in_turn(account_id: int, free: int) -> list[int]:
    """The ids of the due takes whose turn it is on an account, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {**turn_arguments([account_id], all_waiting=False), "free": free})
        return [row[0] for row in cursor.fetchall()]
