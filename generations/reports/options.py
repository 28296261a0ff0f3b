"""What can be chosen in the filters of a team: everything that it ever paid for."""

from __future__ import annotations

from dataclasses import dataclass

from generations.models import Team
from generations.reports.sheet import Named


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
    raise NotImplementedError
