"""Shots: the pieces of a film that takes are tries for."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from generations.models.project import Project


class Shot(models.Model):
    """One shot of a project, known by its code, such as SH040."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="shots")
    code = models.CharField(_("code"), max_length=20)
    description = models.CharField(_("description"), max_length=300, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("shot")
        verbose_name_plural = _("shots")
        ordering = ["position", "code"]
        constraints = [models.UniqueConstraint(fields=["project", "code"], name="shot_code_once_per_project")]

    def __str__(self) -> str:
        return self.code
