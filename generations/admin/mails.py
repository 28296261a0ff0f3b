"""Mails, sent and waiting. What they say is not shown: a link in one decides for its reader."""

from __future__ import annotations

from django.contrib import admin

from generations.admin.shown import ReadOnlyAdmin
from generations.models import Mail


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "subject", "to", "due_at", "sent_at", "tries", "last_error")
    list_display_links = ("created_at", "subject")
    list_filter = (("sent_at", admin.EmptyFieldListFilter), ("due_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("to",)
    search_fields = ("key", "subject", "to__email")
    search_help_text = "Key, subject or e-mail address"
    ordering = ("-pk",)
    fields = ("key", "to", "subject", "attachment_name", "created_at", "due_at", "sent_at", "tries", "last_error")
    readonly_fields = fields
