"""The books, to read. Credits are granted on a team's page; everything else moves by itself."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from generations.admin.shown import ReadOnlyAdmin, ReadOnlyInline, credits, list_link
from generations.models import Entry, LedgerAccount, Movement

with_entries = Prefetch("entries", queryset=Entry.objects.select_related("account").order_by("account_id"))


def legs(movement: Movement) -> str:
    """A movement in one line: available -25, held +25."""
    entries = movement.entries.all()
    return ", ".join(f"{entry.account.get_kind_display()} {_signed(entry)}" for entry in entries)


def _signed(entry: Entry) -> str:
    return f"{'+' if entry.amount > 0 else ''}{credits(entry.amount)}"


class EntryInline(ReadOnlyInline):
    model = Entry
    tab = False
    fields = ("account", "amount", "balance_after")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        return super().get_queryset(request).select_related("account__team")


@admin.register(LedgerAccount)
class LedgerAccountAdmin(ReadOnlyAdmin):
    list_display = ("team", "kind", "balance")
    list_display_links = ("team", "kind")
    list_filter = ("kind", ("team", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("team",)
    search_fields = ("team__name", "team__slug")
    ordering = ("team__name", "pk")
    fields = ("team", "kind", "balance", "its_entries")
    readonly_fields = fields

    @display(description="entries")
    def its_entries(self, account: LedgerAccount) -> Any:
        return list_link(Entry, "Show the entries of this account", account__id__exact=account.pk)


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
        "generation",
        "resolves",
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
    list_filter = ("account__kind", ("account__team", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("movement", "account__team")
    search_fields = ("=movement__id", "movement__idempotency_key")
    search_help_text = "Number or key of the movement"
    ordering = ("-pk",)
    fields = ("movement", "account", "amount", "balance_after")
    readonly_fields = fields
