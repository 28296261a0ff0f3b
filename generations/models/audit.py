"""Audit events: who did what to what, and when. Written once."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from generations.models.team import Team


class AuditEvent(models.Model):
    """One act that someone may ask about later. No secret and no prompt text goes in here."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="audit_events")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    verb = models.CharField(max_length=40)
    target_kind = models.CharField(max_length=40)
    target_id = models.CharField(max_length=64)
    facts = models.JSONField(default=dict, blank=True)
    happened_at = models.DateTimeField()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        indexes = [models.Index(fields=["target_kind", "target_id"], name="audit_target")]

    def __str__(self) -> str:
        return f"{self.verb} {self.target_kind} {self.target_id}"
