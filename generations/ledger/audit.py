"""Proving the books: every balance, chain, hold and counter, recomputed from the entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection


class Difference(NamedTuple):
    """Something that does not add up: which proof failed, where, and the two figures."""

    proof: str
    where: str
    said: str
    is_: str

    def __str__(self) -> str:
        return f"{self.proof}: {self.where} says {self.said}, the entries say {self.is_}."


# Each query returns (where, said, is) for every row that is wrong, and nothing when all is well.
_PROOFS: dict[str, str] = {
    "balance": """
        SELECT t.slug || ' ' || b.account, b.balance::text, coalesce(e.total, 0)::text
        FROM generations_purse p
        JOIN generations_team t ON t.id = p.team_id
        CROSS JOIN LATERAL (VALUES
            ('available', p.available), ('held', p.held), ('spent', p.spent), ('shortfall', p.shortfall),
            ('granted', p.granted), ('purchased', p.purchased), ('expired', p.expired)) AS b(account, balance)
        LEFT JOIN (SELECT m.team_id, e.account, sum(e.amount) AS total
                   FROM generations_entry e JOIN generations_movement m ON m.id = e.movement_id
                   GROUP BY m.team_id, e.account) e ON e.team_id = p.team_id AND e.account = b.account
        WHERE b.balance <> coalesce(e.total, 0)
        ORDER BY t.slug, b.account""",
    "zero sum": """
        SELECT 'movement ' || m.id, '0 over two or more entries',
               coalesce(sum(e.amount), 0)::text || ' over ' || count(e.id)
        FROM generations_movement m LEFT JOIN generations_entry e ON e.movement_id = m.id
        GROUP BY m.id
        HAVING coalesce(sum(e.amount), 0) <> 0 OR count(e.id) < 2
        ORDER BY m.id""",
    "amount of movement": """
        SELECT 'movement ' || m.id, m.amount::text, coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0)::text
        FROM generations_movement m LEFT JOIN generations_entry e ON e.movement_id = m.id
        GROUP BY m.id
        HAVING m.amount <> coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0)
        ORDER BY m.id""",
    "running balance": """
        SELECT 'entry ' || id, balance_after::text, running::text
        FROM (SELECT e.id, e.balance_after,
                     sum(e.amount) OVER (PARTITION BY m.team_id, e.account ORDER BY e.movement_id) AS running
              FROM generations_entry e JOIN generations_movement m ON m.id = e.movement_id) chain
        WHERE balance_after <> running
        ORDER BY id""",
    "whose movement": """
        SELECT 'movement ' || m.id, 'team ' || m.team_id, coalesce('team ' || g.team_id, 'no such team')
        FROM generations_movement m
        LEFT JOIN generations_purse p ON p.team_id = m.team_id
        LEFT JOIN generations_generation g ON g.id = m.generation_id
        WHERE p.team_id IS NULL OR g.team_id <> m.team_id
        ORDER BY m.id""",
    "entry of nothing": """
        SELECT 'entry ' || e.id, 'movement ' || e.movement_id, 'no such movement'
        FROM generations_entry e LEFT JOIN generations_movement m ON m.id = e.movement_id
        WHERE m.id IS NULL
        ORDER BY e.id""",
    "resolution": """
        SELECT 'movement ' || m.id, m.kind || ' of movement ' || m.resolves_id,
               coalesce('a ' || h.kind || ' of other facts', 'no such movement')
        FROM generations_movement m LEFT JOIN generations_movement h ON h.id = m.resolves_id
        WHERE m.resolves_id IS NOT NULL
              AND (h.id IS NULL OR h.kind <> 'hold' OR h.generation_id <> m.generation_id OR h.amount <> m.amount
                   OR h.periods IS DISTINCT FROM m.periods)
        ORDER BY m.id""",
    "open holds": """
        SELECT t.slug || ' held', p.held::text, coalesce(sum(m.amount), 0)::text
        FROM generations_purse p
        JOIN generations_team t ON t.id = p.team_id
        LEFT JOIN generations_movement m ON m.team_id = p.team_id AND m.kind = 'hold'
             AND NOT EXISTS (SELECT 1 FROM generations_movement r WHERE r.resolves_id = m.id)
        GROUP BY t.slug, p.held, p.team_id
        HAVING p.held <> coalesce(sum(m.amount), 0)
        ORDER BY p.team_id""",
    "hold of take": """
        SELECT 'T-' || g.number, 'a hold of ' || g.hold_credits,
               count(m.id) || ' of ' || coalesce(sum(e.amount), 0)
        FROM generations_generation g
        LEFT JOIN generations_movement m ON m.generation_id = g.id AND m.kind = 'hold'
             AND m.id = (SELECT max(id) FROM generations_movement WHERE generation_id = g.id AND kind = 'hold')
        LEFT JOIN generations_entry e ON e.movement_id = m.id AND e.amount > 0
        GROUP BY g.id
        HAVING count(m.id) <> (g.hold_credits > 0)::int OR coalesce(sum(e.amount), 0) <> g.hold_credits
        ORDER BY g.id""",
    "resolved at the end": """
        SELECT 'T-' || g.number, g.status,
               CASE WHEN r.id IS NULL THEN 'hold open' ELSE 'hold resolved by movement ' || r.id END
        FROM generations_generation g
        JOIN generations_movement m ON m.generation_id = g.id AND m.kind = 'hold'
        LEFT JOIN generations_movement r ON r.resolves_id = m.id
        WHERE CASE WHEN m.id < (SELECT max(id) FROM generations_movement WHERE generation_id = g.id AND kind = 'hold')
                   THEN r.kind IS DISTINCT FROM 'release'
                   ELSE (g.status IN ('done', 'failed', 'canceled')) <> (r.id IS NOT NULL)
                        AND NOT (g.status = 'ingesting' AND r.id IS NOT NULL) END
        ORDER BY g.id""",
    "charge of take": """
        SELECT 'T-' || g.number, coalesce(g.charged_credits, 0)::text, coalesce(sum(e.amount), 0)::text
        FROM generations_generation g
        LEFT JOIN generations_movement m ON m.generation_id = g.id
        LEFT JOIN generations_entry e ON e.movement_id = m.id AND e.account = 'spent'
        GROUP BY g.id
        HAVING coalesce(g.charged_credits, 0) <> coalesce(sum(e.amount), 0)
        ORDER BY g.id""",
    "spent": """
        SELECT t.slug || ' spent', p.spent::text, coalesce(sum(g.charged_credits), 0)::text
        FROM generations_purse p
        JOIN generations_team t ON t.id = p.team_id
        LEFT JOIN generations_generation g ON g.team_id = p.team_id
        GROUP BY t.slug, p.spent, p.team_id
        HAVING p.spent <> coalesce(sum(g.charged_credits), 0)
        ORDER BY p.team_id""",
    "budget period": """
        WITH counted AS (
            SELECT b.id,
                   sum(m.amount) FILTER (
                       WHERE m.kind = 'hold'
                             AND NOT EXISTS (SELECT 1 FROM generations_movement r WHERE r.resolves_id = m.id)) AS held,
                   sum(e.amount) FILTER (
                       WHERE m.kind = 'capture' OR (m.kind = 'reversal' AND v.kind = 'capture')) AS spent,
                   sum(e.amount) FILTER (
                       WHERE m.kind = 'overrun' OR (m.kind = 'reversal' AND v.kind = 'overrun')) AS overrun
            FROM generations_movement m
            CROSS JOIN LATERAL unnest(m.periods) AS b(id)
            LEFT JOIN generations_movement v ON v.id = m.reverses_id
            LEFT JOIN generations_entry e ON e.movement_id = m.id AND e.account = 'spent'
            GROUP BY b.id)
        SELECT 'period ' || p.id || ' of budget ' || p.budget_id,
               'held ' || p.held || ', spent ' || p.spent || ', overrun ' || p.overrun,
               'held ' || coalesce(c.held, 0) || ', spent ' || coalesce(c.spent, 0)
                       || ', overrun ' || coalesce(c.overrun, 0)
        FROM generations_budgetperiod p LEFT JOIN counted c ON c.id = p.id
        WHERE (p.held, p.spent, p.overrun) <> (coalesce(c.held, 0), coalesce(c.spent, 0), coalesce(c.overrun, 0))
        ORDER BY p.id""",
    # What is raised depends on the time: it lies between nothing and all raises that reach into the period.
    "limit of budget": """
        SELECT 'budget ' || b.id,
               coalesce('limit ' || p.base_credits || ', raised ' || p.raised_credits || ', scope "' || p.scope_key
                        || '"', 'no limit'),
               CASE WHEN b.archived_at IS NULL THEN 'limit ' || b.limit_credits || ', raised at most ' || r.most
                        || ', scope "' || b.scope_key || '"' ELSE 'ended' END
        FROM generations_budget b
        LEFT JOIN generations_budgetperiod p ON p.budget_id = b.id AND p.is_current
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount), 0) AS most FROM generations_budgetraise
            WHERE budget_id = b.id AND amount > 0 AND (ends_at IS NULL OR ends_at > p.starts_at)) r
        WHERE (b.archived_at IS NULL) <> (p.id IS NOT NULL)
              OR (p.team_id, p.scope_key, p.base_credits) <> (b.team_id, b.scope_key, b.limit_credits)
              OR p.raised_credits NOT BETWEEN 0 AND r.most
        ORDER BY b.id""",
    "budget of hold": """
        SELECT 'movement ' || m.id, 'period ' || b.id, coalesce('team ' || p.team_id, 'no such period')
        FROM generations_movement m
        CROSS JOIN LATERAL unnest(m.periods) AS b(id)
        LEFT JOIN generations_budgetperiod p ON p.id = b.id
        WHERE p.id IS NULL OR p.team_id <> m.team_id
        ORDER BY m.id""",
    "lot": """
        SELECT 'lot ' || l.id, l.amount::text, coalesce(e.amount, 0)::text
        FROM generations_creditlot l
        LEFT JOIN generations_entry e ON e.movement_id = l.movement_id AND e.account = 'available'
        WHERE l.movement_id IS NOT NULL AND l.amount <> coalesce(e.amount, 0)
        ORDER BY l.id""",
    "expiry of lot": """
        SELECT 'lot ' || l.id, l.expired || ' expired', coalesce(m.amount, 0) || ' expired'
        FROM generations_creditlot l
        LEFT JOIN generations_movement m ON m.idempotency_key = 'expire:lot:' || l.id
        WHERE l.expired <> coalesce(m.amount, 0)
        ORDER BY l.id""",
    "room in lots": """
        SELECT t.slug || ' available', p.available::text, 'room for ' || coalesce(l.room, 0) || ' in lots'
        FROM generations_purse p
        JOIN generations_team t ON t.id = p.team_id
        LEFT JOIN (SELECT team_id, sum(amount) FILTER (WHERE closed_at IS NULL) AS room,
                          bool_or(closed_at IS NOT NULL) AS has_closed
                   FROM generations_creditlot GROUP BY team_id) l ON l.team_id = p.team_id
        WHERE p.available > coalesce(l.room, 0) AND NOT coalesce(l.has_closed, false)
        ORDER BY p.team_id""",
}


def proofs() -> tuple[str, ...]:
    """The names of what `check_books` proves."""
    return tuple(_PROOFS)


def check_books() -> Iterator[Difference]:
    """Every difference between what the books say and what their entries add up to; none where all is well.

    Run it in one transaction of isolation REPEATABLE READ to prove a moment while work goes on.
    """
    with connection.cursor() as cursor:
        for name, sql in _PROOFS.items():
            cursor.execute(sql)
            for where, said, is_ in cursor.fetchall():
                yield Difference(name, where, said, is_)
