"""Shots, what was decided about takes, and takes that waited for a yes: to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from generations.admin.shown import ReadOnlyAdmin, ReadOnlyInline, RelatedFilter, list_link
from generations.models import Approval, AuditEvent, Generation, ReviewDecision, Shot


class DecisionInline(ReadOnlyInline):
    model = ReviewDecision
    fields = ("decided_at", "verdict", "decided_by", "note")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewDecision]:
        return super().get_queryset(request).select_related("decided_by")


class ApprovalInline(ReadOnlyInline):
    model = Approval
    fields = ("why", "asked_at", "expires_at", "outcome", "decided_by", "decided_at", "note")
    ordering = ("-pk",)


@admin.register(Shot)
class ShotAdmin(ReadOnlyAdmin):
    list_display = ("code", "project", "team", "description", "position", "created_at", "archived_at")
    list_filter = (("project__team", RelatedFilter), ("archived_at", admin.EmptyFieldListFilter))
    list_select_related = ("project__team",)
    search_fields = ("code", "description", "public_id", "project__name")
    search_help_text = "Code, description, public id or project"
    ordering = ("-pk",)
    fields = (
        "code",
        "project",
        "description",
        "position",
        "created_at",
        "archived_at",
        "public_id",
        "takes",
        "trail",
    )
    readonly_fields = fields

    @display(description="team", ordering="project__team__name")
    def team(self, shot: Shot) -> str:
        return str(shot.project.team)

    @display(description="takes")
    def takes(self, shot: Shot) -> Any:
        return list_link(Generation, "Show", shot__id__exact=shot.pk)

    @display(description="audit trail")
    def trail(self, shot: Shot) -> Any:
        return list_link(AuditEvent, "Show", target_kind="shot", target_id=shot.public_id)


@admin.register(ReviewDecision)
class ReviewDecisionAdmin(ReadOnlyAdmin):
    list_display = ("decided_at", "generation", "verdict", "decided_by", "note")
    list_filter = ("verdict", ("generation__team", RelatedFilter), "decided_at")
    list_select_related = ("generation", "decided_by")
    search_fields = ("generation__public_id", "decided_by__email", "note")
    search_help_text = "Public id of the take, words, or the e-mail address of who decided"
    ordering = ("-pk",)
    fields = ("generation", "verdict", "note", "decided_by", "decided_at", "is_counted")
    readonly_fields = fields


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    list_display = ("asked_at", "generation", "why", "expires_at", "outcome", "decided_by", "decided_at")
    list_filter = (
        "outcome",
        ("decided_at", admin.EmptyFieldListFilter),
        ("generation__team", RelatedFilter),
        "asked_at",
    )
    list_select_related = ("generation", "decided_by")
    search_fields = ("generation__public_id", "decided_by__email", "why", "note")
    search_help_text = "Public id of the take, words, or the e-mail address of who decided"
    ordering = ("-pk",)
    fields = ("generation", "why", "asked_at", "expires_at", "outcome", "decided_by", "decided_at", "note")
    readonly_fields = fields
