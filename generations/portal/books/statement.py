"""The statement: which of a team's movements its address asks for, a page of them, and its neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from generations import access, ledger
from generations.models import Budget, Generation, Movement, Project, Team, User
from generations.portal import text
from generations.portal.books.statement_lines import StatementLine, as_line
from generations.portal.sheets import Sheet, words

_COUNTED_UP_TO = 10_000  # beyond that the numbers of the entries say where one is
_TAKE = re.compile(r"(?:t-?)?([0-9]{1,18})", re.IGNORECASE | re.ASCII)
_NAMES = ("kind", "person", "project", "take", "budget")


@dataclass(frozen=True, slots=True)
class StatementFilters:
    """What the statement is narrowed to. `take_text` is what was typed; `take` what it names, if it names one."""

    kind: str = ""
    person: User | None = None
    project: Project | None = None
    take: Generation | None = None
    take_text: str = ""
    budget: Budget | None = None
    finds_nothing: bool = False

    @property
    def is_on(self) -> bool:
        return bool(self.kind or self.person or self.project or self.take_text or self.budget)

    def lines(self, team: Team, *, before: int | None, limit: int) -> list[ledger.Line]:
        """So many movements that match, newest first."""
        if self.finds_nothing:
            return []
        return ledger.statement(
            team=team,
            before=before,
            limit=limit,
            kind=self.kind,
            person=self.person,
            project=self.project,
            take=self.take,
            periods=list(self.budget.periods.values_list("pk", flat=True)) if self.budget else None,
        )


def read_filters(query: QueryDict, member: access.Member) -> StatementFilters:
    """The filters of an address. What it does not know does not filter; a take that is not there finds nothing."""
    kind, typed = query.get("kind", ""), query.get("take", "").strip()[:40]
    budget = text.find_uuid(query.get("budget"))
    take = _find_take(member, typed)
    return StatementFilters(
        kind=kind if kind in Movement.Kind.values else "",
        person=_find_person(member, query.get("person", "")),
        project=_one(access.projects_for(member), text.find_uuid(query.get("project"))),
        take=take,
        take_text=text.storable(typed),
        budget=_one(access.budgets_for(member), budget),
        finds_nothing=bool(typed and take is None),
    )


def people_of(team: Team) -> QuerySet[User]:
    """Everybody in a team, by name."""
    return User.objects.filter(memberships__team=team).order_by("name", "pk")


def statement_sheet(team: Team, filters: StatementFilters, query: QueryDict) -> Sheet:
    """The page whose lines are older than the entry that `?before=` names; the newest page without one."""
    size = settings.LIMITS["statement_page_size"]
    found = filters.lines(team, before=_number(query.get("before", "")), limit=size + 1)
    lines = found[:size]
    if not lines:
        return Sheet([], 0, "", "", "")
    first, last = lines[0].movement_id, lines[-1].movement_id
    newer = _newer(team, filters, first, size)
    return Sheet(
        rows=[as_line(line) for line in lines],
        total=len(lines),
        newer=_address(query, newer + 1) if newer else "",
        older=_address(query, last) if len(found) > size else "",
        words=_words(team, filters, lines),
    )


def newest_lines(team: Team, filters: StatementFilters, limit: int) -> list[StatementLine]:
    """So many of the newest lines that match."""
    return [as_line(line) for line in filters.lines(team, before=None, limit=limit)]


def _newer(team: Team, filters: StatementFilters, first: int, size: int) -> int | None:
    """The newest entry of the page before this one."""
    if filters.is_on:  # narrowed pages are read from the newest on
        return None
    rows = Movement.objects.filter(team=team, pk__gt=first).order_by("pk")
    numbers = list(rows.values_list("pk", flat=True)[:size])
    return numbers[-1] if numbers else None


def _words(team: Team, filters: StatementFilters, lines: Sequence[ledger.Line]) -> str:
    first, last = lines[0].movement_id, lines[-1].movement_id
    if not filters.is_on:
        rows = Movement.objects.filter(team=team).order_by()
        total = rows[: _COUNTED_UP_TO + 1].count()
        if total <= _COUNTED_UP_TO:
            ahead = rows.filter(pk__gt=first).count()
            return words(ahead + 1, ahead + len(lines), total)
    return _("entries %(first)s to %(last)s") % {"first": f"{first:,}", "last": f"{last:,}"}


def _address(query: QueryDict, before: int) -> str:
    changed = query.copy()
    changed["before"] = str(before)
    return f"?{changed.urlencode()}#statement"


def _number(words: str) -> int | None:
    return int(words) if re.fullmatch(r"[0-9]{1,18}", words, re.ASCII) else None


def _find_take(member: access.Member, typed: str) -> Generation | None:
    number = _TAKE.fullmatch(typed)
    return access.generations_for(member).filter(number=int(number[1])).first() if number else None


def _find_person(member: access.Member, words: str) -> User | None:
    number = _number(words)
    return people_of(member.team).filter(pk=number).first() if number else None


def _one(rows: QuerySet[Any], public_id: UUID | None) -> Any:
    return rows.filter(public_id=public_id).first() if public_id else None
