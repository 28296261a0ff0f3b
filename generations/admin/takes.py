"""Takes, with everything that happened to them, and the few things a person can do."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from generations import catalog, lifecycle
from generations.admin.acts import Act, ActsMixin, Confirm
from generations.admin.decisions import DECISIONS
from generations.admin.evidence import EVIDENCE
from generations.admin.reviews import ApprovalInline, DecisionInline
from generations.admin.shown import ReadOnlyAdmin, RelatedFilter, json_block, without_query
from generations.models import Attempt, Generation, Status

_CHANGE = "generations.change_generation"
_COLOURS = {
    Status.AWAITING_APPROVAL: "default",
    Status.QUEUED: "default",
    Status.CANCELED: "default",
    Status.DONE: "success",
    Status.FAILED: "danger",
    Status.UNCERTAIN: "warning",
    Status.RUNNING: "info",
    Status.SUBMITTING: "info",
    Status.INGESTING: "info",
}


def _cancel(request: HttpRequest, take: Generation, facts: dict[str, Any]) -> str:
    if lifecycle.cancel_as(take, now=timezone.now(), actor_id=request.user.pk):
        return _("%(take)s was canceled and everything was returned.") % {"take": take}
    if take.is_terminal:
        return _("%(take)s is at its end already; nothing was canceled.") % {"take": take}
    return _("Asked for a cancel. %(take)s is settled on what the provider reports.") % {"take": take}


def _retry(request: HttpRequest, take: Generation, facts: dict[str, Any]) -> str:
    return lifecycle.retry(take, now=timezone.now(), actor_id=request.user.pk)


def _can_retry(take: Generation) -> bool:
    ended = take.status in (Status.FAILED, Status.CANCELED) and bool(take.outputs_json)
    return ended or take.status in (Status.QUEUED, Status.INGESTING)


class ModelFilter(admin.SimpleListFilter):
    """By the catalog's models, without asking a long table which of them it has."""

    title = gettext_lazy("model")
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(model.slug, model.label) for model in catalog.load().models]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Generation]) -> QuerySet[Generation]:
        return queryset.filter(model=self.value()) if self.value() else queryset


class AtRiskFilter(admin.SimpleListFilter):
    """Finished at the provider, and perhaps never to come home."""

    title = gettext_lazy("result at risk")
    parameter_name = "at_risk"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("At risk"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Generation]) -> QuerySet[Generation]:
        if self.value() != "yes":
            return queryset
        return queryset.filter(status=Status.INGESTING, at_risk_at__isnull=False)


_UNCLEAR_COLUMNS = (
    "name",
    "shown_age",
    "team",
    "account",
    "hold_credits",
    "shown_known",
    "provider_task_id",
    "created_by",
)


def _shows_unclear(request: HttpRequest) -> bool:
    return request.GET.get("status__exact") == Status.UNCERTAIN


