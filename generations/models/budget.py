"""Budgets: limits on what may be held and spent, counted per period; raises, requests and alerts about them.

A budget applies to every hold that fits all of what it names (project, shot, member, tier); one that names nothing is
the team's. Its periods are counters that `ledger` changes in the same transaction as the purse, always after it.
"""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.choices import Tier, Window
from generations.models.project import Project
from generations.models.shot import Shot
from generations.models.team import Team

_NAMED = ("team", "project", "shot__project", "member")  # what `Budget.name` reads


def scope_key(*, project: int | None = None, shot: int | None = None, member: int | None = None, tier: str = "") -> str:
    """What a budget applies to, as text: the ids that it names, in a fixed order; empty for the team's own."""
    named = {"p": project, "s": shot, "u": member, "t": tier}
    return ".".join(f"{letter}{value}" for letter, value in named.items() if value)


class BudgetQuerySet(models.QuerySet["Budget"]):
    def active(self) -> BudgetQuerySet:
        """Budgets that limit something now."""
        return self.filter(archived_at=None)


class BudgetPeriodQuerySet(models.QuerySet["BudgetPeriod"]):
    def current(self) -> BudgetPeriodQuerySet:
        """The periods in which holds count now: one for each budget that has not ended."""
        return self.filter(is_current=True)

    def with_names(self) -> BudgetPeriodQuerySet:
        """With all that a budget's name, its times and its owner need, in the same statement."""
        return self.select_related(*(f"budget__{name}" for name in _NAMED), "budget__owner")


class BudgetRequestQuerySet(models.QuerySet["BudgetRequest"]):
    def with_names(self) -> BudgetRequestQuerySet:
        """With the people, the team and all that the budget's name needs, in the same statement."""
        return self.select_related("team", "asked_by", "decided_by", *(f"budget__{name}" for name in _NAMED))


class Budget(models.Model):
    """A limit in credits per window. At each soft mark (percent) somebody is told once; the limit itself refuses."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="budgets")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="budgets")
    shot = models.ForeignKey(Shot, on_delete=models.PROTECT, null=True, blank=True, related_name="budgets")
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="budgets"
    )
    tier = models.CharField(_("tier"), max_length=8, choices=Tier.choices, blank=True)
    scope_key = models.CharField(max_length=80, editable=False, blank=True)
    window = models.CharField(_("window"), max_length=8, choices=Window.choices)
    limit_credits = models.DecimalField(_("limit in credits"), max_digits=18, decimal_places=3)
    soft_marks = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("soft marks in percent"), default=list)
    rollover_credits = models.DecimalField(
        _("unused credits that roll over, at most"), max_digits=18, decimal_places=3, default=Decimal("0")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_budgets",
        help_text=_("Who answers requests for more, beside the owners and budget admins of the team."),
    )
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = [
            models.UniqueConstraint(
                fields=["team", "scope_key", "window"],
                condition=Q(archived_at=None),
                name="budget_once_per_scope_and_window",
            ),
            models.CheckConstraint(condition=Q(limit_credits__gt=0), name="budget_limit_is_positive"),
            models.CheckConstraint(condition=Q(rollover_credits__gte=0), name="budget_rollover_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.get_window_display()}"

    @property
    def kind_label(self) -> str:
        """What kind of thing it limits, in one word."""
        if self.shot_id:
            return str(_("Shot"))
        if self.project_id:
            return str(_("Project"))
        if self.member_id:
            return str(_("Person"))
        return str(_("Tier")) if self.tier else str(_("Team"))

    @property
    def name(self) -> str:
        """What it limits: "SH040 in The Last Ferry", "Ana Ruiz", "Hero takes"."""
        parts = []
        if self.shot is not None:
            parts.append(_("%(shot)s in %(project)s") % {"shot": self.shot.code, "project": self.shot.project.name})
        elif self.project is not None:
            parts.append(self.project.name)
        if self.member is not None:
            parts.append(str(self.member))
        if self.tier:
            parts.append(_("%(tier)s takes") % {"tier": Tier(self.tier).label})
        return ", ".join(str(part) for part in parts) or self.team.name


class BudgetPeriod(models.Model):
    """A budget in one window: its limit, and what is held and spent in it. `is_current` is true for the newest one.

    `held`, `spent` and `overrun` are sums of movements that name the period, proved by `check_books`. A take counts in
    the period in which it was held, whenever it ends.
    """

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="periods", db_index=False)
    # Repeated from the budget, so that a hold finds its periods by one index.
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    scope_key = models.CharField(max_length=80, blank=True)
    is_current = models.BooleanField(default=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)  # empty: it lasts
    base_credits = models.DecimalField(max_digits=18, decimal_places=3)
    rolled_credits = models.DecimalField(max_digits=18, decimal_places=3, default=Decimal("0"))
    raised_credits = models.DecimalField(max_digits=18, decimal_places=3, default=Decimal("0"))
    # The next time at which this row must be looked at before a hold: a raise begins or ends, or the window is over.
    changes_at = models.DateTimeField(null=True, blank=True)
    held = models.DecimalField(max_digits=18, decimal_places=3, default=Decimal("0"))
    spent = models.DecimalField(max_digits=18, decimal_places=3, default=Decimal("0"))
    overrun = models.DecimalField(max_digits=18, decimal_places=3, default=Decimal("0"))

    objects = BudgetPeriodQuerySet.as_manager()

    class Meta:
        verbose_name = _("budget period")
        verbose_name_plural = _("budget periods")
        constraints = [
            models.UniqueConstraint(fields=["budget", "starts_at"], name="period_once_per_start"),
            models.UniqueConstraint(
                fields=["budget"], condition=Q(is_current=True), name="period_one_current_per_budget"
            ),
            models.CheckConstraint(
                condition=Q(held__gte=0, spent__gte=0, overrun__gte=0), name="period_not_below_zero"
            ),
        ]
        indexes = [models.Index(fields=["team", "scope_key"], name="period_current", condition=Q(is_current=True))]

    def __str__(self) -> str:
        return f"{self.budget} from {self.starts_at:%Y-%m-%d}"

    @property
    def limit(self) -> Decimal:
        """The limit now: the budget's own, what rolled over, and raises in force."""
        return self.base_credits + self.rolled_credits + self.raised_credits

    @property
    def used(self) -> Decimal:
        """Held, spent and overrun together."""
        return self.held + self.spent + self.overrun

    @property
    def left(self) -> Decimal:
        """What may still be held; below zero after an overrun or when a raise has ended."""
        return self.limit - self.used


