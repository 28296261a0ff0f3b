"""Price rules: a new price is a new row. A row that was saved says for ever what was charged, so it only can end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from generations import lifecycle
from generations.admin.acts import Act, ActsMixin, Confirm
from generations.models import PriceRule


def _end(request: HttpRequest, rule: PriceRule, facts: dict[str, Any]) -> str:
    lifecycle.end_price(rule, now=timezone.now(), actor_id=request.user.pk)
    return _("This price has ended. What costs without one is not quoted; add a new rule.")


def _withdraw(request: HttpRequest, rule: PriceRule, facts: dict[str, Any]) -> str:
    lifecycle.withdraw_price(rule, now=timezone.now(), actor_id=request.user.pk)
    return _("This price was taken back before it began. What was to end for it goes on.")


def _replace(request: HttpRequest, rule: PriceRule, facts: dict[str, Any]) -> str:
    new = lifecycle.replace_price(rule, **facts, actor=request.user, now=timezone.now())  # type: ignore[arg-type]
    return _("This price ends at %(time)s; from then on it is “%(new)s”.") % {
        "time": _spell(new.valid_from),
        "new": new,
    }


class NewPriceForm(forms.Form):
    amount = forms.DecimalField(
        label=gettext_lazy("New amount"),
        max_digits=12,
        decimal_places=5,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text=gettext_lazy("In the same currency and for the same unit as now."),
    )
    valid_from = forms.SplitDateTimeField(label=gettext_lazy("From"), widget=UnfoldAdminSplitDateTimeWidget)
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Who or what says so: an invoice, a price list, a contract."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=300, required=False, widget=UnfoldAdminTextInputWidget
    )


class PriceRuleForm(forms.ModelForm):
    def clean_amount(self) -> Any:
        amount = self.cleaned_data["amount"]
        if amount is not None:
            try:
                lifecycle.check_price(amount)
            except lifecycle.BadPrice as refusal:
                raise forms.ValidationError(refusal.public) from refusal
        return amount

    def clean(self) -> dict[str, Any]:
        facts: dict[str, Any] = super().clean() or self.cleaned_data
        begin, end = facts.get("valid_from"), facts.get("valid_until")
        if begin and end and end <= begin:
            self.add_error("valid_until", _("A price ends after it begins. Leave the end open if none is known."))
        elif begin and not self.errors:
            self._check_alone(PriceRule(**{name: facts[name] for name in self.fields}))
        return facts

    def _check_alone(self, rule: PriceRule) -> None:
        other = PriceRule.objects.overlapping(rule).select_related("account").order_by("valid_from").first()
        if other is None:
            return
        sentence = _(
            "There is a price for exactly this already, valid from %(begin)s%(end)s: “%(rule)s”. Only one can be valid "
            "at a time. Open it and choose “New price from …”, or let this one begin after its end."
        )
        end = _(" until %(end)s") % {"end": _spell(other.valid_until)} if other.valid_until else ""
        self.add_error(None, sentence % {"begin": _spell(other.valid_from), "end": end, "rule": other})


@admin.register(PriceRule)
class PriceRuleAdmin(ActsMixin, ModelAdmin):
    form = PriceRuleForm
    list_display = ("model", "tier", "only_for", "provider", "account", "price", "valid_from", "valid_until")
    list_filter = ("provider", "tier", "capability", "variant", "currency", ("valid_until", admin.EmptyFieldListFilter))
    list_select_related = ("account",)
    search_fields = ("model", "source", "note", "account__label")
    ordering = ("model", "tier", "provider", "-valid_from", "pk")
    autocomplete_fields = ("account",)
    fieldsets = (
        (
            None,
            {
                "fields": ("provider", "account", "model", "tier"),
                "description": gettext_lazy(
                    "A price is never changed once it is saved: takes were quoted with it. “New price from …” ends "
                    "this one at a time and adds the next one in the same moment. “End now” only ends it."
                ),
            },
        ),
        (
            "Only for",
            {
                "fields": ("capability", "variant", "resolution", "duration_seconds"),
                "description": gettext_lazy(
                    "What is left empty fits everything. Of several rules that fit, the more particular one counts: an "
                    "account's own first, then by capability, variant, resolution and length, in this order."
                ),
            },
        ),
        ("Price", {"fields": ("amount", "currency", "per")}),
        ("When, and who says so", {"fields": ("valid_from", "valid_until", "source", "note")}),
    )
    acts = (
        Act(
            name="replace",
            label=gettext_lazy("New price from …"),
            permission="generations.change_pricerule",
            run=_replace,
            fits=lambda rule: not _is_over(rule),
            form=NewPriceForm,
            initial=lambda rule: {"valid_from": timezone.localtime().replace(second=0, microsecond=0)},
            explains=gettext_lazy(
                "This rule ends at that time and a new one begins, with the same conditions. Takes that were quoted "
                "keep their price. A time before the last take that was quoted with this rule is refused."
            ),
        ),
        Act(
            name="withdraw",
            label=gettext_lazy("Take back"),
            permission="generations.change_pricerule",
            run=_withdraw,
            fits=lambda rule: rule.valid_from > timezone.now(),
            form=Confirm,
            is_danger=True,
            explains=gettext_lazy(
                "This price has not begun. It is removed, and the one that was to end for it goes on."
            ),
        ),
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

    @display(description="only for")
    def only_for(self, rule: PriceRule) -> str:
        parts = [rule.get_capability_display(), rule.get_variant_display(), rule.get_resolution_display()]
        parts.append(f"{rule.duration_seconds} s" if rule.duration_seconds else "")
        return ", ".join(str(part) for part in parts if part) or "–"

    @display(description="price", ordering="amount")
    def price(self, rule: PriceRule) -> str:
        if rule.amount is None:
            return _("unknown")
        return f"{rule.amount.normalize():f} {rule.get_currency_display()} / {rule.get_per_display()}"


def _is_over(rule: PriceRule) -> bool:
    return rule.valid_until is not None and rule.valid_until <= timezone.now()


def _spell(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
