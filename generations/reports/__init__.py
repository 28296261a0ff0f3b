"""What was spent, on what, and what was kept of it: one report per file, each a sheet of columns and rows.

Money comes from entries, never from prices. What reports read is counted by `roll_up` and proved by `differences`.
"""

from generations.reports.budgets import BUDGETS
from generations.reports.by_mail import about, change_text, file_name
from generations.reports.counting import counted_until, rebuild, roll_up
from generations.reports.export import csv_lines, xlsx_bytes
from generations.reports.filters import DIMENSIONS, STEPS, BadFilter, Filters
from generations.reports.headlines import Headline, headlines
from generations.reports.keepers import KEEPERS
from generations.reports.lots import LOTS
from generations.reports.nightly import last_proof, proof_is_due, prove, prove_books
from generations.reports.options import Options, options
from generations.reports.proofs import differences, proofs
from generations.reports.providers import PROVIDERS
from generations.reports.sheet import Cell, Chart, Column, Kind, Named, Report, Row, Series, Sheet
from generations.reports.spend import SPEND
from generations.reports.subscriptions import (
    find_by_stop_token,
    send_subscriptions,
    stop_subscription,
    stop_token,
    subscribe,
    subscriptions_of,
)
from generations.reports.waste import WASTE
from generations.reports.words import cell_text, days_text, filter_words, places_of, shown_kind

REPORTS: dict[str, Report] = {report.slug: report for report in (SPEND, KEEPERS, WASTE, PROVIDERS, BUDGETS, LOTS)}

__all__ = [
    "DIMENSIONS",
    "REPORTS",
    "STEPS",
    "BadFilter",
    "Cell",
    "Chart",
    "Column",
    "Filters",
    "Headline",
    "Kind",
    "Named",
    "Options",
    "Report",
    "Row",
    "Series",
    "Sheet",
    "about",
    "cell_text",
    "change_text",
    "counted_until",
    "csv_lines",
    "days_text",
    "differences",
    "last_proof",
    "file_name",
    "filter_words",
    "find_by_stop_token",
    "headlines",
    "options",
    "places_of",
    "proof_is_due",
    "proofs",
    "prove",
    "prove_books",
    "rebuild",
    "roll_up",
    "shown_kind",
    "send_subscriptions",
    "stop_subscription",
    "stop_token",
    "subscribe",
    "subscriptions_of",
    "xlsx_bytes",
]
