"""The books, to read. Credits are granted on a team's page; everything else moves by itself."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from generations.admin.shown import ReadOnlyAdmin, ReadOnlyInline, credits, list_link
from generations.models import Account, CreditLot, Entry, Movement, Purse

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
class MovementAdmin(ReadOnlyAdmin):
    list_display = ("id", "happened_at", "team", "kind", "shown_legs", "generation", "actor", "reason")
    list_display_links = ("id", "happened_at")
    list_filter = ("kind", ("team", admin.RelatedOnlyFieldListFilter), "happened_at")
    list_select_related = ("team", "generation", "actor")
    search_fields = ("idempotency_key", "reason", "team__name", "generation__public_id")
    search_help_text = "Key, reason, team or the public id of a take"
    ordering = ("-pk",)
    inlines = (EntryInline,)
    fields = (
        "team",
        "kind",
        "amount",
        "generation",
        "resolves",
        "reverses",
        "actor",
        "reason",
        "idempotency_key",
        "happened_at",
        "created_at",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Movement]:
        return super().get_queryset(request).prefetch_related(with_entries)

    @display(description="entries")
    def shown_legs(self, movement: Movement) -> str:
        return legs(movement)


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("id", "movement", "account", "amount", "balance_after")
    list_filter = ("account", ("movement__team", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("movement__team",)
    search_fields = ("=movement__id", "movement__idempotency_key")
    search_help_text = "Number or key of the movement"
    ordering = ("-pk",)
    fields = ("movement", "account", "amount", "balance_after")
    readonly_fields = fields


@admin.register(CreditLot)
class CreditLotAdmin(ReadOnlyAdmin):
    list_display = ("id", "team", "amount", "remaining", "expired", "priority", "expires_at", "created_at", "closed_at")
    list_filter = (
        ("team", admin.RelatedOnlyFieldListFilter),
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
        "amount",
        "remaining",
        "expired",
        "priority",
        "expires_at",
        "created_at",
        "closed_at",
    )
    readonly_fields = fields
