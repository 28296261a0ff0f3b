"""What is known of our own money at the providers: packs, balances, prices that drift, routes closed for it."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.choices import Currency
from generations.models.generation import Generation
from generations.models.provider_account import ProviderAccount


class ProviderPack(models.Model):
    """Units that were bought in advance, as a person wrote it down. They end at a date, used or not."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="packs")
    units = models.DecimalField(
        _("units"), max_digits=14, decimal_places=4, validators=[MinValueValidator(Decimal("0.0001"))]
    )
    currency = models.CharField(
        _("kind of units"), max_length=20, choices=Currency.choices, default=Currency.KLING_UNIT
    )
    price_usd = models.DecimalField(
        _("price in US dollars"), max_digits=12, decimal_places=2, validators=[MinValueValidator(Decimal("0"))]
    )
    bought_at = models.DateTimeField(_("bought at"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("provider pack")
        verbose_name_plural = _("provider packs")
        constraints = [
            models.CheckConstraint(condition=Q(units__gt=0), name="pack_has_units"),
            models.CheckConstraint(condition=Q(price_usd__gte=0), name="pack_price_is_not_negative"),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=models.F("bought_at")), name="pack_ends_after_purchase"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.units.normalize():f} {self.get_currency_display()}"


class BalanceReading(models.Model):
    """What a provider said an account has left in one currency; or, with a `problem`, that it could not be read."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="balance_readings")
    read_at = models.DateTimeField()
    amount = models.DecimalField(max_digits=18, decimal_places=5, null=True, blank=True)
    currency = models.CharField(max_length=20, blank=True)
    as_of_note = models.CharField(max_length=200, blank=True)
    packs_json = models.JSONField(default=list, blank=True)
    problem = models.CharField(max_length=400, blank=True)

    class Meta:
        verbose_name = _("provider balance")
        verbose_name_plural = _("provider balances")
        indexes = [models.Index(fields=["account", "-read_at"], name="balance_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__isnull=False, problem="") | (Q(amount=None) & ~Q(problem="")),
                name="balance_read_or_not",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} at {self.read_at:%Y-%m-%d %H:%M}"


class DriftCheck(models.Model):
    """One daily look at what providers reported against what was quoted, over the takes that ended since the last."""

    day = models.DateField(unique=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    prices_read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("drift check")
        verbose_name_plural = _("drift checks")

    def __str__(self) -> str:
        return f"{self.day}"


class DriftReading(models.Model):
    """A route of an account in one check: what was quoted and reported, and the list price against ours.

    `takes` counts those with a reported cost; only they are in the sums. `silent_takes` ended without one, and
    `unknown_takes` are the numbers of takes that failed or were canceled and may have been charged: nobody knows.
    """

    check_of_day = models.ForeignKey(DriftCheck, on_delete=models.CASCADE, related_name="readings")
    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="drift_readings")
    route_key = models.CharField(max_length=160)
    day = models.DateField()
    # The newest take of the period: the list price is asked for one like it.
    sample = models.ForeignKey(Generation, on_delete=models.PROTECT, related_name="+")
    takes = models.PositiveIntegerField(default=0)
    silent_takes = models.PositiveIntegerField(default=0)
    unknown_takes = ArrayField(models.BigIntegerField(), default=list, blank=True)
    quoted_credits = models.DecimalField(max_digits=18, decimal_places=3, default=Decimal("0"))
    reported_credits = models.DecimalField(max_digits=18, decimal_places=3, default=Decimal("0"))
    percent = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    list_usd = models.DecimalField(max_digits=14, decimal_places=6, null=True, blank=True)
    our_usd = models.DecimalField(max_digits=14, decimal_places=6, null=True, blank=True)
    list_per = models.CharField(max_length=60, blank=True)
    list_percent = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    list_problem = models.CharField(max_length=400, blank=True)
    is_past_threshold = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("price drift")
        verbose_name_plural = _("price drifts")
        constraints = [
            models.UniqueConstraint(fields=["account", "route_key", "day"], name="drift_once_per_route_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.route_key} {self.day}"


class ClosedRouteQuerySet(models.QuerySet["ClosedRoute"]):
    def closed(self) -> ClosedRouteQuerySet:
        """Those that nobody has opened again."""
        return self.filter(opened_at=None)


class ClosedRoute(models.Model):
    """A route of an account on which nothing new is ordered, and why; until somebody opens it again."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="closed_routes")
    route_key = models.CharField(_("route"), max_length=160)
    reason = models.CharField(_("reason"), max_length=300)
    closed_at = models.DateTimeField()
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    opened_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ClosedRouteQuerySet.as_manager()

    class Meta:
        verbose_name = _("closed route")
        verbose_name_plural = _("closed routes")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "route_key"], name="route_closed_once", condition=Q(opened_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.route_key}"
