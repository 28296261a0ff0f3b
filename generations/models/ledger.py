"""The books: purses, movements, entries, lots. Written by the `ledger` package through database functions, read by all.

Amounts are credits with three places. A team's accounts stand side by side in one row, its purse: whatever moves locks
that row, so a team's movements are numbered in the order in which they were committed. An account's balance is the sum
of its entries; the entries of a movement sum to zero. The database refuses to change or remove a movement or an entry.
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from generations.models.generation import Generation
from generations.models.team import Team


class Account(models.TextChoices):
    """What a team's credits can be. Sources (`granted`, `purchased`) stand below zero by what they gave."""

    AVAILABLE = "available", _("Available")
    HELD = "held", _("Held")
    SPENT = "spent", _("Spent")
    SHORTFALL = "shortfall", _("Shortfall")
    GRANTED = "granted", _("Granted")
    PURCHASED = "purchased", _("Purchased")
    EXPIRED = "expired", _("Expired")


def _balance() -> models.DecimalField:
    return models.DecimalField(max_digits=18, decimal_places=3, default=Decimal("0"))


class Purse(models.Model):
    """The balances of a team's accounts."""

    team = models.OneToOneField(Team, on_delete=models.PROTECT, primary_key=True, related_name="purse")
    available = _balance()
    held = _balance()
    spent = _balance()
    shortfall = _balance()
    granted = _balance()
    purchased = _balance()
    expired = _balance()
    # When the next credits expire: from then on nothing is held before that is booked.
    lots_due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("purse")
        verbose_name_plural = _("purses")
        constraints = [
            models.CheckConstraint(
                condition=Q(available__gte=0, held__gte=0, spent__gte=0, expired__gte=0), name="purse_not_below_zero"
            ),
            models.CheckConstraint(
                condition=Q(shortfall__lte=0, granted__lte=0, purchased__lte=0), name="purse_source_not_above_zero"
            ),
        ]

    def __str__(self) -> str:
        return str(self.team)


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
        REVERSAL = "reversal", _("Reversal")

    RESOLVES_A_HOLD = (Kind.CAPTURE, Kind.RELEASE)

    # Without an index of their own where a compound one begins with the column, and without a foreign key where the
    # function that writes has just read the row in question: these rows are written all the time, under a lock.
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, related_name="movements", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    amount = models.DecimalField(max_digits=18, decimal_places=3)  # what it took from where the credits were
    idempotency_key = models.CharField(max_length=120, unique=True)
    resolves = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="resolved_by",
        db_index=False,
        db_constraint=False,
    )
    reverses = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by", db_index=False
    )
    generation = models.ForeignKey(
        Generation, on_delete=models.PROTECT, null=True, blank=True, related_name="movements"
    )
    periods = ArrayField(models.BigIntegerField(), null=True, blank=True)  # the budget periods that it counts in
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, db_index=False)
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
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False) | (~Q(kind="reversal") & Q(reverses__isnull=True)),
                name="movement_reverses_by_kind",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="movement_moves_something"),
            models.UniqueConstraint(
                fields=["resolves"], condition=Q(resolves__isnull=False), name="movement_resolves_once"
            ),
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="movement_reverses_once"
            ),
        ]
        indexes = [
            models.Index(fields=["team", "-id"], name="movement_statement"),
            # The few among the many: what came in, expired or was corrected.
            models.Index(
                fields=["team", "-id"],
                name="movement_not_of_takes",
                condition=~Q(kind__in=["hold", "capture", "release"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class Entry(models.Model):
    """One side of a movement: a signed amount on an account, and the account's balance after it."""

    Account: ClassVar[type[Account]] = Account

    movement = models.ForeignKey(
        Movement, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False
    )
    account = models.CharField(max_length=9, choices=Account.choices)
    amount = models.DecimalField(max_digits=18, decimal_places=3)
    balance_after = models.DecimalField(max_digits=18, decimal_places=3)

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="entry_moves_something"),
            models.UniqueConstraint(fields=["movement", "account"], name="entry_once_per_account"),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+} {self.get_account_display()}"


class CreditLot(models.Model):
    """Credits that came in together, and until when they can be spent.

    The lots that expire soonest are spent first; of those that expire together, the one with the lower priority, then
    the older one. `remaining` is what was left when lots last came or went; what was held and returned since follows
    from the purse (see `ledger.lots`), so that a hold does not write here.
    """

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="lots")
    movement = models.OneToOneField(Movement, on_delete=models.PROTECT, related_name="lot", null=True, blank=True)
    amount = models.DecimalField(max_digits=18, decimal_places=3)
    remaining = models.DecimalField(max_digits=18, decimal_places=3)
    expired = models.DecimalField(max_digits=18, decimal_places=3, default=Decimal("0"))
    priority = models.PositiveSmallIntegerField(_("priority"), default=50)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("credit lot")
        verbose_name_plural = _("credit lots")
        # The order in which they are spent.
        ordering = [F("expires_at").asc(nulls_last=True), "priority", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, remaining__gte=0, remaining__lte=F("amount"), expired__gte=0),
                name="lot_remains_within",
            ),
            models.CheckConstraint(condition=Q(closed_at=None) | Q(remaining=0), name="lot_closed_is_empty"),
        ]
        indexes = [models.Index(fields=["team", "expires_at"], name="lot_open", condition=Q(closed_at=None))]

    def __str__(self) -> str:
        return f"{self.amount} of {self.team}"


class BookProof(models.Model):
    """What a nightly proof of the books found."""

    proved_at = models.DateTimeField(_("proved at"))
    seconds = models.FloatField(_("seconds"))
    proofs = models.PositiveSmallIntegerField(_("proofs"))
    differences = models.PositiveIntegerField(_("differences"))
    sentences = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name = _("proof of the books")
        verbose_name_plural = _("proofs of the books")
        indexes = [models.Index(fields=["-proved_at"], name="book_proof_newest")]

    def __str__(self) -> str:
        return f"{self.proved_at:%Y-%m-%d %H:%M}"
