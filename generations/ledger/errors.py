"""What the ledger refuses. The sentences name what is needed, what is left and whom to ask."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from generations.errors import Refused


class InsufficientCredits(Refused):
    """The team has less available than the hold needs. Nothing was moved."""

    code = "insufficient_credits"

    def __init__(self, *, needed: Decimal, available: Decimal) -> None:
        sentence = _(
            "This take needs %(needed)s credits and the team has %(available)s left. "
            "Team credits do not reset by themselves; a budget admin or owner of the team can add more."
        )
        shown = {"needed": plain(needed), "available": plain(available)}
        super().__init__(sentence % shown, data={"needed": str(needed), "available": str(available)})
        self.needed = needed
        self.available = available


class ShortfallOpen(Refused):
    """An earlier take cost more than was held for it, and that is not covered yet."""

    code = "shortfall_open"

    def __init__(self, *, shortfall: Decimal) -> None:
        sentence = _(
            "An earlier take cost %(shortfall)s credits more than was held for it. New takes wait until a budget "
            "admin or owner of the team adds credits to cover that."
        )
        super().__init__(sentence % {"shortfall": plain(shortfall)}, data={"shortfall": str(shortfall)})
        self.shortfall = shortfall


class BudgetExceeded(Refused):
    """A budget that applies has too little left. `BudgetExceeded.budget_id` is the tightest one's."""

    code = "budget_exceeded"

    def __init__(self, public: str, *, budget_id: int, needed: Decimal, left: Decimal, data: dict[str, str]) -> None:
        super().__init__(public, data={"needed": str(needed), "left": str(left), **data})
        self.budget_id = budget_id
        self.needed = needed
        self.left = left


class BadAmount(Refused):
    """Not a positive amount with at most three places."""

    code = "bad_amount"


class Stale(Exception):
    """Something must be booked before the next hold: credits that expired, or a budget window that is over."""


class AlreadyReversed(Refused):
    """The movement was reversed before."""

    code = "already_reversed"


class HoldResolved(Exception):
    """The hold was already captured or released. A programming error: callers give the same key to repeat."""


class KeyReused(Exception):
    """An idempotency key came back with another kind, team, take, hold or amount. A programming error."""


def plain(amount: Decimal) -> str:
    """Credits as people read them: 1,234.5, without trailing zeros."""
    text = f"{amount:,.3f}".rstrip("0").rstrip(".")
    return text or "0"


def typed(amount: Decimal) -> str:
    """Credits as a form holds them: 1234.5."""
    return plain(amount).replace(",", "")
