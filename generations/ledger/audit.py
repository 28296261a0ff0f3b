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
        SELECT t.slug || ' ' || a.kind, a.balance::text, coalesce(sum(e.amount), 0)::text
        FROM generations_ledgeraccount a
        JOIN generations_team t ON t.id = a.team_id
        LEFT JOIN generations_entry e ON e.account_id = a.id
        GROUP BY t.slug, a.kind, a.balance, a.id
        HAVING a.balance <> coalesce(sum(e.amount), 0)
        ORDER BY a.id""",
    "zero sum": """
        SELECT 'movement ' || m.id, '0 over two or more entries',
               coalesce(sum(e.amount), 0)::text || ' over ' || count(e.id)
        FROM generations_movement m LEFT JOIN generations_entry e ON e.movement_id = m.id
        GROUP BY m.id
        HAVING coalesce(sum(e.amount), 0) <> 0 OR count(e.id) < 2
        ORDER BY m.id""",
    "running balance": """
        SELECT 'entry ' || id, balance_after::text, running::text
        FROM (SELECT id, balance_after, sum(amount) OVER (PARTITION BY account_id ORDER BY id) AS running
              FROM generations_entry) chain
        WHERE balance_after <> running
        ORDER BY id""",
    "one team per movement": """
        SELECT 'entry ' || e.id, 'team ' || m.team_id, 'team ' || a.team_id
        FROM generations_entry e
        JOIN generations_movement m ON m.id = e.movement_id
        JOIN generations_ledgeraccount a ON a.id = e.account_id
        WHERE m.team_id <> a.team_id
        ORDER BY e.id""",
    "open holds": """
        SELECT t.slug || ' held', a.balance::text, coalesce(sum(e.amount), 0)::text
        FROM generations_ledgeraccount a
        JOIN generations_team t ON t.id = a.team_id
        LEFT JOIN generations_movement m ON m.team_id = a.team_id AND m.kind = 'hold'
             AND NOT EXISTS (SELECT 1 FROM generations_movement r WHERE r.resolves_id = m.id)
        LEFT JOIN generations_entry e ON e.movement_id = m.id AND e.account_id = a.id
        WHERE a.kind = 'held'
        GROUP BY t.slug, a.balance, a.id
        HAVING a.balance <> coalesce(sum(e.amount), 0)
        ORDER BY a.id""",
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
        LEFT JOIN generations_movement m ON m.generation_id = g.id AND m.kind IN ('capture', 'overrun')
        LEFT JOIN generations_entry e ON e.movement_id = m.id
             AND e.account_id IN (SELECT id FROM generations_ledgeraccount WHERE kind = 'spent')
        GROUP BY g.id
        HAVING coalesce(g.charged_credits, 0) <> coalesce(sum(e.amount), 0)
        ORDER BY g.id""",
    "spent": """
        SELECT t.slug || ' spent', a.balance::text, coalesce(sum(g.charged_credits), 0)::text
        FROM generations_ledgeraccount a
        JOIN generations_team t ON t.id = a.team_id
        LEFT JOIN generations_generation g ON g.team_id = a.team_id
        WHERE a.kind = 'spent'
        GROUP BY t.slug, a.balance, a.id
        HAVING a.balance <> coalesce(sum(g.charged_credits), 0)
        ORDER BY a.id""",
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
