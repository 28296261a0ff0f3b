"""Reports that come by e-mail: who gets which one, how often, and when next."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.models.team import Team


class ReportSubscription(models.Model):
    """A report that a member gets every week or every month, about the week or month that has just ended.

    `next_at` is moved on in the transaction that writes the mail: a report is neither lost nor sent twice.
    """

    class Cadence(models.TextChoices):
        WEEKLY = "weekly", _("every Monday")
        MONTHLY = "monthly", _("on the first of every month")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="report_subscriptions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="report_subscriptions")
    report = models.CharField(_("report"), max_length=40)
    # The page's filters without its dates, as the address had them.
    params_json = models.JSONField(_("filters"), default=dict, blank=True)
    cadence = models.CharField(_("how often"), max_length=8, choices=Cadence.choices)
    hour = models.PositiveSmallIntegerField(_("hour"), default=7, validators=[MaxValueValidator(23)])
    next_at = models.DateTimeField(_("next"))
    last_sent_at = models.DateTimeField(_("last sent"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())

    class Meta:
        verbose_name = _("report by e-mail")
        verbose_name_plural = _("reports by e-mail")
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user", "report", "cadence", "params_json"],
                condition=Q(is_active=True),
                name="subscription_once_while_active",
            ),
            models.CheckConstraint(condition=Q(hour__lte=23), name="subscription_hour_is_of_a_day"),
            models.CheckConstraint(
                condition=Q(cadence__in=["weekly", "monthly"]), name="subscription_cadence_is_known"
            ),
        ]
        indexes = [models.Index(fields=["next_at"], name="subscription_due", condition=Q(is_active=True))]

    def __str__(self) -> str:
        return f"{self.report}, {self.get_cadence_display()}"

    def time_after(self, moment: datetime) -> datetime:
        """The first Monday, or first of a month, after a moment, at the subscription's hour where the team is."""
        zone = ZoneInfo(self.team.time_zone)
        day = moment.astimezone(zone).date()
        while not self._is_sending_day(day) or self._at(day, zone) <= moment:
            day += timedelta(days=1)
        return self._at(day, zone)

    def period_at(self, moment: datetime) -> tuple[date, date]:
        """The first and last day of the week or month that had ended at a moment, where the team is."""
        today = moment.astimezone(ZoneInfo(self.team.time_zone)).date()
        if self.cadence == self.Cadence.MONTHLY:
            last = today.replace(day=1) - timedelta(days=1)
            return last.replace(day=1), last
        monday = today - timedelta(days=today.weekday())
        return monday - timedelta(days=7), monday - timedelta(days=1)

    def _is_sending_day(self, day: date) -> bool:
        return day.day == 1 if self.cadence == self.Cadence.MONTHLY else day.weekday() == 0

    def _at(self, day: date, zone: ZoneInfo) -> datetime:
        # Where a change of the clocks leaves the hour out, this is the moment that it would have been without one.
        return datetime.combine(day, time(self.hour), tzinfo=zone).astimezone(UTC)
