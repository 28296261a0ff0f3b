"""The books: accounts, movements, entries. Written by the `ledger` package through one database function, read by all.

Amounts are credits with three places. An account's balance is the sum of its entries; the entries of a movement sum to
zero. The database refuses to change or remove a movement or an entry.
"""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.models.generation import Generation
from generations.models.team import Team


class LedgerAccount(models.Model):
    """One purse of a team. Sources (`granted`, `purchased`) stand below zero by what they gave."""

    class Kind(models.TextChoices):
        AVAILABLE = "available", _("Available")
        HELD = "held", _("Held")
        SPENT = "spent", _("Spent")
        SHORTFALL = "shortfall", _("Shortfall")
        GRANTED = "granted", _("Granted")
        PURCHASED = "purchased", _("Purchased")
        EXPIRED = "expired", _("Expired")

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="ledger_accounts")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    balance = models.DecimalField(max_digits=18, decimal_places=3, default=Decimal("0"))

    class Meta:
        verbose_name = _("ledger account")
        verbose_name_plural = _("ledger accounts")
        constraints = [
            models.UniqueConstraint(fields=["team", "kind"], name="ledger_account_once_per_team"),
            models.CheckConstraint(
                condition=~Q(kind__in=["available", "held", "spent", "expired"]) | Q(balance__gte=0),
                name="ledger_account_not_below_zero",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["shortfall", "granted", "purchased"]) | Q(balance__lte=0),
                name="ledger_account_not_above_zero",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team} {self.get_kind_display()}"


class Movement(models.Model):
    """One act of bookkeeping: two or more entries that sum to zero."""

    class Kind(models.TextChoices):
        GRANT = "grant", _("Grant")
        PURCHASE = "purchase", _("Purchase")
        HOLD = "hold", _("Hold")
        CAPTURE = "capture", _("Capture")
        RELEASE = "release", _("Return")
        EXPIRE = "expire", _("Expiry")
        OVERRUN = "overrun", _("Overrun")

    RESOLVES_A_HOLD = (Kind.CAPTURE, Kind.RELEASE)

    # Without an index of their own where a compound one begins with the column: these rows are written all the time.
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="movements", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    idempotency_key = models.CharField(max_length=120, unique=True)
    resolves = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="resolved_by")
    generation = models.ForeignKey(
        Generation, on_delete=models.PROTECT, null=True, blank=True, related_name="movements"
    )
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    happened_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        verbose_name = _("movement")
        verbose_name_plural = _("movements")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["capture", "release"], resolves__isnull=False)
                | (~Q(kind__in=["capture", "release"]) & Q(resolves__isnull=True)),
                name="movement_resolves_by_kind",
            ),
        ]
        indexes = [models.Index(fields=["team", "-id"], name="movement_statement")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class Entry(models.Model):
    """One side of a movement: a signed amount on an account, and the account's balance after it."""

    movement = models.ForeignKey(Movement, on_delete=models.PROTECT, related_name="entries", db_index=False)
    account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="entries", db_index=False)
    amount = models.DecimalField(max_digits=18, decimal_places=3)
    balance_after = models.DecimalField(max_digits=18, decimal_places=3)

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="entry_moves_something"),
            models.UniqueConstraint(fields=["movement", "account"], name="entry_once_per_account"),
        ]
        indexes = [models.Index(fields=["account", "id"], name="entry_of_account")]

    def __str__(self) -> str:
        return f"{self.amount:+} {self.account}"
