"""Reading the books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Prefetch, Q, QuerySet

from generations.models import Account, Entry, Generation, Movement, Project, Purse, Team, User

ZERO = Decimal("0")


@dataclass(frozen=True, slots=True)
class Balances:
    """What a team has, in credits. `shortfall` and `given` are shown without their sign."""

    available: Decimal = ZERO
    held: Decimal = ZERO
    spent: Decimal = ZERO
    shortfall: Decimal = ZERO
    given: Decimal = ZERO
    expired: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Line:
    """One movement of a statement, in a reader's order: from where, to where, how much, and what was left after."""

    movement_id: int
    kind: Movement.Kind
    happened_at: datetime
    generation: Generation | None
    actor: User | None
    reason: str
    entries: tuple[Entry, ...]

    @property
    def label(self) -> str:
        return str(self.kind.label)

    @property
    def amount(self) -> Decimal:
        """What moved to the account the movement is about."""
        return max((entry.amount for entry in self.entries), default=ZERO)

    @property
    def sources(self) -> str:
        return ", ".join(str(entry.get_account_display()) for entry in self.entries if entry.amount < 0)

    @property
    def targets(self) -> str:
        return ", ".join(str(entry.get_account_display()) for entry in self.entries if entry.amount > 0)

    @property
    def available_after(self) -> Decimal | None:
        return self.after(Account.AVAILABLE)

    @property
    def held_after(self) -> Decimal | None:
        return self.after(Account.HELD)

    def amount_on(self, kind: str) -> Decimal:
        """The signed amount on one account; zero where the movement does not touch it."""
        return next((entry.amount for entry in self.entries if entry.account == kind), ZERO)

    def after(self, kind: str) -> Decimal | None:
        """The balance of an account after the movement, or None where it was not touched."""
        return next((entry.balance_after for entry in self.entries if entry.account == kind), None)


def balances(team: Team) -> Balances:
    """A team's balances now."""
    purse = Purse.objects.filter(team=team).first()
    if purse is None:
        return Balances()
    return Balances(
        available=purse.available,
        held=purse.held,
        spent=purse.spent,
        shortfall=-purse.shortfall,
        given=-(purse.granted + purse.purchased),
        expired=purse.expired,
    )


def statement(
    *,
    team: Team,
    before: int | None = None,
    limit: int = 50,
    kind: str = "",
    person: User | None = None,
    project: Project | None = None,
    take: Generation | None = None,
    periods: Sequence[int] | None = None,
) -> list[Line]:
    """A page of a team's movements, newest first; `before` is the last movement id of the page before.

    The rest narrows it: to a kind, to what a person did or whose takes they made, to takes of a project, to one take,
    to what counts in some of these budget periods (ids).
    """
    wanted = {"kind": kind, "generation__project": project, "generation": take}
    rows = Movement.objects.filter(team=team, **{name: value for name, value in wanted.items() if value})
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if person is not None:
        rows = rows.filter(Q(actor=person) | Q(generation__created_by=person))
    if periods is not None:
        rows = rows.filter(periods__overlap=list(periods))
    return _lines(rows.order_by("-pk"), limit)


def movements_of(generation: Generation) -> list[Line]:
    """All of a take's own movements, oldest first: its end is settled by them."""
    return _lines(Movement.objects.filter(generation=generation).order_by("pk"))


def _lines(rows: QuerySet[Movement], limit: int | None = None) -> list[Line]:
    entries = Prefetch("entries", queryset=Entry.objects.order_by("pk"))
    shown = rows.select_related("generation__project", "generation__created_by", "actor").prefetch_related(entries)[
        :limit
    ]
    return [
        Line(
            movement_id=row.pk,
            kind=Movement.Kind(row.kind),
            happened_at=row.happened_at,
            generation=row.generation,
            actor=row.actor,
            reason=row.reason,
            entries=tuple(row.entries.all()),
        )
        for row in shown
    ]


def open_holds(team: Team | None = None) -> QuerySet[Movement]:
    """Holds that nothing has resolved, oldest first."""
    rows = Movement.objects.filter(kind=Movement.Kind.HOLD, resolved_by=None)
    return (rows if team is None else rows.filter(team=team)).select_related("generation").order_by("pk")
