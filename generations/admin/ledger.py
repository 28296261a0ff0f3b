"""The books, to read. Credits are granted on a team's page and taken back on a movement's; all else moves by itself."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.timesince import timesince
from unfold.decorators import display

from generations import ledger, lifecycle, reports
from generations.admin.acts import ActsMixin
from generations.admin.corrections import TAKE_BACK
from generations.admin.shown import (
    NOTHING,
    ReadOnlyAdmin,
    ReadOnlyInline,
    RelatedFilter,
    credits,
    credits_of,
    link,
    list_link,
)
from generations.admin.statement import COLUMNS, BudgetFilter, OpenHoldsFilter, csv_rows, shows_open_holds, sums
from generations.models import Account, AuditEvent, BookProof, BudgetPeriod, CreditLot, Entry, Movement, Purse

_HOLD_COLUMNS = ("id", "age", "happened_at", "amount", "team", "generation", "take_status", "ends")

with_entries = Prefetch("entries", queryset=Entry.objects.order_by("pk"))


def legs(movement: Movement) -> str:
    """A movement in one line: available -25, held +25."""
    entries = movement.entries.all()
    return ", ".join(f"{entry.get_account_display()} {_signed(entry)}" for entry in entries)


def _signed(entry: Entry) -> str:
    return f"{'+' if entry.amount > 0 else ''}{credits(entry.amount)}"


class EntryInline(ReadOnlyInline):
    model = Entry
    tab = False
    fields = ("account", "amount", "balance_after")
    ordering = ("pk",)


class ShortFilter(admin.SimpleListFilter):
    title = "shortfall"
    parameter_name = "short"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Open")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Purse]) -> QuerySet[Purse]:
        return queryset.filter(shortfall__lt=0) if self.value() else queryset


@admin.register(Purse)
class PurseAdmin(ReadOnlyAdmin):
    list_display = ("team", *(account.value for account in Account))
    list_filter = (ShortFilter,)
    list_select_related = ("team",)
    search_fields = ("team__name", "team__slug")
    ordering = ("team__name", "pk")
    fields = ("team", *(account.value for account in Account), "lots_due_at", "its_movements")
    readonly_fields = fields

    @display(description="movements")
    def its_movements(self, purse: Purse) -> Any:
        return list_link(Movement, "Show the movements of this team", team__id__exact=purse.pk)


@admin.register(Movement)
class MovementAdmin(ActsMixin, ReadOnlyAdmin):
    list_display = ("id", "happened_at", "team", "kind", "shown_legs", "generation", "actor", "reason")
    list_display_links = ("id", "happened_at")
    list_filter = (
        "kind",
        OpenHoldsFilter,
        ("team", RelatedFilter),
        BudgetFilter,
        "happened_at",
    )
    list_select_related = ("team", "generation__account", "actor")
    list_before_template = "admin/statement.html"
    search_fields = ("idempotency_key", "reason", "team__name", "generation__public_id")
    search_help_text = "Key, reason, team or the public id of a take"
    ordering = ("-pk",)
    inlines = (EntryInline,)
    acts = (TAKE_BACK,)
    fields = (
        "team",
        "kind",
        "amount",
        "generation",
        "resolves",
        "was_resolved_by",
        "reverses",
        "was_reversed_by",
        "shown_budgets",
        "actor",
        "reason",
        "idempotency_key",
        "happened_at",
        "created_at",
        "trail",
    )
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        own = path("csv/", self.admin_site.admin_view(self.csv_view), name="generations_movement_csv")
        return [own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Movement]:
        return super().get_queryset(request).prefetch_related(with_entries)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Of holds that are open, how long they have been, and when they end."""
        return _HOLD_COLUMNS if shows_open_holds(request) else super().get_list_display(request)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("pk",) if shows_open_holds(request) else ("-pk",)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        answer = super().changelist_view(request, extra_context)
        context = getattr(answer, "context_data", None)
        if context and "cl" in context:  # otherwise it leads elsewhere, for example from a filter that is none
            context["sums"] = sums(request, context["cl"].queryset)
            query = request.GET.urlencode()
            context["csv_url"] = reverse("admin:generations_movement_csv") + (f"?{query}" if query else "")
        return answer

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        """The rows of the list, all of them, as its filters have them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            rows = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse("admin:generations_movement_changelist") + "?e=1")
        lines = reports.csv_lines(COLUMNS, csv_rows(rows))
        name = f"movements-{timezone.localdate().isoformat()}.csv"
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=disposition)

    @display(description="entries")
    def shown_legs(self, movement: Movement) -> str:
        return legs(movement)

    @display(description="age", ordering="happened_at")
    def age(self, movement: Movement) -> str:
        return timesince(movement.happened_at)

    @display(description="take's status")
    def take_status(self, movement: Movement) -> str:
        return movement.generation.get_status_display() if movement.generation else NOTHING

    @display(description="ends at the latest")
    def ends(self, movement: Movement) -> datetime | None:
        return lifecycle.end_of_hold(movement.generation) if movement.generation else None

    @display(description="resolved by")
    def was_resolved_by(self, movement: Movement) -> Any:
        return _link_or_nothing(movement.resolved_by.first())

    @display(description="taken back by")
    def was_reversed_by(self, movement: Movement) -> Any:
        return _link_or_nothing(movement.reversed_by.first())

    @display(description="counts in budgets")
    def shown_budgets(self, movement: Movement) -> Any:
        periods = BudgetPeriod.objects.with_names().filter(pk__in=movement.periods or []).order_by("pk")
        return format_html_join(" · ", "{}", ((link(item, str(item)),) for item in periods)) or NOTHING

    @display(description="audit trail")
    def trail(self, movement: Movement) -> Any:
        return list_link(AuditEvent, "Show", target_kind="movement", target_id=movement.pk)


def _link_or_nothing(movement: Movement | None) -> Any:
    return NOTHING if movement is None else link(movement, str(movement))


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("id", "movement", "account", "amount", "balance_after")
    list_filter = ("account", ("movement__team", RelatedFilter))
    list_select_related = ("movement__team",)
    search_fields = ("=movement__id", "movement__idempotency_key")
    search_help_text = "Number or key of the movement"
    ordering = ("-pk",)
    fields = ("movement", "account", "amount", "balance_after")
    readonly_fields = fields


@admin.register(CreditLot)
class CreditLotAdmin(ReadOnlyAdmin):
    list_display = ("id", "team", "given", "left", "lapsed", "priority", "expires_at", "created_at", "closed_at")
    list_filter = (
        ("team", RelatedFilter),
        ("closed_at", admin.EmptyFieldListFilter),
        ("expires_at", admin.EmptyFieldListFilter),
        "expires_at",
    )
    list_select_related = ("team",)
    search_fields = ("=movement__id", "movement__reason", "team__name")
    search_help_text = "Number or reason of the movement, or team"
    ordering = ("-pk",)
    fields = (
        "team",
        "movement",
        "given",
        "left",
        "lapsed",
        "priority",
        "expires_at",
        "created_at",
        "closed_at",
    )
    readonly_fields = fields
    given = credits_of("amount")
    lapsed = credits_of("expired")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With what is left of the lots now: a hold does not write them."""
        page = super().get_changelist_instance(request)
        left = ledger.left_now({lot.team_id for lot in page.result_list})
        for lot in page.result_list:
            lot.left_now = left.get(lot.pk, Decimal(0))
        return page

    @display(description="left")
    def left(self, lot: Any) -> str:
        if not hasattr(lot, "left_now"):
            lot.left_now = ledger.left_now([lot.team_id]).get(lot.pk, Decimal(0))
        return credits(lot.left_now)


@admin.register(BookProof)
class BookProofAdmin(ReadOnlyAdmin):
    list_display = ("proved_at", "proofs", "differences", "seconds")
    list_filter = ("proved_at",)
    ordering = ("-pk",)
    fields = ("proved_at", "proofs", "differences", "seconds", "sentences")
    readonly_fields = fields
