"""What was spent, on what, and what was kept of it: one report per file, each a sheet of columns and rows.

Money comes from entries, never from prices. What reports read is counted by `roll_up` and proved by `differences`.
"""

from generations.reports.budgets import BUDGETS
from generations.reports.counting import counted_until, rebuild, roll_up
from generations.reports.filters import DIMENSIONS, STEPS, BadFilter, Filters
from generations.reports.headlines import Headline, headlines
from generations.reports.keepers import KEEPERS
from generations.reports.lots import LOTS
from generations.reports.options import Options, options
from generations.reports.proofs import differences, proofs
from generations.reports.providers import PROVIDERS
from generations.reports.sheet import Cell, Chart, Column, Kind, Named, Report, Row, Series, Sheet
from generations.reports.spend import SPEND
from generations.reports.waste import WASTE

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
    "counted_until",
    "differences",
    "headlines",
    "options",
    "proofs",
    "rebuild",
    "roll_up",
]
