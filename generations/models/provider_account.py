"""Provider accounts: whose key, where, how many at once, and which process pumps them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.choices import Provider
from generations.models.team import Team


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


class ProviderAccountQuerySet(models.QuerySet["ProviderAccount"]):
    def usable_by(self, team: Team) -> ProviderAccountQuerySet:
        """Active accounts that a team may spend on."""
        return self.filter(teams=team, status=ProviderAccount.Status.ACTIVE).order_by("label", "pk")


class ProviderAccount(models.Model):
    """A key with one provider. The key is encrypted; `CREDENTIALS_KEYS` rotates, newest first."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        RESTING = "resting", _("Resting")  # its circuit is open: it tries by itself and comes back

    class Dialect(models.TextChoices):
        """How a gateway answers, or which generation of the official API an account may use."""

        AUTO = "", _("Automatic")
        LEGACY = "legacy", _("Legacy API only")
        ENVELOPE = "envelope", _("Kling's envelope")
        TASK_INFO = "task_info", _("task_info")

    class Region(models.TextChoices):
        GLOBAL = "global", _("Global")
        CHINA = "cn", _("China")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    label = models.CharField(_("label"), max_length=60, unique=True)
    provider = models.CharField(_("provider"), max_length=16, choices=Provider.choices)
    region = models.CharField(_("region"), max_length=8, choices=Region.choices, default=Region.GLOBAL)
    origin = models.CharField(
        _("origin"),
        max_length=200,
        blank=True,
        help_text=_("Leave empty for the provider's own hosts. The sandbox is an origin."),
    )
    base_url = models.URLField(
        _("base URL"),
        max_length=200,
        blank=True,
        help_text=_("Only for gateways: the address before /videos/. Empty: MuleRun."),
    )
    dialect = models.CharField(_("dialect"), max_length=10, choices=Dialect.choices, blank=True, default="")
    is_sandbox = models.BooleanField(_("sandbox"), default=False)
    teams = models.ManyToManyField(Team, verbose_name=_("teams"), related_name="provider_accounts", blank=True)
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.ACTIVE)
    status_reason = models.CharField(_("reason"), max_length=300, blank=True)
    max_running = models.PositiveSmallIntegerField(
        _("jobs at once"),
        default=2,
        validators=[MinValueValidator(1)],
        help_text=_("What the provider allows this key. A new fal key starts with 2."),
    )
    submits_per_minute = models.PositiveIntegerField(
        _("submits per minute"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("What the provider allows this key in a minute. Empty: no limit that we keep."),
    )
    retention_days = models.PositiveSmallIntegerField(
        _("days the provider keeps results"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: what the catalog says for this provider."),
    )
    unit_price_usd = models.DecimalField(
        _("price of a unit in US dollars"),
        max_digits=9,
        decimal_places=5,
        default=Decimal("0.14"),
        validators=[MinValueValidator(Decimal("0"))],
        help_text=_("What one Kling unit costs in this account's pack. Only official accounts use it."),
    )
    pauses_on_drift = models.BooleanField(
        _("close a route when its price drifts"),
        default=False,
        help_text=_("When what the provider asks for goes too far from our price, nothing new is sent on that route."),
    )
    callback_token = models.UUIDField(default=uuid.uuid4, editable=False)
    credentials_encrypted = models.TextField(blank=True, editable=False)
    not_before = models.DateTimeField(null=True, blank=True, help_text=_("No submit before this time."))
    troubles_in_a_row = models.PositiveSmallIntegerField(default=0, editable=False)
    resting_since = models.DateTimeField(null=True, blank=True, editable=False)
    probe_at = models.DateTimeField(null=True, blank=True, editable=False)
    probes_failed = models.PositiveSmallIntegerField(default=0, editable=False)
    admins_told_at = models.DateTimeField(null=True, blank=True, editable=False)
    forged_callbacks = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProviderAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("provider account")
        verbose_name_plural = _("provider accounts")
        constraints = [
            models.CheckConstraint(condition=Q(provider__in=Provider.values), name="provider_account_provider"),
            models.CheckConstraint(condition=Q(max_running__gte=1), name="provider_account_runs_one"),
        ]

    def __str__(self) -> str:
        return self.label

    def set_credentials(self, credentials: Mapping[str, str]) -> None:
        """Encrypt and keep the credentials; the caller saves."""
        plain = json.dumps(dict(credentials), sort_keys=True).encode()
        self.credentials_encrypted = _cipher(tuple(settings.CREDENTIALS_KEYS)).encrypt(plain).decode()

    def get_credentials(self) -> dict[str, str]:
        """The credentials in the clear. Raises ImproperlyConfigured where no current key can read them."""
        if not self.credentials_encrypted:
            return {}
        try:
            plain = _cipher(tuple(settings.CREDENTIALS_KEYS)).decrypt(self.credentials_encrypted.encode())
        except InvalidToken as error:
            raise ImproperlyConfigured(f"No key in CREDENTIALS_KEYS reads the credentials of {self.label}.") from error
        return dict(json.loads(plain))

    def rotate_credentials(self) -> None:
        """Encrypt what is stored again with the newest key; the caller saves."""
        if self.credentials_encrypted:
            rotated = _cipher(tuple(settings.CREDENTIALS_KEYS)).rotate(self.credentials_encrypted.encode())
            self.credentials_encrypted = rotated.decode()


class PumpLease(models.Model):
    """Which process pumps an account. The token grows with every new holder and fences off the one before."""

    class Kind(models.TextChoices):
        SUBMIT = "submit", _("Submit")
        FOLLOW = "follow", _("Follow")

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="pump_leases")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    holder = models.CharField(max_length=80)
    token = models.BigIntegerField(default=0)
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "kind"], name="pump_lease_once_per_account")]

    def __str__(self) -> str:
        return f"{self.account} {self.kind} by {self.holder}"
