"""Holds: credits set aside for one take, each resolved exactly once by a capture or a release."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from generations import models
from generations.ledger.movements import Account, Posted, check_amount, fetch, post, run
from generations.models import Generation, Movement, Team, User


def hold(*, team: Team, amount: Decimal, generation: Generation, now: datetime, actor: User | None = None) -> Posted:
    """Set credits aside for a take: available → held. A take has one such hold, so its id is the idempotency key.

    One round trip, and meant to be the last statement of its transaction: the team's row stays locked until COMMIT,
    but not while the disk is written; that is waited for right after (`make_durable`), before `hold` is answered for.
    Raises BadAmount, InsufficientCredits, ShortfallOpen.
    """
    check_amount(amount)
    key = f"hold:{generation.public_id.hex}"
    sql = "SELECT movement_id, is_new FROM ledger_hold(%s, %s, %s, %s, %s, %s)"
    posted = run(sql, [team.pk, amount, key, generation.pk, actor.pk if actor else None, now])
    transaction.on_commit(make_durable)
    return posted


def hold_for_new(
    *, made: str, values: list[Any], team: Team, amount: Decimal, key: str, now: datetime, actor: User | None = None
) -> tuple[Any, ...]:
    """Make the take that a hold is for, and take the hold, in one statement and one round trip: all or nothing.

    `made` are common table expressions, the first of them `made`, an INSERT that returns the take's id first; what it
    returned is returned. `key` is the take's public id in hex. Raises as `hold`, and IntegrityError for the rows.
    """
    check_amount(amount)
    sql = (
        f"WITH {made} SELECT made.*, posted.movement_id FROM made, "  # noqa: S608 the statement is ours
        "LATERAL ledger_hold(%s, %s, %s, made.id, %s, %s) posted"
    )
    arguments = [*values, team.pk, amount, f"hold:{key}", actor.pk if actor else None, now]
    # A statement alone is a transaction of its own; inside another one a refusal must not end that.
    with transaction.atomic() if connection.in_atomic_block else nullcontext():
        row = fetch(sql, arguments)
    transaction.on_commit(make_durable)
    return row[:-1]


def make_durable() -> None:
    """Return once everything that this connection has committed is on disk: an empty record of the log, flushed.

    Many callers share one flush, because none of them holds a lock by then.
    """
    models.fetch("SELECT pg_logical_emit_message(true, 'kling_site', 'hold')", [])


def hold_again(*, generation: Generation, amount: Decimal, now: datetime, reason: str) -> Posted:
    """Return a take's open hold, whole, and set another amount aside for it: two movements, both or none.

    The caller has locked the take's row. Raises BadAmount, InsufficientCredits, ShortfallOpen; HoldResolved where no
    hold is open.
    """
    check_amount(amount)
    turn = str(Movement.objects.filter(generation=generation, kind=Movement.Kind.HOLD).count())
    with transaction.atomic():
        released = "SELECT movement_id, is_new FROM ledger_settle(%s, 0, %s, %s, %s)"
        run(released, [generation.pk, f"return:{generation.public_id.hex}:{turn}", reason[:200], now])
        held = "SELECT movement_id, is_new FROM ledger_hold(%s, %s, %s, %s, NULL, %s)"
        key = f"hold:{generation.public_id.hex}:{turn}"
        posted = run(held, [generation.team_id, amount, key, generation.pk, now])
    transaction.on_commit(make_durable)
    return posted


def settle(*, generation: Generation, charged: Decimal, now: datetime, reason: str = "") -> Posted:
    """Resolve a take's open hold: capture `charged` credits and return the rest, in one movement; zero is a release.

    More than was held is captured up to the hold, and the rest is an overrun (see `overrun`). Repeating it answers with
    the movement that was made. Raises BadAmount, and HoldResolved where the hold was resolved under another key.
    """
    if charged:
        check_amount(charged)
    sql = "SELECT movement_id, is_new FROM ledger_settle(%s, %s, %s, %s, %s)"
    key = f"settle:{generation.public_id.hex}"
    return run(sql, [generation.pk, charged, key, reason[:200], now])


def overrun(*, generation: Generation, amount: Decimal, key: str, now: datetime, reason: str = "") -> Posted:
    """Book a charge beyond the hold, or after its release, into the team's shortfall. Raises BadAmount."""
    check_amount(amount)
    return post(
        team=generation.team,
        kind=Movement.Kind.OVERRUN,
        key=key,
        legs={Account.SPENT: amount, Account.SHORTFALL: -amount},
        now=now,
        generation=generation,
        reason=reason,
    )
