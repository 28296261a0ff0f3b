"""The credit ledger: double entry, immutable rows, one writer, one open hold per take, each resolved at most once.

Beside it the budgets: limits that a hold must keep, counted in the same transaction.
"""

from generations.ledger.audit import Difference, check_books, proofs
from generations.ledger.budgets import (
    BadBudget,
    BudgetTooLow,
    applying_budgets,
    archive_budget,
    change_budget,
    current_period,
    end_raise,
    raise_budget,
    set_budget,
)
from generations.ledger.errors import (
    AlreadyReversed,
    BadAmount,
    BudgetExceeded,
    HoldResolved,
    InsufficientCredits,
    KeyReused,
    ShortfallOpen,
    plain,
    typed,
)
from generations.ledger.explain import explain
from generations.ledger.explain_budget import raises_in_force, short_name, takes_held_in
from generations.ledger.explain_purse import About, held_now
from generations.ledger.holds import (
    bring_up_to_date,
    hold,
    hold_again,
    hold_for_new,
    make_durable,
    overrun,
    scopes_for,
    settle,
)
from generations.ledger.lots import (
    BadExpiry,
    LotNow,
    expire,
    expire_due,
    grant,
    left_now,
    lots_of,
    order_sentence,
    teams_with_expiry,
)
from generations.ledger.movements import Account, Posted, check_amount, open_books
from generations.ledger.periods import current_periods, refresh_periods, scopes_of
from generations.ledger.queries import Balances, Line, balances, movements_of, open_holds, statement
from generations.ledger.refusals import local_time, raisers, resets, who_can_raise
from generations.ledger.reversals import GoneSince, NotReversible, reversal_now, reverse
from generations.ledger.sentences import Link, Sentence, short_time
from generations.ledger.windows import window_at

__all__ = [
    "About",
    "Account",
    "AlreadyReversed",
    "BadAmount",
    "BadBudget",
    "BadExpiry",
    "Balances",
    "BudgetExceeded",
    "BudgetTooLow",
    "Difference",
    "GoneSince",
    "HoldResolved",
    "InsufficientCredits",
    "KeyReused",
    "Line",
    "Link",
    "LotNow",
    "NotReversible",
    "Posted",
    "Sentence",
    "ShortfallOpen",
    "applying_budgets",
    "archive_budget",
    "balances",
    "bring_up_to_date",
    "change_budget",
    "check_amount",
    "check_books",
    "current_period",
    "current_periods",
    "end_raise",
    "expire",
    "expire_due",
    "explain",
    "grant",
    "held_now",
    "hold",
    "hold_again",
    "hold_for_new",
    "left_now",
    "local_time",
    "lots_of",
    "make_durable",
    "movements_of",
    "open_books",
    "open_holds",
    "order_sentence",
    "overrun",
    "plain",
    "proofs",
    "raise_budget",
    "raisers",
    "raises_in_force",
    "refresh_periods",
    "resets",
    "reversal_now",
    "reverse",
    "scopes_for",
    "scopes_of",
    "set_budget",
    "settle",
    "short_name",
    "short_time",
    "statement",
    "takes_held_in",
    "teams_with_expiry",
    "typed",
    "who_can_raise",
    "window_at",
]
