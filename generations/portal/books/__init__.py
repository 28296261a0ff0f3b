"""The books as pages show them: the purse, budgets, open holds, the statement, and what explains each number."""

from generations.portal.books.explained import Explained, explain_budget, explained
from generations.portal.books.history import Lift, Past, lifts_of, past_of
from generations.portal.books.limits import (
    KINDS,
    BudgetRow,
    budget_rows,
    of_kind,
    own_name,
    resets_on,
    row_of,
    tightest_of,
)
from generations.portal.books.purse import open_holds, purse_facts, rate_of, waiting_requests
from generations.portal.books.statement import StatementFilters, newest_lines, people_of, read_filters, statement_sheet
from generations.portal.books.statement_file import COLUMNS, file_rows
from generations.portal.books.statement_lines import StatementLine, spell_reason

__all__ = [
    "COLUMNS",
    "KINDS",
    "BudgetRow",
    "Explained",
    "Lift",
    "Past",
    "StatementFilters",
    "StatementLine",
    "budget_rows",
    "explain_budget",
    "explained",
    "file_rows",
    "lifts_of",
    "newest_lines",
    "of_kind",
    "open_holds",
    "own_name",
    "past_of",
    "people_of",
    "purse_facts",
    "rate_of",
    "read_filters",
    "resets_on",
    "row_of",
    "spell_reason",
    "statement_sheet",
    "tightest_of",
    "waiting_requests",
]
