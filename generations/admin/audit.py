"""Audit events: read, never written here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from unfold.decorators import display

from generations.admin.shown import ReadOnlyAdmin, RelatedFilter, json_block
from generations.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("happened_at", "verb", "target_kind", "target_id", "actor", "team")
    list_display_links = ("happened_at", "verb")
    list_filter = ("verb", "target_kind", ("team", RelatedFilter), "happened_at")
    list_select_related = ("actor", "team")
    search_fields = ("target_id", "verb", "actor__email", "team__name")
    search_help_text = "Target id, verb, e-mail address or team"
    ordering = ("-pk",)
    fields = ("happened_at", "verb", "target_kind", "target_id", "actor", "team", "shown_facts")
    readonly_fields = fields

    @display(description="facts")
    def shown_facts(self, event: AuditEvent) -> Any:
        return json_block(event.facts)
