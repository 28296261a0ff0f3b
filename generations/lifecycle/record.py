"""Writing down who did what: one line of the audit, in the transaction of the act itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from generations.models import (
    AuditEvent,
    Budget,
    BudgetRequest,
    Generation,
    Movement,
    PriceRule,
    Project,
    ProviderAccount,
    Shot,
    Team,
)

_KINDS: dict[type, str] = {
    Budget: "budget",
    BudgetRequest: "budget_request",
    Generation: "generation",
    Movement: "movement",
    PriceRule: "price_rule",
    Project: "project",
    ProviderAccount: "provider_account",
    Shot: "shot",
    Team: "team",
}


def record(
    verb: str,
    target: Budget | BudgetRequest | Generation | Movement | PriceRule | Project | ProviderAccount | Shot | Team,
    *,
    now: datetime,
    actor_id: int | None,
    team_id: int | None = None,
    **facts: Any,
) -> None:
    """Note an act on a target. `facts` are JSON values; no secret and no prompt text among them."""
    AuditEvent.objects.create(
        team_id=team_id,
        actor_id=actor_id,
        verb=verb,
        target_kind=_KINDS[type(target)],
        target_id=str(getattr(target, "public_id", target.pk)),
        facts=facts,
        happened_at=now,
    )
