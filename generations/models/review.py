"""Review decisions: what somebody thought of a take. Written once; the newest one counts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.choices import Verdict
from generations.models.generation import Generation


class ReviewDecision(models.Model):
    """Who decided what about a take, and when."""

    generation = models.ForeignKey(Generation, on_delete=models.PROTECT, related_name="decisions")
    verdict = models.CharField(_("decision"), max_length=20, choices=Verdict.choices)
    note = models.CharField(_("note"), max_length=500, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    is_counted = models.BooleanField(default=False)  # the roll-ups know of it

    class Meta:
        verbose_name = _("review decision")
        verbose_name_plural = _("review decisions")
        indexes = [models.Index(fields=["id"], name="decision_to_count", condition=Q(is_counted=False))]

    def __str__(self) -> str:
        return f"{self.generation}: {self.get_verdict_display()}"
