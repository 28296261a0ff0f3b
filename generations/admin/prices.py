"""Price rules: a new price is a new row. A row that was saved says for ever what was charged, so it only can end."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display

from generations import lifecycle
from generations.admin.acts import Act, ActsMixin, Confirm
from generations.models import PriceRule


def _end(request: HttpRequest, rule: PriceRule, facts: dict[str, Any]) -> str:
    lifecycle.end_price(rule, now=timezone.now(), actor_id=request.user.pk)
    return _("This price has ended. What costs without one is not quoted; add a new rule.")


@admin.register(PriceRule)
class PriceRuleAdmin(ActsMixin, ModelAdmin):
    list_display = ("model", "tier", "capability", "provider", "account", "price", "valid_from", "valid_until")
    list_filter = ("provider", "tier", "capability", "currency", ("valid_until", admin.EmptyFieldListFilter))
    list_select_related = ("account",)
    search_fields = ("model", "source", "note", "account__label")
    ordering = ("model", "tier", "provider", "-valid_from", "pk")
    autocomplete_fields = ("account",)
    fieldsets = (
        (
            None,
            {
                "fields": ("provider", "account", "model", "tier", "capability"),
                "description": gettext_lazy(
                    "A price is never changed once it is saved: takes were quoted with it. For a new price add a rule; "
                    "the newest one that has begun counts. “End now” sets the time until which this one is valid."
                ),
            },
        ),
        ("Price", {"fields": ("amount", "currency", "per")}),
        ("When, and who says so", {"fields": ("valid_from", "valid_until", "source", "note")}),
    )
    acts = (
        Act(
            name="end",
            label=gettext_lazy("End now"),
            permission="generations.change_pricerule",
            run=_end,
            fits=lambda rule: rule.valid_from < timezone.now() and not _is_over(rule),
            form=Confirm,
            is_danger=True,
            explains=gettext_lazy(
                "From now on nothing is quoted with this price. Takes that were quoted with it keep it. "
                "This cannot be undone, but the same price can be added again."
            ),
        ),
    )

    def has_change_permission(self, request: HttpRequest, obj: PriceRule | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PriceRule | None = None) -> bool:
        return False

    @display(description="price", ordering="amount")
    def price(self, rule: PriceRule) -> str:
        if rule.amount is None:
            return _("unknown")
        return f"{rule.amount.normalize():f} {rule.get_currency_display()} / {rule.get_per_display()}"


def _is_over(rule: PriceRule) -> bool:
    return rule.valid_until is not None and rule.valid_until <= timezone.now()
