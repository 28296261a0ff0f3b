"""What happened to a take, row by row: on the take's page, and as lists of their own. All of it to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from generations.admin.ledger import legs, with_entries
from generations.admin.shown import ReadOnlyAdmin, ReadOnlyInline, json_block
from generations.models import (
    Asset,
    Attempt,
    CallbackReceipt,
    GenerationEvent,
    GenerationInput,
    Movement,
    ProviderCall,
)


class EventInline(ReadOnlyInline):
    model = GenerationEvent
    verbose_name_plural = "activity"
    fields = ("happened_at", "kind", "note")
    ordering = ("-pk",)


class MovementInline(ReadOnlyInline):
    model = Movement
    fields = ("happened_at", "kind", "shown_legs", "reason", "actor")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Movement]:
        return super().get_queryset(request).select_related("actor").prefetch_related(with_entries)

    @display(description="entries")
    def shown_legs(self, movement: Movement) -> str:
        return legs(movement)


class AttemptInline(ReadOnlyInline):
    model = Attempt
    fields = (
        "number",
        "step",
        "opened_at",
        "sent_at",
        "closed_at",
        "outcome",
        "provider_task_id",
        "request_id",
        "looked_up_at",
        "shown_evidence",
    )
    ordering = ("number",)

    @display(description="evidence")
    def shown_evidence(self, attempt: Attempt) -> Any:
        return json_block(attempt.evidence)


class CallInline(ReadOnlyInline):
    model = ProviderCall
    verbose_name_plural = "provider calls"
    fields = ("happened_at", "method", "url", "status_code", "duration_ms", "request_id", "excerpt")
    ordering = ("-pk",)


class ReceiptInline(ReadOnlyInline):
    model = CallbackReceipt
    verbose_name_plural = "webhooks"
    fields = ("received_at", "is_verified", "task_id", "delivery_id")
    ordering = ("-pk",)


class AssetInline(ReadOnlyInline):
    model = Asset
    fields = ("name", "output_index", "blob", "width", "height", "duration_seconds")
    ordering = ("output_index",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Asset]:
        return super().get_queryset(request).select_related("blob")


class InputInline(ReadOnlyInline):
    model = GenerationInput
    verbose_name_plural = "inputs"
    fields = ("role", "index", "asset", "blob")
    ordering = ("pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[GenerationInput]:
        return super().get_queryset(request).select_related("asset", "blob")


EVIDENCE = (EventInline, MovementInline, AttemptInline, CallInline, ReceiptInline, InputInline, AssetInline)


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    list_display = ("generation", "number", "outcome", "opened_at", "sent_at", "closed_at", "provider_task_id")
    list_filter = (
        "outcome",
        ("closed_at", admin.EmptyFieldListFilter),
        "generation__account__provider",
        ("generation__team", admin.RelatedOnlyFieldListFilter),
        "opened_at",
    )
    list_select_related = ("generation",)
    search_fields = ("provider_task_id", "request_id", "generation__public_id")
    search_help_text = "The provider's task id or request id, or the public id of a take"
    ordering = ("-pk",)
    readonly_fields = ("shown_evidence",)
    fieldsets = (
        (None, {"fields": ("generation", "number", "step", "outcome", "opened_at", "sent_at", "closed_at")}),
        ("At the provider", {"fields": ("provider_task_id", "request_id", "looked_up_at", "absent_count")}),
        ("Evidence", {"fields": ("shown_evidence", "lease_token")}),
    )

    @display(description="evidence")
    def shown_evidence(self, attempt: Attempt) -> Any:
        return json_block(attempt.evidence)


@admin.register(ProviderCall)
class ProviderCallAdmin(ReadOnlyAdmin):
    list_display = ("happened_at", "account", "generation", "method", "url", "status_code", "duration_ms")
    list_filter = ("account__provider", ("account", admin.RelatedOnlyFieldListFilter), "status_code", "happened_at")
    list_select_related = ("account", "generation")
    search_fields = ("url", "request_id", "generation__public_id")
    search_help_text = "Address, request id or the public id of a take"
    ordering = ("-pk",)
    fields = (
        "account",
        "generation",
        "method",
        "url",
        "status_code",
        "duration_ms",
        "request_id",
        "excerpt",
        "happened_at",
    )
    readonly_fields = fields


@admin.register(CallbackReceipt)
class CallbackReceiptAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "account", "generation", "task_id", "is_verified", "delivery_id")
    list_filter = ("is_verified", "account__provider", ("account", admin.RelatedOnlyFieldListFilter), "received_at")
    list_select_related = ("account", "generation")
    search_fields = ("delivery_id", "task_id", "generation__public_id")
    search_help_text = "Delivery id, the provider's task id or the public id of a take"
    ordering = ("-pk",)
    fields = ("account", "generation", "delivery_id", "task_id", "is_verified", "body_sha256", "received_at")
    readonly_fields = fields


@admin.register(GenerationEvent)
class GenerationEventAdmin(ReadOnlyAdmin):
    list_display = ("happened_at", "generation", "kind", "note")
    list_filter = ("kind", ("generation__team", admin.RelatedOnlyFieldListFilter), "happened_at")
    list_select_related = ("generation",)
    search_fields = ("note", "generation__public_id")
    ordering = ("-pk",)
    readonly_fields = ("shown_facts",)
    fields = ("generation", "kind", "note", "shown_facts", "happened_at")

    @display(description="facts")
    def shown_facts(self, event: GenerationEvent) -> Any:
        return json_block(event.facts)


@admin.register(GenerationInput)
class GenerationInputAdmin(ReadOnlyAdmin):
    list_display = ("generation", "role", "index", "asset", "blob")
    list_filter = ("role", ("generation__team", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("generation", "asset", "blob")
    search_fields = ("blob__sha256", "generation__public_id")
    ordering = ("-pk",)
    fields = ("generation", "role", "index", "asset", "blob")
    readonly_fields = fields
