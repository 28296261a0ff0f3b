"""Counting what is new in the books and among the decisions, a batch at a time, each batch in one transaction."""

from __future__ import annotations

from datetime import datetime

from generations.models import RollUpMark, Team

BATCH = 20_000


def roll_up(*, now: datetime, team: Team | None = None, at_most: int = 100_000) -> int:
    """Count what is new, of one team or of all; how many takes were counted anew. Repeating it changes nothing.

    Stops after about `at_most` takes. A team that somebody else is counting is left out.
    """
    raise NotImplementedError


def rebuild(team: Team, *, now: datetime) -> int:
    """Forget a team's roll-ups and count everything again; how many takes there were."""
    raise NotImplementedError


def counted_until(team: Team) -> datetime | None:
    """Until when a team's reports are complete; None before the first count."""
    return RollUpMark.objects.filter(team=team).values_list("counted_until", flat=True).first()
