"""Provider accounts: keys that are only ever written, limits, and whether the key works."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from generations import lifecycle
from generations.admin.acts import Act, ActsMixin
from generations.admin.credentials import FIELDS, FORGET, ProviderAccountForm, is_sandbox
from generations.admin.shown import ReadOnlyAdmin, list_link
from generations.models import OCCUPIES_A_SLOT, Generation, ProviderAccount, ProviderCall, PumpLease

_CHANGE = "generations.change_provideraccount"
_TONES = {"active": "success", "paused": "warning", "resting": "danger"}
_LIMITS = ("max_running", "submits_per_minute", "retention_days", "unit_price_usd", "pauses_on_drift", "not_before")
_WHERE = ("origin", "base_url", "dialect")


class PauseForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("A sentence that people see when they choose a route."),
    )


def _test(request: HttpRequest, account: ProviderAccount, facts: dict[str, Any]) -> str:
    return lifecycle.check_account(account, now=timezone.now(), actor_id=request.user.pk)


def _pause(request: HttpRequest, account: ProviderAccount, facts: dict[str, Any]) -> str:
    lifecycle.pause_account(account, reason=facts["reason"], now=timezone.now(), actor_id=request.user.pk)
    return _("%(account)s is paused. What is out is followed to its end.") % {"account": account}


def _resume(request: HttpRequest, account: ProviderAccount, facts: dict[str, Any]) -> str:
    lifecycle.resume_account(account, now=timezone.now(), actor_id=request.user.pk)
    return _("%(account)s sends again.") % {"account": account}


class CloseRouteForm(forms.Form):
    route_key = forms.CharField(
        label=gettext_lazy("Route"),
        max_length=160,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Its key as the catalog has it, for example fal:kling-v2-1:image_to_video:std."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("A sentence that people see when they choose a route."),
    )


def _close_route(request: HttpRequest, account: ProviderAccount, facts: dict[str, Any]) -> str:
    lifecycle.close_route(account, **facts, now=timezone.now(), actor_id=request.user.pk)
    return _("The route %(route)s is closed. Nothing new is ordered on it.") % {"route": facts["route_key"]}


def _is_active(account: ProviderAccount) -> bool:
    return account.status == ProviderAccount.Status.ACTIVE


def _is_paused(account: ProviderAccount) -> bool:
    return account.status == ProviderAccount.Status.PAUSED


@admin.register(ProviderAccount)
class ProviderAccountAdmin(ActsMixin, ModelAdmin):
    form = ProviderAccountForm
    list_display = ("label", "provider", "shown_status", "is_sandbox", "in_flight", "max_running", "team_names")
    list_filter = ("status", "provider", "is_sandbox", ("teams", admin.RelatedOnlyFieldListFilter))
    search_fields = ("label", "public_id")
    ordering = ("label", "pk")
    autocomplete_fields = ("teams",)
    readonly_fields = (
        "is_sandbox",
        "public_id",
        "status",
        "status_reason",
        "rest",
        "in_flight",
        "forged_callbacks",
        "links",
        "created_at",
    )
    conditional_fields = {
        **{name: f"provider == '{slug}'" for slug, names in FIELDS.items() for name in names},
        "base_url": "provider == 'gateway'",
    }
    acts = (
        Act(name="test", label=gettext_lazy("Test the key"), permission=_CHANGE, run=_test),
        Act(
            name="pause",
            label=gettext_lazy("Pause"),
            permission=_CHANGE,
            run=_pause,
            fits=lambda account: not _is_paused(account),
            form=PauseForm,
            explains=gettext_lazy("Nothing more is sent with this account. What is out is followed to its end."),
        ),
        Act(
            name="resume",
            label=gettext_lazy("Resume"),
            permission=_CHANGE,
            run=_resume,
            fits=lambda account: not _is_active(account),
        ),
        Act(
            name="close-route",
            label=gettext_lazy("Close a route"),
            permission=_CHANGE,
            run=_close_route,
            form=CloseRouteForm,
            explains=gettext_lazy(
                "Nothing new is ordered on that route of this account until somebody opens it again under “Closed "
                "routes”. Takes that were ordered before are made."
            ),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderAccount]:
        running = Count("generations", filter=Q(generations__status__in=OCCUPIES_A_SLOT))
        return super().get_queryset(request).annotate(running=running).prefetch_related("teams")

    def get_fieldsets(self, request: HttpRequest, obj: ProviderAccount | None = None) -> Any:
        names = FIELDS[obj.provider] if obj else [name for names in FIELDS.values() for name in names]
        shown: list[Any] = [
            (None, {"fields": ("label", "provider", "region", "teams")}),
            (
                "Credentials",
                {
                    "fields": (*names, FORGET) if obj else tuple(names),
                    "description": _("They are encrypted when they are saved, and no page shows them again."),
                },
            ),
            ("Limits and prices", {"fields": _LIMITS}),
            ("Where", {"fields": (*_WHERE, "is_sandbox") if obj else _WHERE}),
        ]
        if obj:
            facts = ("status", "status_reason", "rest", "in_flight", "forged_callbacks", "links", "public_id")
            shown.append(("State", {"fields": (*facts, "created_at")}))
        return shown

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        # The credential inputs are declared on the form; Django asks only for the model's own fields by name.
        own = {field.name for field in ProviderAccount._meta.get_fields()}
        named = [name for _title, part in self.get_fieldsets(request, obj) for name in part["fields"] if name in own]
        hidden = self.get_readonly_fields(request, obj)
        kwargs["fields"] = [name for name in named if name not in hidden]
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: ProviderAccount, form: Any, change: bool) -> None:
        obj.is_sandbox = is_sandbox(obj.origin)
        if form.changes_credentials:
            obj.set_credentials(form.credentials(obj.provider))
        super().save_model(request, obj, form, change)
        if form.changes_credentials:
            lifecycle.record("set_credentials", obj, now=timezone.now(), actor_id=request.user.pk)
            lifecycle.ask_soon(obj)

    @display(description="status", ordering="status", label=_TONES)
    def shown_status(self, account: ProviderAccount) -> tuple[str, str]:
        return account.status, account.get_status_display()

    @display(description="trouble")
    def rest(self, account: ProviderAccount) -> str:
        """How the account's circuit stands, in sentences."""
        said = []
        if account.troubles_in_a_row:
            said.append(_("Troubles in a row: %(n)s.") % {"n": account.troubles_in_a_row})
        if account.resting_since:
            since = timezone.localtime(account.resting_since)
            said.append(_("In trouble since %(time)s.") % {"time": date_format(since, "DATETIME_FORMAT")})
        if account.probe_at:
            at = timezone.localtime(account.probe_at)
            said.append(_("It is asked again at %(time)s.") % {"time": date_format(at, "DATETIME_FORMAT")})
        elif account.resting_since and _is_active(account):
            said.append(_("It is tried with one take at a time."))
        return " ".join(said) or _("None.")

    @display(description="jobs at the provider", ordering="running")
    def in_flight(self, account: Any) -> int:
        return account.running

    @display(description="teams")
    def team_names(self, account: ProviderAccount) -> str:
        return ", ".join(team.name for team in account.teams.all()) or "–"

    @display(description="rows")
    def links(self, account: ProviderAccount) -> Any:
        shown = (
            list_link(Generation, _("Takes"), account__id__exact=account.pk),
            list_link(ProviderCall, _("Calls"), account__id__exact=account.pk),
        )
        return format_html_join(" · ", "{}", ((item,) for item in shown))


@admin.register(PumpLease)
class PumpLeaseAdmin(ReadOnlyAdmin):
    list_display = ("account", "kind", "holder", "token", "until")
    list_filter = ("kind", "account__provider")
    list_select_related = ("account",)
    search_fields = ("holder", "account__label")
    ordering = ("account__label", "kind")
    fields = ("account", "kind", "holder", "token", "until")
    readonly_fields = fields
