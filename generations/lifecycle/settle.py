"""The end of a take: its status and its money, in one transaction."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction

from generations import ledger, pricing
from generations.models import Generation, Status
from generations.providers import Cost

log = structlog.get_logger(__name__)


def charge_for_success(generation: Generation, cost: Cost | None) -> Decimal:
    """Credits for a finished take: what the provider reported, or the quoted price where it does not say."""
    reported = _reported(generation, cost)
    return generation.hold_credits if reported is None else reported


def charge_for_failure(generation: Generation, charged: Cost | None) -> Decimal:
    """Credits for a failed take: only what the provider says it charged. Unknown is released, and kept for review."""
    return _reported(generation, charged) or Decimal(0)


def _reported(generation: Generation, cost: Cost | None) -> Decimal | None:
    if cost is None:
        return None
    if cost.amount == 0:
        return Decimal(0)
    credits = pricing.charged_credits(generation.quote_json, cost.amount, cost.currency)
    if credits is None:
        log.warning("unknown_cost_currency", generation=generation.pk, currency=cost.currency)
    return credits


def finish(
    generation: Generation,
    *,
    to: Status,
    charged: Decimal,
    now: datetime,
    cost: Cost | None = None,
    reason: str = "",
    only_from: frozenset[Status] | None = None,
    holding: int | None = None,
    note: str = "",
    **facts: Any,
) -> bool:
    """Bring a take to an end and settle its hold; say whether this caller did.

    `charged` is in credits. Beyond the hold, or after it was released, it becomes an overrun.
    """
    with transaction.atomic():
        won = generation.advance(
            to,
            only_from=only_from,
            holding=holding,
            note=note,
            charged_credits=charged,
            provider_cost_json=cost.as_json() if cost else None,
            **facts,
        )
        if not won:
            return False
        total = settle(generation, charged=charged, now=now, reason=reason or note)
        if total != charged:
            Generation.objects.filter(pk=generation.pk).update(charged_credits=total)
            generation.charged_credits = total
    return True


def settle(generation: Generation, *, charged: Decimal, now: datetime, reason: str) -> Decimal:
    """Resolve the hold, once; what goes beyond it is an overrun. What the take has cost altogether.

    Repeating it changes nothing. What an earlier end captured stays captured, also where a later one reports less.
    """
    settled = ledger.movements_of(generation)
    captured = sum((line.amount_on("spent") for line in settled), Decimal(0))
    if generation.hold_credits and not _is_resolved(settled):
        ledger.settle(generation=generation, charged=charged, now=now, reason=reason)
        captured = min(charged, generation.hold_credits)
    beyond = charged - captured
    if beyond > 0:
        key = f"overrun:{generation.public_id.hex}:{charged}"
        ledger.overrun(generation=generation, amount=beyond, key=key, now=now, reason=reason)
        log.warning("overrun", generation=generation.pk, credits=str(beyond))
    return max(charged, captured)


def _is_resolved(lines: list[ledger.Line]) -> bool:
    """Whether the newest hold is: a take that moved to another route has older ones, which went back then."""
    about_holds = [line.kind for line in lines if line.kind in ("hold", "capture", "release")]
    return bool(about_holds) and about_holds[-1] != "hold"