@admin.register(Generation)
class GenerationAdmin(ActsMixin, ReadOnlyAdmin):
    list_display = (
        "name",
        "shown_status",
        "team",
        "project",
        "created_by",
        "model",
        "account",
        "hold_credits",
        "charged_credits",
        "created_at",
    )
    list_filter = (
        "status",
        "account__provider",
        ("account", RelatedFilter),
        ("team", RelatedFilter),
        AtRiskFilter,
        ModelFilter,
        "capability",
        "account__is_sandbox",
        "created_at",
        "finished_at",
    )
    list_select_related = ("team", "project", "created_by", "account")
    search_fields = ("public_id", "provider_task_id", "created_by__email", "recipe_json__prompt")
    search_help_text = "T-0042, public id, the provider's task id, e-mail address or words of the prompt"
    ordering = ("-pk",)
    inlines = (*EVIDENCE, DecisionInline, ApprovalInline)
    readonly_fields = (
        "name",
        "shown_status",
        "shown_known",
        "recipe_text",
        "quote_text",
        "operation_text",
        "outputs_text",
        "cost_text",
    )
    fieldsets = (
        (None, {"fields": ("name", "status", "team", "project", "shot", "created_by", "public_id", "created_at")}),
        (
            "Why it stands as it does",
            {"fields": ("shown_known", "waiting_for", "failure_code", "failure_public", "failure_provider_words")},
        ),
        ("Recipe", {"fields": ("recipe_text", "recipe_sha256")}),
        (
            "Price",
            {"fields": ("hold_credits", "charged_credits", "price_rule", "quote_text", "cost_text")},
        ),
        (
            "Provider",
            {
                "fields": (
                    "account",
                    "provider_task_id",
                    "operation_text",
                    "outputs_text",
                    "submitted_at",
                    "expected_finish_at",
                    "provider_done_at",
                    "results_expire_at",
                    "at_risk_at",
                )
            },
        ),
        (
            "Work",
            {
                "fields": (
                    "due_at",
                    "lease_until",
                    "lease_token",
                    "tries",
                    "cancel_requested_at",
                    "cancel_sent_at",
                    "finished_at",
                    "changed_at",
                    "idempotency_key",
                )
            },
        ),
    )
    acts = (
        Act(
            name="retry",
            label=gettext_lazy("Try now"),
            permission=_CHANGE,
            run=_retry,
            fits=_can_retry,
            in_list=True,
        ),
        Act(
            name="cancel",
            label=gettext_lazy("Cancel"),
            permission=_CHANGE,
            run=_cancel,
            fits=lambda take: not take.is_terminal and take.cancel_requested_at is None,
            form=Confirm,
            is_danger=True,
            in_list=True,
            explains=gettext_lazy(
                "In line, a cancel returns the whole hold at once. Later it is a wish: the take is followed to the "
                "provider's end and costs what the provider reports."
            ),
        ),
        *DECISIONS,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Generation]:
        newest = Prefetch("attempts", queryset=Attempt.objects.order_by("number"))
        return super().get_queryset(request).prefetch_related(newest)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Of takes that are not confirmed, what a decision needs."""
        return _UNCLEAR_COLUMNS if _shows_unclear(request) else super().get_list_display(request)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("pk",) if _shows_unclear(request) else ("-pk",)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        number = re.fullmatch(r"[Tt]-?(\d{1,18})", search_term.strip())
        if number:
            return queryset.filter(number=int(number[1])), False
        return super().get_search_results(request, queryset, search_term)

    @display(description="take", ordering="number")
    def name(self, take: Generation) -> str:
        return take.name

    @display(description="status", ordering="status", label=_COLOURS)
    def shown_status(self, take: Generation) -> tuple[str, str]:
        return take.status, take.get_status_display()

    @display(description="unclear since", ordering="changed_at")
    def shown_age(self, take: Generation) -> str:
        attempts = list(take.attempts.all())
        since = (attempts[-1].sent_at if attempts else None) or take.changed_at
        return timesince(since)

    @display(description="what is known")
    def shown_known(self, take: Generation) -> str:
        attempts = list(take.attempts.all())
        said = lifecycle.what_is_known(take, attempts[-1] if attempts else None)
        last = _("It is asked about again by itself.") if take.due_at else take.waiting_for
        return " ".join(part for part in (*said, last) if part)

    @display(description="recipe")
    def recipe_text(self, take: Generation) -> Any:
        return json_block(take.recipe_json)

    @display(description="quote")
    def quote_text(self, take: Generation) -> Any:
        return json_block(take.quote_json)

    @display(description="cost by the provider")
    def cost_text(self, take: Generation) -> Any:
        return json_block(take.provider_cost_json)

    @display(description="operation")
    def operation_text(self, take: Generation) -> Any:
        return json_block(take.operation_json)

    @display(description="outputs")
    def outputs_text(self, take: Generation) -> Any:
        """The addresses without their signatures: those open the file for anybody."""
        if not take.outputs_json:
            return "–"
        shown = [{**output, "url": without_query(output.get("url", ""))} for output in take.outputs_json]
        return format_html("{}", json_block(shown))
