"""Price rules: dated rows, never changed in place."""

from __future__ import annotations

from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from generations.choices import Capability, Currency, PriceUnit, Provider, Tier, Variant
from generations.models.provider_account import ProviderAccount


class PriceRuleQuerySet(models.QuerySet["PriceRule"]):
    def in_force(self, now: datetime) -> PriceRuleQuerySet:
        """Rules that apply at a time."""
        return self.filter(Q(valid_from__lte=now) & (Q(valid_until=None) | Q(valid_until__gt=now)))

    def saying_the_same(self, rule: PriceRule) -> PriceRuleQuerySet:
        """Rules for exactly what a rule is for, whenever they are valid; the rule itself too where it is saved."""
        return self.filter(**{name: getattr(rule, name) for name in PriceRule.SAYS})

    def overlapping(self, rule: PriceRule) -> PriceRuleQuerySet:
        """Other rules for exactly the same that are valid at some time when this one is."""
        rows = self.saying_the_same(rule).exclude(pk=rule.pk)
        rows = rows.filter(Q(valid_until=None) | Q(valid_until__gt=rule.valid_from))
        return rows if rule.valid_until is None else rows.filter(valid_from__lt=rule.valid_until)


class PriceRule(models.Model):
    """What a route costs in a period. `amount` is empty where no source gives a price: then nothing is quoted.

    Of two rules for exactly the same (`SAYS`) only one is valid at a time: the database refuses an overlap
    (`price_rule_never_twice`). It also refuses to change what a rule says once a take was quoted with it; only its end
    can be set.
    """

    class Resolution(models.TextChoices):
        """What comes out: the height of a film, or the size of an image."""

        P720 = "720p", "720p"
        P1080 = "1080p", "1080p"
        P2160 = "2160p", _("2160p (4K)")
        K1 = "1k", _("1K image")
        K2 = "2k", _("2K image")
        K4 = "4k", _("4K image")

    SAYS = ("provider", "account_id", "model", "tier", "capability", "variant", "resolution", "duration_seconds")

    provider = models.CharField(max_length=16, choices=Provider.choices)
    account = models.ForeignKey(
        ProviderAccount, on_delete=models.PROTECT, null=True, blank=True, help_text=_("Empty: every account.")
    )
    model = models.CharField(max_length=64)
    tier = models.CharField(max_length=8, choices=Tier.choices)
    capability = models.CharField(max_length=24, choices=Capability.choices, blank=True, help_text=_("Empty: any."))
    variant = models.CharField(max_length=8, choices=Variant.choices, blank=True, help_text=_("Empty: any."))
    resolution = models.CharField(max_length=8, choices=Resolution.choices, blank=True, help_text=_("Empty: any."))
    duration_seconds = models.PositiveSmallIntegerField(
        _("length in seconds"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(600)],
        help_text=_("A price for takes of exactly this length. Empty: any length."),
    )
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
            models.CheckConstraint(
                condition=Q(duration_seconds=None) | Q(duration_seconds__gte=1), name="price_length_is_positive"
            ),
        ]

    def __str__(self) -> str:
        price = "unknown" if self.amount is None else f"{self.amount.normalize():f} {self.currency} per {self.per}"
        return f"{self.provider} {self.model} {self.tier}: {price}"

    def last_used_at(self) -> datetime | None:
        """When a take was last quoted with it: at its order, or when it moved to this route. None: never."""
        moved = Max("generation__events__happened_at", filter=Q(generation__events__kind="moved"))
        used = PriceRule.objects.filter(pk=self.pk).aggregate(made=Max("generation__created_at"), moved=moved)
        return max((moment for moment in used.values() if moment), default=None)