class BudgetRequest(models.Model):
    """Somebody asks for more in a budget: "300 more for shot 14 until Friday"."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        EXPIRED = "expired", _("Expired")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="budget_requests")
    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="requests")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="budget_requests")
    amount = models.DecimalField(_("credits"), max_digits=18, decimal_places=3)
    until = models.DateTimeField(_("until"), null=True, blank=True)  # empty: to the end of the window
    note = models.CharField(_("why"), max_length=500, blank=True)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_amount = models.DecimalField(max_digits=18, decimal_places=3, null=True, blank=True)
    decided_until = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(_("answer"), max_length=500, blank=True)

    objects = BudgetRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("budget request")
        verbose_name_plural = _("budget requests")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="budget_request_is_positive"),
            models.UniqueConstraint(
                fields=["budget", "asked_by"],
                condition=Q(status="open"),
                name="budget_request_one_open_per_person",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "-id"], name="budget_request_newest"),
            models.Index(fields=["expires_at"], name="budget_request_open", condition=Q(status="open")),
        ]

    def __str__(self) -> str:
        return f"{self.asked_by}: {self.amount} for {self.budget}"


class BudgetRaise(models.Model):
    """More (or, below zero, less again) in a budget for a time. Written once; it lifts a limit and moves no credits."""

    budget = models.ForeignKey(Budget, on_delete=models.PROTECT, related_name="raises")
    request = models.OneToOneField(
        BudgetRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="raise_made"
    )
    takes_back = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="taken_back_by"
    )
    amount = models.DecimalField(max_digits=18, decimal_places=3)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        verbose_name = _("raise")
        verbose_name_plural = _("raises")
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="raise_changes_something"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=models.F("starts_at")), name="raise_ends_after_begin"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+} for {self.budget}"


class BudgetAlert(models.Model):
    """A soft mark that was reached in a period, and told about once."""

    period = models.ForeignKey(BudgetPeriod, on_delete=models.PROTECT, related_name="alerts")
    percent = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("budget alert")
        verbose_name_plural = _("budget alerts")
        constraints = [models.UniqueConstraint(fields=["period", "percent"], name="alert_once_per_mark")]

    def __str__(self) -> str:
        return f"{self.period}: {self.percent}%"
