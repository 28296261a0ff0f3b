"""What can be chosen in the filters of a team: everything that it ever paid for."""

from __future__ import annotations

from dataclasses import dataclass

from generations.models import Slice, Team
from generations.reports.names import names
from generations.reports.sheet import Named

# In the order of the fields of `Options`.
_COLUMNS = (
    ("project", "project_id"),
    ("member", "member_id"),
    ("model", "model"),
    ("tier", "tier"),
    ("account", "account_id"),
    ("capability", "capability"),
)


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of each filter, in the order of their names; `Named.id` is the value that the filter takes."""

    projects: tuple[Named, ...]
    members: tuple[Named, ...]
    models: tuple[Named, ...]
    tiers: tuple[Named, ...]
    accounts: tuple[Named, ...]
    capabilities: tuple[Named, ...]


def options(team: Team) -> Options:
    """The choices of a team."""
    found = {
        by: set(Slice.objects.filter(team=team).values_list(column, flat=True).distinct()) for by, column in _COLUMNS
    }
    return Options(*(tuple(sorted(names(by, values).values(), key=_in_order)) for by, values in found.items()))


def _in_order(name: Named) -> tuple[str, str]:
    return name.text.casefold(), name.id
