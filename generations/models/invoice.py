"""A provider's invoice as it was imported, line by line, beside what our own takes say. It moves no credits."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from generations.models.generation import Generation
from generations.models.provider_account import ProviderAccount


class InvoiceImport(models.Model):
    """One file of an account, known by its hash. The period runs from the first to the last time in it."""

    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="invoice_imports")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    columns_json = models.JSONField()
    period_from = models.DateTimeField(null=True, blank=True)
    period_until = models.DateTimeField(null=True, blank=True)
    totals_json = models.JSONField(default=dict)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    imported_at = models.DateTimeField()

    class Meta:
        verbose_name = _("invoice import")
        verbose_name_plural = _("invoice imports")
        constraints = [models.UniqueConstraint(fields=["account", "sha256"], name="invoice_once_per_account")]

    def __str__(self) -> str:
        return self.name


class InvoiceLine(models.Model):
    """One line of an invoice and what became of it, or a take of the period that the invoice does not have.

    Amounts are in `currency`. `ours` is what the provider reported for the take, or, where `is_quoted`, its quoted
    price, because the provider reports none.
    """

    class Verdict(models.TextChoices):
        MATCHED = "matched", _("Both agree")
        DIFFERS = "differs", _("Another amount")
        UNKNOWN_ID = "unknown_id", _("Only on the invoice")
        ONLY_OURS = "only_ours", _("Only in our books")
        DUPLICATE = "duplicate", _("Twice in the file")
        WRONG_CURRENCY = "wrong_currency", _("A currency that we cannot compare")
        BAD_AMOUNT = "bad_amount", _("No readable amount")

    invoice = models.ForeignKey(InvoiceImport, on_delete=models.CASCADE, related_name="lines")
    row = models.PositiveIntegerField(null=True, blank=True)  # in the file; none for what the file does not have
    verdict = models.CharField(max_length=14, choices=Verdict.choices)
    task_id = models.CharField(max_length=200, blank=True)
    happened_at = models.DateTimeField(null=True, blank=True)
    amount_text = models.CharField(max_length=60, blank=True)  # as the file has it
    amount = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    currency = models.CharField(max_length=20, blank=True)
    ours = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    is_quoted = models.BooleanField(default=False)
    generation = models.ForeignKey(
        Generation, on_delete=models.PROTECT, null=True, blank=True, related_name="invoice_lines"
    )

    class Meta:
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        indexes = [models.Index(fields=["invoice", "verdict", "id"], name="invoice_line_by_verdict")]

    def __str__(self) -> str:
        return f"{self.task_id} {self.amount_text}"
