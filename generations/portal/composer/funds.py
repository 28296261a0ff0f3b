"""What an order draws on: the tightest of the budgets that it would count in, and whether it would wait for a yes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from generations import ledger, lifecycle
from generations.errors import InvalidRecipe
from generations.models import BudgetPeriod
from generations.portal.composer.draft import Draft


@dataclass(frozen=True, slots=True)
class Funds:
    """The budget that decides, and what the order would leave in it, in credits."""

    period: BudgetPeriod
    after: Decimal

    @property
    def name(self) -> str:
        return ledger.short_name(self.period.budget)

    @property
    def public_id(self) -> UUID:
        return self.period.budget.public_id

    @property
    def left(self) -> Decimal:
        return max(self.period.left, Decimal(0))

    @property
    def is_too_little(self) -> bool:
        return self.after < 0

    @property
    def lacks(self) -> Decimal:
        return max(-self.after, Decimal(0))

    # Asked for only where there is too little: a price is shown at every change of the form.
    @property
    def resets(self) -> str:
        return ledger.resets(self.period)

    @property
    def who(self) -> str:
        return ledger.who_can_raise(self.period.budget)


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
    period = next(iter(ledger.applying_budgets(draft.member.team, scopes, now=draft.now)), None)
    if period is None or period.left >= draft.balances.available:
        return None
    return Funds(period, period.left - credits)


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
