"""Mail that must go out: a row until it is sent, so that neither a crash nor a mail server that is away loses it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Mail(models.Model):
    """One message to one person. The key says what it is about, so that nothing is told twice."""

    key = models.CharField(max_length=160, unique=True)
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mails")
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    attachment_name = models.CharField(max_length=120, blank=True)
    attachment = models.BinaryField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=models.functions.Now())
    due_at = models.DateTimeField(null=True, blank=True, db_default=models.functions.Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        indexes = [models.Index(fields=["due_at"], name="mail_due", condition=Q(sent_at=None))]

    def __str__(self) -> str:
        return self.subject
