"""Holds: credits set aside for one take, each resolved exactly once by a capture or a release."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db import connection, transaction

from generations import models
from generations.ledger.errors import Stale
from generations.ledger.lots import expire_due
from generations.ledger.movements import Account, Counts, OverBudget, Posted, check_amount, fetch, post, run
from generations.ledger.periods import refresh_periods, scopes_of
from generations.ledger.refusals import exceeded
from generations.models import Generation, Movement, Team, User

T = TypeVar("T")


def hold(*, team: Team, amount: Decimal, generation: Generation, now: datetime, actor: User | None = None) -> Posted:
    """Set credits aside for a take: available → held, in every budget that applies. Its id is the idempotency key.

    One round trip, and meant to be the last statement of its transaction: the team's purse stays locked until COMMIT,
    but not while the disk is written; that is waited for right after (`make_durable`), before `hold` is answered for.
    Raises BadAmount, InsufficientCredits, ShortfallOpen, BudgetExceeded.
    """
    check_amount(amount)
    key = f"hold:{generation.public_id.hex}"
    scopes = scopes_for(generation)
    return _held(team, now, lambda: _hold(team.pk, amount, key, generation.pk, actor, now, scopes))


def scopes_for(generation: Generation) -> list[str]:
    """The keys of the budgets that a take counts in."""
    return scopes_of(
        project=generation.project_id,
        shot=generation.shot_id,
        member=generation.created_by_id,
        tier=generation.tier,
    )


def _hold(
    team_id: int, amount: Decimal, key: str, generation_id: int, actor: User | None, now: datetime, scopes: list[str]
) -> Posted:
    arguments = [team_id, amount, key, generation_id, actor.pk if actor else None, now, scopes]
    if not connection.in_atomic_block:
        return run("CALL ledger_hold_alone(%s, %s, %s, %s, %s, %s, %s::text[], NULL, NULL)", arguments)
    posted = run("SELECT movement_id, is_new FROM ledger_hold(%s, %s, %s, %s, %s, %s, %s::text[])", arguments)
    transaction.on_commit(make_durable)
    return posted


def hold_for_new(
    *,
    made: str,
    values: list[Any],
    team: Team,
    amount: Decimal,
    key: str,
    scopes: list[str],
    now: datetime,
    actor: User | None = None,
) -> tuple[Any, ...]:
    """Make the take that a hold is for, and take the hold, in one statement and one round trip: all or nothing.

    `made` are common table expressions, the first of them `made`, an INSERT that returns the take's id first; what it
    returned is returned. `key` is the take's public id in hex, `scopes` what `scopes_for` says. Raises as `hold`, and
    IntegrityError for the rows.
    """
    check_amount(amount)
    sql = (
        f"WITH {made} SELECT made.*, posted.movement_id FROM made, "  # noqa: S608 the statement is ours
        "LATERAL ledger_hold(%s, %s, %s, made.id, %s, %s, %s::text[]) posted"
    )
    arguments = [*values, team.pk, amount, f"hold:{key}", actor.pk if actor else None, now, scopes]
    row = _held(team, now, lambda: fetch(sql, arguments))
    transaction.on_commit(make_durable)
    return row[:-1]


def _held(team: Team, now: datetime, call: Callable[[], T]) -> T:
    """Hold; where something must be booked first (an expiry, a new budget window), book it and hold once more."""
    for again in (True, False):
        try:
            # A statement alone is a transaction of its own; inside another one a refusal must not end that.
            with transaction.atomic() if connection.in_atomic_block else nullcontext():
                return call()
        except Stale:
            if not again:
                raise
            bring_up_to_date(team, now=now)
        except OverBudget as error:
            raise exceeded(str(error)) from error
    raise AssertionError("unreachable")


def bring_up_to_date(team: Team, *, now: datetime) -> None:
    """Book what is due in a team's books: credits that expired, budget windows that are over, raises that end."""
    expire_due(team, now=now)
    refresh_periods(team, now=now)


def make_durable() -> None:
    """Return once everything that this connection has committed is on disk: an empty record of the log, flushed.

    Many callers share one flush, because none of them holds a lock by then.
    """
    models.fetch("SELECT pg_logical_emit_message(true, 'kling_site', 'hold')", [])


def hold_again(*, generation: Generation, amount: Decimal, now: datetime, reason: str) -> Posted:
    """Return a take's open hold, whole, and set another amount aside for it: two movements, both or none.

    The caller has locked the take's row. Raises BadAmount, InsufficientCredits, ShortfallOpen, BudgetExceeded;
    HoldResolved where no hold is open.
    """
    check_amount(amount)
    turn = str(Movement.objects.filter(generation=generation, kind=Movement.Kind.HOLD).count())
    scopes, key = scopes_for(generation), f"hold:{generation.public_id.hex}:{turn}"

    def both() -> Posted:
        with transaction.atomic():
            released = "SELECT movement_id, is_new FROM ledger_settle(%s, 0, %s, %s, %s)"
            run(released, [generation.pk, f"return:{generation.public_id.hex}:{turn}", reason[:200], now])
            return _hold(generation.team_id, amount, key, generation.pk, None, now, scopes)

    return _held(generation.team, now, both)


def settle(*, generation: Generation, charged: Decimal, now: datetime, reason: str = "") -> Posted:
    """Resolve a take's open hold: capture `charged` credits and return the rest, in one movement; zero is a release.

    More than was held is captured up to the hold, and the rest is an overrun (see `overrun`). Repeating it answers with
    the movement that was made. Like a hold, it locks the purse, but not while the disk is written. Raises BadAmount,
    and HoldResolved where the hold was resolved under another key.
    """
    if charged:
        check_amount(charged)
    arguments = [generation.pk, charged, f"settle:{generation.public_id.hex}", reason[:200], now]
    if not connection.in_atomic_block:
        return run("CALL ledger_settle_alone(%s, %s, %s, %s, %s, NULL, NULL)", arguments)
    posted = run("SELECT movement_id, is_new FROM ledger_settle(%s, %s, %s, %s, %s)", arguments)
    transaction.on_commit(make_durable)
    return posted


def overrun(*, generation: Generation, amount: Decimal, key: str, now: datetime, reason: str = "") -> Posted:
    """Book a charge beyond the hold, or after its release, into the team's shortfall. Raises BadAmount.

    It counts, apart from what was spent, in the budget periods of the take's hold.
    """
    check_amount(amount)
    return post(
        team=generation.team,
        kind=Movement.Kind.OVERRUN,
        key=key,
        legs={Account.SPENT: amount, Account.SHORTFALL: -amount},
        now=now,
        generation=generation,
        counts=Counts(periods_of(generation), "overrun", amount),
        reason=reason,
    )


def periods_of(generation: Generation) -> list[int] | None:
    """The budget periods in which a take's newest hold counts."""
    holds = Movement.objects.filter(generation=generation, kind=Movement.Kind.HOLD).order_by("-pk")
    return holds.values_list("periods", flat=True).first()
