"""The list of movements as a statement: its filters, its sums, and the same rows as a CSV file."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations import ledger
from generations.models import OPEN, Account, Budget, BudgetPeriod, Entry, Movement
from generations.reports import Column

_TEAM = "team__id__exact"
_AT_ONCE = 1_000
_SUMMED_AT_MOST = 100_000
_NAMED = ("team", "project", "shot__project", "member")

COLUMNS = (
    Column("movement", gettext_lazy("Movement"), "count"),
    Column("time", gettext_lazy("Time"), "date"),
    Column("team", gettext_lazy("Team"), "text"),
    Column("kind", gettext_lazy("Kind"), "text"),
    Column("amount", gettext_lazy("Credits"), "credits"),
    *(Column(account.value, account.label, "credits") for account in Account),
    Column("available_after", gettext_lazy("Available after"), "credits"),
    Column("held_after", gettext_lazy("Held after"), "credits"),
    Column("take", gettext_lazy("Take"), "text"),
    Column("resolves", gettext_lazy("Ends hold"), "count"),
    Column("reverses", gettext_lazy("Takes back"), "count"),
    Column("actor", gettext_lazy("By"), "text"),
    Column("reason", gettext_lazy("Reason"), "text"),
    Column("key", gettext_lazy("Key"), "text"),
)


def shows_open_holds(request: HttpRequest) -> bool:
    return request.GET.get(OpenHoldsFilter.parameter_name) == "yes"


class OpenHoldsFilter(admin.SimpleListFilter):
    """Credits that are set aside now, by takes that are not at an end."""

    title = gettext_lazy("open holds")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("Open, oldest first"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Movement]) -> QuerySet[Movement]:
        if self.value() != "yes":
            return queryset
        # Found by their takes: those that are not at an end are few, and holds are many.
        return queryset.filter(kind=Movement.Kind.HOLD, resolved_by=None, generation__status__in=OPEN)


class BudgetFilter(admin.SimpleListFilter):
    """What counts in a budget, in any of its periods. Offered for the team that is chosen: there may be thousands."""

    title = gettext_lazy("budget")
    parameter_name = "budget"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = [number for number in (request.GET.get(self.parameter_name, ""),) if number.isdecimal()]
        rows = Budget.objects.select_related(*_NAMED).order_by("pk")
        if request.GET.get(_TEAM, "").isdecimal():
            rows = rows.filter(team=int(request.GET[_TEAM][:18]))
        else:
            rows = rows.filter(pk__in=[int(number[:18]) for number in chosen])
        return [(str(budget.pk), str(budget)) for budget in rows[:200]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Movement]) -> QuerySet[Movement]:
        value = self.value()
        if value is None:
            return queryset
        if not value.isdecimal():
            return queryset.none()
        periods = list(BudgetPeriod.objects.filter(budget=int(value[:18])).values_list("pk", "team_id"))
        # With its team, so that the index of the statement is used.
        teams = {team for _pk, team in periods}
        return queryset.filter(team__in=teams, periods__overlap=[pk for pk, _team in periods])


def sums(request: HttpRequest, movements: QuerySet[Movement]) -> dict[str, Any] | None:
    """What the listed movements add up to on each account; nothing for all teams together, or for too many rows."""
    if not any(request.GET.get(name) for name in (_TEAM, BudgetFilter.parameter_name, "open", "generation__id__exact")):
        return None
    found = movements.order_by()
    if found[: _SUMMED_AT_MOST + 1].count() > _SUMMED_AT_MOST:
        return None
    rows = Entry.objects.filter(movement__in=found.values("pk")).values_list("account").annotate(Sum("amount"))
    totals = dict(rows)
    shown = [(account.label, _signed(totals[account.value])) for account in Account if totals.get(account.value)]
    count = found.aggregate(count=Count("pk"), credits=Sum("amount"))
    return {"count": count["count"], "credits": ledger.plain(count["credits"] or Decimal(0)), "accounts": shown}


def _signed(amount: Decimal) -> str:
    return f"{'+' if amount > 0 else ''}{ledger.plain(amount)}"


def csv_rows(movements: QuerySet[Movement]) -> Iterator[tuple[Any, ...]]:
    """The rows beneath COLUMNS, read a thousand at a time."""
    for movement in movements.iterator(chunk_size=_AT_ONCE):
        entries = {entry.account: entry for entry in movement.entries.all()}
        amounts = [entries[account.value].amount if account.value in entries else None for account in Account]
        after = [entries[name].balance_after if name in entries else None for name in ("available", "held")]
        yield (
            movement.pk,
            movement.happened_at,
            movement.team.name,
            movement.get_kind_display(),
            movement.amount,
            *amounts,
            *after,
            movement.generation.name if movement.generation else "",
            movement.resolves_id,
            movement.reverses_id,
            str(movement.actor) if movement.actor else "",
            movement.reason,
            movement.idempotency_key,
        )
