"""Our own money at the providers: balances, packs, prices that drift, routes that were closed for it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display

from generations import lifecycle
from generations.admin.acts import Act, ActsMixin
from generations.admin.shown import NOTHING, ReadOnlyAdmin, ReadOnlyInline, link
from generations.choices import Currency
from generations.models import (
    BalanceReading,
    ClosedRoute,
    DriftCheck,
    DriftReading,
    Generation,
    ProviderAccount,
    ProviderPack,
)

_SOON = timedelta(days=30)


def amount_text(amount: Decimal | None, currency: str) -> str:
    """An amount with its currency in words, or a dash."""
    if amount is None:
        return NOTHING
    label = Currency(currency).label if currency in Currency.values else currency
    return f"{amount.normalize():f} {label}".strip()


@admin.register(ProviderPack)
class ProviderPackAdmin(ModelAdmin):
    list_display = ("account", "shown_units", "price_usd", "unit_price", "bought_at", "expires_at", "note")
    list_filter = (("account", admin.RelatedOnlyFieldListFilter), "currency", "expires_at")
    list_select_related = ("account",)
    search_fields = ("account__label", "note")
    autocomplete_fields = ("account",)
    ordering = ("expires_at", "pk")
    fields = ("account", "units", "currency", "price_usd", "bought_at", "expires_at", "note")

    @display(description="units", ordering="units")
    def shown_units(self, pack: ProviderPack) -> str:
        return amount_text(pack.units, pack.currency)

    @display(description="US dollars for a unit")
    def unit_price(self, pack: ProviderPack) -> str:
        return f"{pack.price_usd / pack.units:.5f}"


@admin.register(BalanceReading)
class BalanceReadingAdmin(ReadOnlyAdmin):
    list_before_template = "admin/balances.html"
    list_display = ("account", "read_at", "shown_amount", "as_of_note", "problem")
    list_filter = (("account", admin.RelatedOnlyFieldListFilter), "currency", "read_at")
    list_select_related = ("account",)
    search_fields = ("account__label", "problem")
    ordering = ("-read_at", "-pk")
    fields = ("account", "read_at", "shown_amount", "as_of_note", "problem", "packs")
    readonly_fields = fields

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        now = timezone.now()
        facts = {
            "newest": [_balance(row) for row in lifecycle.newest_balances()],
            "silent": [account.label for account in _all_accounts() if not lifecycle.tells_balance(account.provider)],
            "packs": [_pack(pack) for pack in lifecycle.expiring_packs(now, _SOON)],
        }
        return super().changelist_view(request, {**(extra_context or {}), **facts})

    @display(description="left", ordering="amount")
    def shown_amount(self, row: BalanceReading) -> str:
        return amount_text(row.amount, row.currency)

    @display(description="packs")
    def packs(self, row: BalanceReading) -> Any:
        lines = [(f"{pack['name']}: {pack['left']}", pack["expires_at"][:10] or NOTHING) for pack in row.packs_json]
        return format_html_join("", "<p>{} ({})</p>", lines) or NOTHING


def _all_accounts() -> QuerySet[ProviderAccount]:
    return ProviderAccount.objects.order_by("label", "pk")


def _balance(row: BalanceReading) -> dict[str, Any]:
    return {"row": row, "left": amount_text(row.amount, row.currency), "link": link(row, row.account.label)}


def _pack(pack: lifecycle.ExpiringPack) -> dict[str, Any]:
    return {"pack": pack, "left": amount_text(pack.left, pack.currency)}


_DRIFT = ("takes", "quoted_credits", "reported_credits", "shown_percent", "listed", "ours", "shown_list_percent")


class _Drift:
    """How a reading is shown, in lists and on its check."""

    @display(description="drift", ordering="percent")
    def shown_percent(self, row: DriftReading) -> str:
        return _percent(row.percent)

    @display(description="list price", ordering="list_usd")
    def listed(self, row: DriftReading) -> str:
        if row.list_usd is None:
            return row.list_problem or NOTHING
        return f"{row.list_usd.normalize():f} US dollars / {row.list_per}"

    @display(description="our price", ordering="our_usd")
    def ours(self, row: DriftReading) -> str:
        return row.list_problem or NOTHING if row.our_usd is None else f"{row.our_usd.normalize():f} US dollars"

    @display(description="list drift", ordering="list_percent")
    def shown_list_percent(self, row: DriftReading) -> str:
        return _percent(row.list_percent)


def _percent(percent: Decimal | None) -> str:
    return NOTHING if percent is None else f"{percent.normalize():+f} %"


class DriftInline(_Drift, ReadOnlyInline):
    model = DriftReading
    tab = False
    fields = ("account", "route_key", *_DRIFT, "is_past_threshold")
    ordering = ("-is_past_threshold", "account__label", "route_key", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DriftReading]:
        return super().get_queryset(request).select_related("account", "check_of_day")


@admin.register(DriftCheck)
class DriftCheckAdmin(ReadOnlyAdmin):
    list_display = ("day", "since", "until", "prices_read_at")
    search_fields = ("day",)
    ordering = ("-day",)
    fields = ("day", "since", "until", "prices_read_at")
    readonly_fields = fields
    inlines = (DriftInline,)


@admin.register(DriftReading)
class DriftReadingAdmin(_Drift, ReadOnlyAdmin):
    list_display = ("day", "account", "route_key", *_DRIFT, "unknown_count", "is_past_threshold")
    list_filter = ("is_past_threshold", ("account", admin.RelatedOnlyFieldListFilter), "day")
    list_select_related = ("account",)
    search_fields = ("route_key", "account__label")
    ordering = ("-day", "-is_past_threshold", "-pk")
    fields = (
        "check_of_day",
        "account",
        "route_key",
        *_DRIFT,
        "silent_takes",
        "unknown",
        "list_problem",
        "is_past_threshold",
        "shown_sample",
    )
    readonly_fields = fields

    @display(description="charge not known")
    def unknown_count(self, row: DriftReading) -> int:
        return len(row.unknown_takes)

    @display(description="takes whose charge nobody knows")
    def unknown(self, row: DriftReading) -> Any:
        """They ended without a result, their hold went back, and the provider did not say what it charged."""
        takes = Generation.objects.filter(number__in=row.unknown_takes).order_by("number")
        return format_html_join(", ", "{}", ((link(take, take.name),) for take in takes)) or NOTHING

    @display(description="newest take")
    def shown_sample(self, row: DriftReading) -> Any:
        return link(row.sample, row.sample.name)


def _open(request: HttpRequest, closed: ClosedRoute, facts: dict[str, Any]) -> str:
    lifecycle.open_route(closed, now=timezone.now(), actor_id=request.user.pk)
    return _("%(route)s on %(account)s is open again.") % {"route": closed.route_key, "account": closed.account}


@admin.register(ClosedRoute)
class ClosedRouteAdmin(ActsMixin, ReadOnlyAdmin):
    list_display = ("account", "route_key", "reason", "closed_at", "closed_by", "opened_at", "opened_by")
    list_filter = (("opened_at", admin.EmptyFieldListFilter), ("account", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("account", "closed_by", "opened_by")
    search_fields = ("route_key", "reason", "account__label")
    ordering = ("-closed_at", "-pk")
    fields = ("account", "route_key", "reason", "closed_at", "closed_by", "opened_at", "opened_by")
    readonly_fields = fields
    acts = (
        Act(
            name="open",
            label=gettext_lazy("Open again"),
            permission="generations.change_closedroute",
            run=_open,
            fits=lambda closed: closed.opened_at is None,
        ),
    )
