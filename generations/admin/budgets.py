"""Budgets with their periods, raises, requests and alerts: to read. They change by acts, and those call verbs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from unfold.decorators import display

from generations import ledger
from generations.admin.acts import ActsMixin
from generations.admin.budget_acts import BUDGET_ACTS, END_RAISE
from generations.admin.sentences import sentences_block
from generations.admin.shown import ReadOnlyAdmin, ReadOnlyInline, RelatedFilter, credits, credits_of, list_link
from generations.models import AuditEvent, Budget, BudgetAlert, BudgetPeriod, BudgetRaise, BudgetRequest, Movement

_NAMED = ("budget__team", "budget__project", "budget__shot__project", "budget__member")
_OF_BUDGET = "period__budget__id__exact"
_OF_PERIOD = (
    "starts_at",
    "ends_at",
    "is_current",
    "base_credits",
    "rolled_credits",
    "raised_credits",
    "held",
    "spent",
    "overrun",
)
_current = Prefetch("periods", queryset=BudgetPeriod.objects.filter(is_current=True), to_attr="current")


class PeriodInline(ReadOnlyInline):
    model = BudgetPeriod
    fields = _OF_PERIOD
    ordering = ("-pk",)


class RaiseInline(ReadOnlyInline):
    model = BudgetRaise
    fields = ("amount", "starts_at", "ends_at", "made_by", "reason", "request")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BudgetRaise]:
        return super().get_queryset(request).select_related("made_by", "request__asked_by", *_of_request())


class RequestInline(ReadOnlyInline):
    model = BudgetRequest
    fields = ("asked_at", "asked_by", "amount", "until", "note", "status", "decided_by", "decided_amount", "answer")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BudgetRequest]:
        return super().get_queryset(request).select_related("asked_by", "decided_by")


class AlertInline(ReadOnlyInline):
    model = BudgetAlert
    fields = ("percent", "made_at")
    ordering = ("-pk",)


def _of_request() -> tuple[str, ...]:
    return tuple(f"request__{name}" for name in _NAMED)


@admin.register(Budget)
class BudgetAdmin(ActsMixin, ReadOnlyAdmin):
    list_display = ("name", "team", "window", "limit", "held", "spent", "left", "owner", "archived_at")
    list_filter = (
        "window",
        "tier",
        ("team", RelatedFilter),
        ("archived_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("team", "project", "shot__project", "member", "owner")
    search_fields = ("public_id", "team__name", "project__name", "shot__code", "member__email")
    search_help_text = "Public id, team, project, shot or the e-mail address of the member"
    ordering = ("-pk",)
    inlines = (PeriodInline, RaiseInline, RequestInline)
    acts = BUDGET_ACTS
    fields = (
        "name",
        "team",
        "project",
        "shot",
        "member",
        "tier",
        "window",
        "limit_in_credits",
        "soft_marks",
        "rolls_over",
        "owner",
        "created_at",
        "archived_at",
        "public_id",
        "why",
        "rows",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Budget]:
        return super().get_queryset(request).prefetch_related(_current)

    limit_in_credits = credits_of("limit_credits", "limit in credits")
    rolls_over = credits_of("rollover_credits", "unused credits that roll over, at most")

    @display(description="limits")
    def name(self, budget: Budget) -> str:
        return budget.name

    @display(description="limit", ordering="limit_credits")
    def limit(self, budget: Any) -> str:
        """What it is now: rolled over credits and raises included."""
        return credits(budget.current[0].limit if budget.current else budget.limit_credits)

    @display(description="held")
    def held(self, budget: Any) -> str:
        return credits(budget.current[0].held if budget.current else None)

    @display(description="spent")
    def spent(self, budget: Any) -> str:
        return credits(budget.current[0].spent if budget.current else None)

    @display(description="left")
    def left(self, budget: Any) -> str:
        return credits(budget.current[0].left if budget.current else None)

    @display(description="now")
    def why(self, budget: Budget) -> Any:
        return sentences_block(ledger.explain(budget.team, now=timezone.now(), budget=budget))

    @display(description="rows")
    def rows(self, budget: Budget) -> Any:
        """What counts in it, its alerts, and who did what to it."""
        shown = (
            list_link(Movement, _("Statement"), team__id__exact=budget.team_id, budget=budget.pk),
            list_link(Movement, _("Open holds"), budget=budget.pk, open="yes"),
            list_link(BudgetAlert, _("Alerts"), **{_OF_BUDGET: budget.pk}),
            list_link(AuditEvent, _("Audit trail"), target_kind="budget", target_id=budget.public_id),
        )
        return format_html_join(" · ", "{}", ((item,) for item in shown))


@admin.register(BudgetPeriod)
class BudgetPeriodAdmin(ReadOnlyAdmin):
    list_display = ("id", "budget", "starts_at", "ends_at", "is_current", "shown_limit", "held", "spent", "overrun")
    list_filter = ("is_current", ("team", RelatedFilter), "starts_at")
    list_select_related = _NAMED
    search_fields = ("budget__public_id", "team__name", "budget__project__name", "budget__shot__code")
    search_help_text = "Public id of the budget, team, project or shot"
    ordering = ("-pk",)
    inlines = (AlertInline,)
    fields = ("budget", *_OF_PERIOD, "changes_at")
    readonly_fields = fields

    @display(description="limit")
    def shown_limit(self, period: BudgetPeriod) -> str:
        return credits(period.limit)


@admin.register(BudgetRaise)
class BudgetRaiseAdmin(ActsMixin, ReadOnlyAdmin):
    list_display = ("id", "budget", "amount", "starts_at", "ends_at", "made_by", "reason")
    list_filter = (("budget__team", RelatedFilter), "starts_at")
    list_select_related = (*_NAMED, "made_by")
    search_fields = ("budget__public_id", "budget__team__name", "made_by__email", "reason")
    search_help_text = "Public id of the budget, team, reason or the e-mail address of who made it"
    ordering = ("-pk",)
    acts = (END_RAISE,)
    fields = ("budget", "amount", "starts_at", "ends_at", "made_by", "reason", "request", "created_at")
    readonly_fields = fields


@admin.register(BudgetRequest)
class BudgetRequestAdmin(ReadOnlyAdmin):
    list_display = ("id", "budget", "asked", "until", "asked_by", "asked_at", "status", "decided_by", "decided_at")
    list_filter = ("status", ("team", RelatedFilter), "asked_at")
    list_select_related = (*_NAMED, "asked_by", "decided_by")
    search_fields = ("public_id", "asked_by__email", "team__name", "note", "answer")
    search_help_text = "Public id, team, words, or the e-mail address of who asked"
    ordering = ("-pk",)
    fields = (
        "budget",
        "asked",
        "until",
        "note",
        "asked_by",
        "asked_at",
        "expires_at",
        "status",
        "decided_by",
        "decided_at",
        "given",
        "decided_until",
        "answer",
        "public_id",
        "trail",
    )
    readonly_fields = fields
    asked = credits_of("amount", "credits")
    given = credits_of("decided_amount", "credits given")

    @display(description="audit trail")
    def trail(self, asked: BudgetRequest) -> Any:
        return list_link(AuditEvent, "Show", target_kind="budget_request", target_id=asked.public_id)


@admin.register(BudgetAlert)
class BudgetAlertAdmin(ReadOnlyAdmin):
    list_display = ("id", "period", "percent", "made_at")
    list_filter = ("percent", ("period__team", RelatedFilter), "made_at")
    list_select_related = tuple(f"period__{name}" for name in _NAMED)
    search_fields = ("period__budget__public_id", "period__team__name")
    search_help_text = "Public id of the budget, or team"
    ordering = ("-pk",)
    fields = ("period", "percent", "made_at")
    readonly_fields = fields

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Also the alerts of one budget: its page leads here."""
        return lookup == _OF_BUDGET or super().lookup_allowed(lookup, value, request)
