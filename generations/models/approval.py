"""Approvals: takes that wait, with their credits held, for a yes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.models.generation import Generation


class Approval(models.Model):
    """Why a take waits, until when, and what was decided."""

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")
        CANCELED = "canceled", _("Canceled")

    generation = models.OneToOneField(Generation, on_delete=models.PROTECT, related_name="approval")
    why = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True) | (~Q(outcome="") & Q(decided_at__isnull=False)),
                name="approval_outcome_has_time",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="approval_open", condition=Q(outcome=""))]

    def __str__(self) -> str:
        return f"{self.generation}: {self.get_outcome_display() or _('open')}"
