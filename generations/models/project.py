"""Projects: what a team is making."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from generations.choices import Tier
from generations.models.team import Team


class ProjectQuerySet(models.QuerySet["Project"]):
    def active(self) -> ProjectQuerySet:
        """Not archived, in the order of their names."""
        return self.filter(archived_at=None).order_by("name", "pk")


class Project(models.Model):
    """A film, an ad, a campaign. Every take belongs to one."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(_("name"), max_length=80)
    brief = models.TextField(_("brief"), max_length=2000, blank=True)
    may_move_routes = models.BooleanField(
        _("takes may move to another route"),
        default=False,
        help_text=_("When a provider is down and has certainly taken nothing, a waiting take goes to another route."),
    )
    # Approval gates: such takes wait, with their credits held, for a yes. Empty: none do.
    approval_above_credits = models.DecimalField(
        _("takes above this price wait for approval"), max_digits=12, decimal_places=3, null=True, blank=True
    )
    approval_tiers = ArrayField(
        models.CharField(max_length=8, choices=Tier.choices),
        verbose_name=_("tiers that wait for approval"),
        default=list,
        blank=True,
    )
    approved_draft_is_enough = models.BooleanField(
        _("an approved draft is enough"),
        default=True,
        help_text=_("A take of the same prompt and inputs that was approved at a lower tier lets this one through."),
    )
    approval_hours = models.PositiveSmallIntegerField(
        _("hours that a take waits for approval"),
        default=72,
        validators=[MinValueValidator(1), MaxValueValidator(720)],
    )
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="project_name_once_per_team")]

    def __str__(self) -> str:
        return self.name
