"""What an order draws on: the tightest of the budgets that it would count in, and whether it would wait for a yes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Q

from generations import ledger, lifecycle
from generations.errors import InvalidRecipe
from generations.portal.composer.draft import Draft


@dataclass(frozen=True, slots=True)
class Funds:
    """The budget that decides, with what is left in it before and after the order, in credits."""

    name: str
    public_id: UUID
    left: Decimal
    after: Decimal
    resets: str
    who: str

    @property
    def is_too_little(self) -> bool:
        return self.after < 0

    @property
    def lacks(self) -> Decimal:
        return max(-self.after, Decimal(0))


def funds_of(draft: Draft, credits: Decimal | None) -> Funds | None:
    """The tightest budget, where it leaves less than the team's purse does; None where the purse decides."""
    if credits is None:
        return None
    scopes = ledger.scopes_of(
        project=draft.project.pk if draft.project else None,
        shot=draft.shot.pk if draft.shot else None,
        member=draft.member.user.pk,
        tier=draft.shape.tier,
    )
    periods = ledger.current_periods(draft.member.team, now=draft.now, only=Q(scope_key__in=scopes))
    period = min(periods, key=lambda item: (item.left, item.pk), default=None)
    if period is None or period.left >= draft.balances.available:
        return None
    return Funds(
        name=ledger.short_name(period.budget),
        public_id=period.budget.public_id,
        left=max(period.left, Decimal(0)),
        after=period.left - credits,
        resets=ledger.resets(period),
        who=ledger.who_can_raise(period.budget),
    )


def waits_because(draft: Draft, credits: Decimal | None) -> str:
    """Why the order would wait for a yes, and who can give it; empty where it would not."""
    if credits is None or draft.project is None:
        return ""
    try:
        recipe = draft.recipe()
    except InvalidRecipe:
        return ""
    return lifecycle.waits_for_approval(
        member=draft.member, project=draft.project, shot=draft.shot, recipe=recipe, credits=credits
    )
