"""People, teams, and who does what in them."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.choices import Role


class UserManager(BaseUserManager["User"]):
    """Makes users who sign in with an e-mail address."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **facts: object) -> User:
        """A saved user. Raises ValueError without an e-mail address."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **facts)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **facts: object) -> User:
        """A saved user who may open the admin."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **facts})

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractUser):
    """A person. Signs in by e-mail; what they may do is in their memberships."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=80)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self).split()[0]

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        words = str(self).split()
        return (words[0][:1] + words[-1][:1] if len(words) > 1 else words[0][:2]).upper()

    @property
    def hue(self) -> int:
        """The avatar's colour, in degrees, always the same for the same person."""
        return (self.pk or 0) * 137 % 360


class Team(models.Model):
    """Who shares a library and a purse. One credit is one US cent unless `credits_per_usd` says otherwise."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("short name"), max_length=40, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    credits_per_usd = models.DecimalField(
        _("credits per US dollar"),
        max_digits=9,
        decimal_places=3,
        default=Decimal("100"),
        validators=[MinValueValidator(Decimal("0.001"))],
    )
    markup_percent = models.DecimalField(
        _("markup in percent"),
        max_digits=6,
        decimal_places=2,
        default=Decimal("0"),
        validators=[MinValueValidator(Decimal("0"))],
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        constraints = [
            models.CheckConstraint(condition=Q(credits_per_usd__gt=0), name="team_rate_is_positive"),
            models.CheckConstraint(condition=Q(markup_percent__gte=0), name="team_markup_is_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person in a team, with one or more roles."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=16, choices=Role.choices), verbose_name=_("roles"))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="membership_once_per_team"),
            models.CheckConstraint(
                condition=Q(roles__len__gt=0) & Q(roles__contained_by=list(Role.values)),
                name="membership_roles_are_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"

    @property
    def role_labels(self) -> str:
        """The roles in words, for the side bar."""
        return ", ".join(str(Role(role).label) for role in self.roles)
