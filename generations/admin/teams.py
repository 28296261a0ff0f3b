"""Teams, who is in them, their projects, and granting credits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from generations import ledger, lifecycle
from generations.admin.acts import Act, ActsMixin
from generations.admin.budget_acts import ADD_BUDGET
from generations.admin.fields import OnceForm, TeamTime, credits_field
from generations.admin.sentences import sentences_block
from generations.admin.shown import NOTHING, RelatedFilter, credits, list_link
from generations.choices import Role
from generations.models import (
    Account,
    AuditEvent,
    Budget,
    BudgetRequest,
    CreditLot,
    Generation,
    Membership,
    Movement,
    Project,
    Team,
)


class GrantForm(OnceForm):
    """Credits for a team. The times are the team's own, so it comes with the form."""

    amount = credits_field(gettext_lazy("Credits"))
    kind = forms.ChoiceField(
        label=gettext_lazy("What they are"),
        choices=[(kind.value, kind.label) for kind in (Movement.Kind.GRANT, Movement.Kind.PURCHASE)],
        initial=Movement.Kind.GRANT,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    expires_at = TeamTime(label=gettext_lazy("Expire at"), required=False)
    priority = forms.IntegerField(
        label=gettext_lazy("Priority"),
        min_value=0,
        max_value=lifecycle.PRIORITY_MAX,
        initial=50,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy("Of credits that expire together, those with the lower number are spent first."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Shown on the team's statement."),
    )
    confirm = forms.BooleanField(
        label=gettext_lazy("I have checked the team and the amount"), widget=UnfoldBooleanWidget
    )
    field_order = ("amount", "kind", "expires_at", "priority", "reason", "confirm", "key")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        time_zone = self.initial["team"].time_zone
        self.fields["expires_at"].time_zone = time_zone  # type: ignore[attr-defined]
        sentence = _("Where the team is (%(time_zone)s). Empty: they do not expire.")
        self.fields["expires_at"].help_text = sentence % {"time_zone": time_zone}

    def clean_amount(self) -> Decimal:
        amount, most = self.cleaned_data["amount"], Decimal(settings.LIMITS["grant_credits"])
        if amount > most:
            sentence = _("One grant is at most %(most)s credits. Grant less, or in several steps.")
            raise ValidationError(sentence % {"most": ledger.plain(most)})
        return amount


def _grant(request: HttpRequest, team: Team, facts: dict[str, Any]) -> str:
    is_new = lifecycle.grant_credits(
        team=team,
        amount=facts["amount"],
        key=f"admin:{team.public_id.hex}:{facts['key'].hex}",
        reason=facts["reason"],
        now=timezone.now(),
        actor=request.user,  # type: ignore[arg-type]
        kind=Movement.Kind(facts["kind"] or Movement.Kind.GRANT),
        expires_at=facts["expires_at"],
        priority=50 if facts["priority"] is None else facts["priority"],
    )
    shown = {"team": team, "available": credits(ledger.balances(team).available)}
    if not is_new:
        return _("This form had been sent before; nothing was added. %(team)s has %(available)s credits.") % shown
    shown["amount"] = credits(facts["amount"])
    return _("%(team)s was given %(amount)s credits and has %(available)s now.") % shown


class MembershipForm(forms.ModelForm):
    roles = forms.MultipleChoiceField(choices=Role.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget)

    class Meta:
        model = Membership
        fields = ("team", "user", "roles")


class MemberInline(TabularInline):
    model = Membership
    form = MembershipForm
    fields = ("user", "roles")
    autocomplete_fields = ("user",)
    ordering = ("pk",)
    extra = 0
    tab = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("team", "user")


class TeamForm(forms.ModelForm):
    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"]
        if name not in available_timezones():
            raise ValidationError(_("There is no time zone %(name)s. Write it like Europe/Berlin.") % {"name": name})
        return name


@admin.register(Team)
class TeamAdmin(ActsMixin, ModelAdmin):
    form = TeamForm
    list_display = ("name", "slug", "members", "available", "held", "time_zone", "created_at")
    search_fields = ("name", "slug", "public_id")
    ordering = ("name", "pk")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("public_id", "balances", "why", "links", "created_at")
    inlines = (MemberInline,)
    fieldsets = (
        (None, {"fields": ("name", "slug", "time_zone")}),
        ("Credits", {"fields": ("credits_per_usd", "markup_percent", "balances", "why", "links")}),
        ("More", {"fields": ("public_id", "created_at")}),
    )
    acts = (
        Act(
            name="grant",
            label=gettext_lazy("Grant credits"),
            permission="generations.add_movement",
            run=_grant,
            form=GrantForm,
            initial=lambda team: {"team": team},
            explains=gettext_lazy(
                "Credits are added to what the team has available. An open shortfall is covered first. "
                "What was given stays on the statement; a mistake is taken back on the movement's page, by another one."
            ),
        ),
        ADD_BUDGET,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        rows = super().get_queryset(request).select_related("purse")
        return rows.annotate(member_count=Count("memberships"))

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        ledger.open_books(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A team has books, and books stay."""
        return False

    @display(description="members", ordering="member_count")
    def members(self, team: Any) -> int:
        return team.member_count

    @display(description="available")
    def available(self, team: Team) -> str:
        return _balance(team, "available")

    @display(description="held")
    def held(self, team: Team) -> str:
        return _balance(team, "held")

    @display(description="now")
    def balances(self, team: Team) -> str:
        if team.pk is None:
            return _("The books are opened when the team is saved.")
        parts = [f"{account.label} {_balance(team, account)}" for account in Account]
        return ", ".join(parts)

    @display(description="why")
    def why(self, team: Team) -> Any:
        """What is available, explained. As booked: what is due now is booked by the clock, not by a look at a page."""
        return NOTHING if team.pk is None else sentences_block(ledger.explain(team, now=timezone.now()))

    @display(description="rows")
    def links(self, team: Team) -> Any:
        if team.pk is None:
            return "–"
        shown = (
            list_link(Movement, _("Statement"), team__id__exact=team.pk),
            list_link(Movement, _("Open holds"), team__id__exact=team.pk, open="yes"),
            list_link(CreditLot, _("Lots"), team__id__exact=team.pk, closed_at__isempty=1),
            list_link(Budget, _("Budgets"), team__id__exact=team.pk, archived_at__isempty=1),
            list_link(BudgetRequest, _("Budget requests"), team__id__exact=team.pk),
            list_link(Generation, _("Takes"), team__id__exact=team.pk),
            list_link(Project, _("Projects"), team__id__exact=team.pk),
            list_link(AuditEvent, _("Audit trail"), team__id__exact=team.pk),
        )
        return format_html_join(" · ", "{}", ((item,) for item in shown))


def _balance(team: Team, kind: str) -> str:
    return credits(getattr(team.purse, kind)) if hasattr(team, "purse") else "–"


@admin.register(Membership)
class MembershipAdmin(ModelAdmin):
    form = MembershipForm
    list_display = ("user", "team", "role_labels", "created_at")
    list_filter = (("team", RelatedFilter), "created_at")
    list_select_related = ("user", "team")
    search_fields = ("user__email", "user__name", "team__name")
    autocomplete_fields = ("user", "team")
    ordering = ("team__name", "pk")


@admin.register(Project)
class ProjectAdmin(ModelAdmin):
    list_display = ("name", "team", "created_at", "archived_at")
    list_filter = (("team", RelatedFilter), ("archived_at", admin.EmptyFieldListFilter))
    list_select_related = ("team",)
    search_fields = ("name", "public_id", "team__name")
    autocomplete_fields = ("team",)
    ordering = ("-pk",)
    fields = ("team", "name", "brief", "archived_at", "takes", "public_id", "created_at")
    readonly_fields = ("takes", "public_id", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Project | None = None) -> tuple[str, ...]:
        """A project stays in its team: its takes were paid from that team's purse."""
        return (*self.readonly_fields, "team") if obj else self.readonly_fields

    @display(description="takes")
    def takes(self, project: Project) -> Any:
        return "–" if project.pk is None else list_link(Generation, _("Show"), project__id__exact=project.pk)
