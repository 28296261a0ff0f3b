"""Looking for a submit whose answer was lost, in the history of a provider that does not know our own ids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from generations.catalog import Recipe, Route
from generations.providers.types import Operation


@dataclass(frozen=True, slots=True)
class Sought:
    """What was sent, and between which two moments of our clock; both ends allow for a provider's clock that differs.

    The uploads have other addresses by now: compare what the recipe says, not the addresses of its files.
    """

    our_id: str
    recipe: Recipe
    route: Route
    sent_between: tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job of the account's history that may be the sought one."""

    operation: Operation
    has_same_input: bool
    """Whether the history shows what the job was given and it is what the recipe says; False where it does not show.

    Which files they were cannot be seen and does not count: whoever reads this must not take it for more.
    """
