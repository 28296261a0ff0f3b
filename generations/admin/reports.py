"""What reports count in, as far as a row of it says something by itself, and who gets which report by e-mail.

The cells of the roll-ups have no page: they are many, have keys of several columns, and are shown by the reports.
"""

from __future__ import annotations

from django.contrib import admin

from generations.admin.shown import ReadOnlyAdmin, RelatedFilter
from generations.models import ReportSubscription, RollUpMark, ShotTally, Slice


@admin.register(ReportSubscription)
class ReportSubscriptionAdmin(ReadOnlyAdmin):
    list_display = ("report", "team", "user", "cadence", "hour", "next_at", "last_sent_at", "is_active")
    list_filter = ("report", "cadence", "is_active", ("team", RelatedFilter))
    list_select_related = ("team", "user")
    search_fields = ("user__email", "team__name", "report", "public_id")
    ordering = ("-pk",)
    fields = (
        "report",
        "team",
        "user",
        "cadence",
        "hour",
        "params_json",
        "next_at",
        "last_sent_at",
        "is_active",
        "created_at",
        "public_id",
    )
    readonly_fields = fields


@admin.register(RollUpMark)
class RollUpMarkAdmin(ReadOnlyAdmin):
    list_display = ("team", "movement_id", "ended_at", "counted_until", "time_zone")
    list_select_related = ("team",)
    search_fields = ("team__name", "team__slug")
    ordering = ("team__name", "pk")
    fields = ("team", "movement_id", "ended_at", "counted_until", "time_zone")
    readonly_fields = fields


@admin.register(Slice)
class SliceAdmin(ReadOnlyAdmin):
    list_display = ("id", "team", "project", "member", "model", "tier", "account", "capability")
    list_filter = ("tier", "capability", ("team", RelatedFilter))
    list_select_related = ("team", "project", "member", "account")
    search_fields = ("project__name", "member__email", "model", "account__label")
    ordering = ("-pk",)
    fields = ("team", "project", "member", "model", "tier", "account", "capability")
    readonly_fields = fields


@admin.register(ShotTally)
class ShotTallyAdmin(ReadOnlyAdmin):
    list_display = ("shot", "team", "takes", "approved", "cost", "approved_day")
    list_filter = (("team", RelatedFilter), ("approved_day", admin.EmptyFieldListFilter))
    list_select_related = ("shot", "team")
    search_fields = ("shot__code", "team__name")
    ordering = ("-pk",)
    fields = ("shot", "team", "takes", "approved", "cost", "approved_day", "slice")
    readonly_fields = fields
