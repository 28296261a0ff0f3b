"""Blobs and assets. A blob is bytes, once per team; an asset is an occurrence: an upload, or one output of a take."""

from __future__ import annotations

import uuid
from fractions import Fraction

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from generations.choices import MediaKind
from generations.models.project import Project
from generations.models.team import Team


class Blob(models.Model):
    """Stored bytes, unique per team by hash. Originals are never altered."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="blobs")
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    media_type = models.CharField(max_length=60)
    storage_key = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "sha256"], name="blob_once_per_team"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="blob_sha256_is_hex"),
            models.CheckConstraint(condition=Q(size_bytes__gt=0), name="blob_is_not_empty"),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class Asset(models.Model):
    """One image, video or audio in a team's library."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="assets")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="assets", null=True, blank=True)
    kind = models.CharField(max_length=8, choices=MediaKind.choices)
    name = models.CharField(max_length=160)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="assets")
    poster = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    preview = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    generation = models.ForeignKey(
        "generations.Generation", on_delete=models.PROTECT, related_name="assets", null=True, blank=True
    )
    output_index = models.PositiveSmallIntegerField(null=True, blank=True)
    provider_output_id = models.CharField(max_length=120, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    frame_count = models.PositiveIntegerField(null=True, blank=True)
    fps_numerator = models.PositiveIntegerField(null=True, blank=True)
    fps_denominator = models.PositiveIntegerField(null=True, blank=True)
    duration_seconds = models.DecimalField(max_digits=9, decimal_places=3, null=True, blank=True)
    has_audio = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("asset")
        verbose_name_plural = _("assets")
        constraints = [
            models.UniqueConstraint(
                fields=["generation", "output_index"],
                name="asset_once_per_output",
                condition=Q(generation__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(generation__isnull=True) | Q(output_index__isnull=False), name="asset_of_take_has_index"
            ),
        ]
        indexes = [models.Index(fields=["team", "kind", "-id"], name="asset_library")]

    def __str__(self) -> str:
        return self.name

    @property
    def fps(self) -> Fraction | None:
        """The exact frame rate."""
        return Fraction(self.fps_numerator, self.fps_denominator or 1) if self.fps_numerator else None
