"""The credit ledger: double entry, immutable rows, one writer, one open hold per take, each resolved at most once."""

from generations.ledger.audit import Difference, check_books, proofs
from generations.ledger.errors import BadAmount, HoldResolved, InsufficientCredits, KeyReused, ShortfallOpen, plain
from generations.ledger.holds import hold, hold_again, hold_for_new, make_durable, overrun, settle
from generations.ledger.movements import Account, Posted, check_amount, expire, grant, open_books
from generations.ledger.queries import Balances, Line, balances, movements_of, open_holds, statement

__all__ = [
    "Account",
    "BadAmount",
    "Balances",
    "Difference",
    "HoldResolved",
    "InsufficientCredits",
    "KeyReused",
    "Line",
    "Posted",
    "ShortfallOpen",
    "balances",
    "check_amount",
    "check_books",
    "expire",
    "grant",
    "hold",
    "hold_again",
    "hold_for_new",
    "make_durable",
    "movements_of",
    "open_books",
    "open_holds",
    "overrun",
    "plain",
    "proofs",
    "settle",
    "statement",
]
