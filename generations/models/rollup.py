"""Roll-ups: what reports read. Written by `reports.roll_up` only, always able to be made anew from entries and takes.

Amounts are thousandths of a credit, so that they add up as whole numbers; lengths are thousandths of a second.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.choices import Capability, Tier
from generations.models.generation import Generation
from generations.models.project import Project
from generations.models.provider_account import ProviderAccount
from generations.models.shot import Shot
from generations.models.team import Team


class RollUpMark(models.Model):
    """Until where a team's books are counted. Its movements are numbered in the order in which they were committed."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, primary_key=True, related_name="roll_up_mark")
    movement_id = models.BigIntegerField(default=0)
    # Takes that cost nothing have no movement: they are found by the time of their end, with an overlap.
    ended_at = models.DateTimeField(null=True, blank=True)
    counted_until = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(max_length=64)  # whose days are counted; another one asks for a new count

    def __str__(self) -> str:
        return f"{self.team} to movement {self.movement_id}"


class Slice(models.Model):
    """One combination of everything that reports divide by; what is counted refers to it by its id."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="+", db_index=False)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    model = models.CharField(max_length=64)
    tier = models.CharField(max_length=8, choices=Tier.choices)
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="+", db_index=False)
    capability = models.CharField(max_length=24, choices=Capability.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "project", "member", "model", "tier", "account", "capability"],
                name="slice_once_per_combination",
            )
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.member} {self.model} {self.tier} {self.account} {self.capability}"


class Fate(models.TextChoices):
    """What became of a take, as far as its cost is concerned; empty while it is under way."""

    APPROVED = "approved", _("Approved")
    CHANGES = "changes", _("Changes requested")
    REJECTED = "rejected", _("Rejected")
    SUPERSEDED = "superseded", _("Superseded")
    UNREVIEWED = "unreviewed", _("Not reviewed")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")


class TakeTally(models.Model):
    """What is counted of a take on a day of its team: money on the day it moved, the rest on the day it ended."""

    pk = models.CompositePrimaryKey("generation_id", "day")
    generation = models.ForeignKey(
        Generation, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    day = models.DateField()
    slice = models.ForeignKey(Slice, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    shot = models.ForeignKey(
        Shot, on_delete=models.PROTECT, related_name="+", null=True, db_index=False, db_constraint=False
    )
    fate = models.CharField(max_length=10, choices=Fate.choices, blank=True)
    ended = models.BooleanField()  # on this day
    spent = models.BigIntegerField()
    overrun = models.BigIntegerField()
    refunded = models.BigIntegerField()
    # Of a take that ended on this day; otherwise zero, or nothing.
    ms = models.BigIntegerField()
    quoted = models.BigIntegerField()
    reported = models.BigIntegerField(null=True)  # what the provider said, as credits
    wait_bucket = models.SmallIntegerField(null=True)
    render_bucket = models.SmallIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shot", "day"], name="tally_of_shot", condition=Q(shot__isnull=False))]

    def __str__(self) -> str:
        return f"{self.generation} on {self.day}"


class Counted(models.Model):
    """A cell of the cube: sums over the tallies of one slice in one day, week or month, named by its first day."""

    slice = models.ForeignKey(Slice, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    day = models.DateField()
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)

    # Takes by what became of them; those that wait for a decision are `unreviewed`.
    approved = models.BigIntegerField(default=0)
    changes = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    superseded = models.BigIntegerField(default=0)
    unreviewed = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    canceled = models.BigIntegerField(default=0)

    ms = models.BigIntegerField(default=0)
    approved_ms = models.BigIntegerField(default=0)

    spent = models.BigIntegerField(default=0)
    overrun = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    # What takes have cost, by what became of them.
    approved_cost = models.BigIntegerField(default=0)
    changes_cost = models.BigIntegerField(default=0)
    rejected_cost = models.BigIntegerField(default=0)
    superseded_cost = models.BigIntegerField(default=0)
    unreviewed_cost = models.BigIntegerField(default=0)
    failed_cost = models.BigIntegerField(default=0)
    canceled_cost = models.BigIntegerField(default=0)

    # Of the takes for which the provider said what it charged: how many, what was quoted, what it said.
    compared = models.BigIntegerField(default=0)
    compared_quoted = models.BigIntegerField(default=0)
    compared_reported = models.BigIntegerField(default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.slice} from {self.day}"


class SpendDay(Counted):
    pk = models.CompositePrimaryKey("slice_id", "day")

    class Meta:
        indexes = [models.Index(fields=["team", "day"], name="spend_day")]


class SpendWeek(Counted):
    pk = models.CompositePrimaryKey("slice_id", "day")

    class Meta:
        indexes = [models.Index(fields=["team", "day"], name="spend_week")]


class SpendMonth(Counted):
    pk = models.CompositePrimaryKey("slice_id", "day")

    class Meta:
        indexes = [models.Index(fields=["team", "day"], name="spend_month")]


class ShotTally(models.Model):
    """A shot's tries and what they cost, over all its days; since when it has an approved take, and of which slice."""

    shot = models.OneToOneField(Shot, on_delete=models.PROTECT, primary_key=True, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    takes = models.BigIntegerField(default=0)
    approved = models.BigIntegerField(default=0)
    cost = models.BigIntegerField(default=0)
    approved_day = models.DateField(null=True)
    slice = models.ForeignKey(
        Slice, on_delete=models.DO_NOTHING, related_name="+", null=True, db_index=False, db_constraint=False
    )

    class Meta:
        indexes = [models.Index(fields=["team", "approved_day"], name="shot_tally_approved")]

    def __str__(self) -> str:
        return f"{self.shot}: {self.takes} takes"


class TimingDay(models.Model):
    """How many takes of a route waited, or rendered, about so long: bucket n is from 2^(n/4) to 2^((n+1)/4) seconds."""

    class Kind(models.TextChoices):
        WAIT = "wait", _("Wait")
        RENDER = "render", _("Render")

    pk = models.CompositePrimaryKey("team_id", "day", "account_id", "kind", "bucket")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    bucket = models.SmallIntegerField()
    takes = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.account} {self.kind} {self.bucket} on {self.day}"
