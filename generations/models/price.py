"""Price rules: dated rows, never changed in place."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.choices import Capability, Currency, PriceUnit, Provider, Tier, Variant
from generations.models.provider_account import ProviderAccount


class PriceRuleQuerySet(models.QuerySet["PriceRule"]):
    def in_force(self, now: datetime) -> PriceRuleQuerySet:
        """Rules that apply at a time."""
        return self.filter(Q(valid_from__lte=now) & (Q(valid_until=None) | Q(valid_until__gt=now)))


class PriceRule(models.Model):
    """What a route costs in a period. `amount` is empty where no source gives a price: then nothing is quoted."""

    provider = models.CharField(max_length=16, choices=Provider.choices)
    account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, null=True, blank=True, help_text=_("Empty: every account.")
    )
    model = models.CharField(max_length=64)
    tier = models.CharField(max_length=8, choices=Tier.choices)
    capability = models.CharField(max_length=24, choices=Capability.choices, blank=True, help_text=_("Empty: any."))
    variant = models.CharField(max_length=8, choices=Variant.choices, blank=True, help_text=_("Empty: any."))
    amount = models.DecimalField(max_digits=12, decimal_places=5, null=True, blank=True)
    currency = models.CharField(max_length=20, choices=Currency.choices)
    per = models.CharField(max_length=20, choices=PriceUnit.choices)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=200)
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PriceRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("price rule")
        verbose_name_plural = _("price rules")
        constraints = [
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gt=0), name="price_is_positive"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=models.F("valid_from")), name="price_ends_after_begin"
            ),
            models.UniqueConstraint(
                fields=["provider", "account", "model", "tier", "capability", "variant", "valid_from"],
                name="price_once_per_start",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        price = "unknown" if self.amount is None else f"{self.amount.normalize():f} {self.currency} per {self.per}"
        return f"{self.provider} {self.model} {self.tier}: {price}"
