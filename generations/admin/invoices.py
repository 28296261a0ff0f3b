"""Invoices of providers: a file goes in, and what only one side knows comes out. Nothing is booked."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from generations import lifecycle, reports
from generations.admin.provider_money import amount_text
from generations.admin.shown import NOTHING, ReadOnlyAdmin, link, list_link
from generations.models import InvoiceImport, InvoiceLine, ProviderAccount

_COLUMNS = {
    "task_id": gettext_lazy("Column of the request or task id"),
    "amount": gettext_lazy("Column of the amount"),
    "currency": gettext_lazy("Column of the currency"),
    "time": gettext_lazy("Column of the time"),
}


class InvoiceForm(forms.Form):
    account = forms.ModelChoiceField(
        label=gettext_lazy("Provider account"),
        queryset=ProviderAccount.objects.order_by("label", "pk"),
        widget=UnfoldAdminSelectWidget,
    )
    file = forms.FileField(label=gettext_lazy("CSV file"), widget=UnfoldAdminFileFieldWidget, allow_empty_file=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in _COLUMNS.items():
            self.fields[f"column_{name}"] = forms.CharField(
                label=label, required=False, max_length=100, widget=UnfoldAdminTextInputWidget
            )

    @property
    def columns(self) -> dict[str, str]:
        """The headings that were named by hand."""
        given = {name: self.cleaned_data[f"column_{name}"] for name in _COLUMNS}
        return {name: heading for name, heading in given.items() if heading}


@admin.register(InvoiceImport)
class InvoiceImportAdmin(ReadOnlyAdmin):
    list_display = ("name", "account", "imported_at", "actor", "period_from", "period_until", "rows")
    list_filter = (("account", admin.RelatedOnlyFieldListFilter), "imported_at")
    list_select_related = ("account", "actor")
    search_fields = ("name", "sha256", "account__label")
    ordering = ("-pk",)
    fields = (
        "account",
        "name",
        "shown_totals",
        "period_from",
        "period_until",
        "rows",
        "shown_columns",
        "shown_csv",
        "actor",
        "imported_at",
        "sha256",
    )
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.csv_view)
        return [path("<path:object_id>/lines.csv", view, name="generations_invoiceimport_csv"), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("generations.add_invoiceimport"))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The upload. A file that cannot be imported leaves nothing behind."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = InvoiceForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            try:
                invoice = _import(request, form)
            except lifecycle.BadInvoice as refusal:
                form.add_error(None, refusal.public)
            else:
                messages.success(request, _("%(name)s was compared with our takes.") % {"name": invoice.name})
                return HttpResponseRedirect(reverse("admin:generations_invoiceimport_change", args=[invoice.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import an invoice"),
            "opts": self.model._meta,
            "form": form,
            "back": reverse("admin:generations_invoiceimport_changelist"),
        }
        return TemplateResponse(request, "admin/import_invoice.html", context)

    def csv_view(self, request: HttpRequest, object_id: str) -> StreamingHttpResponse:
        """Every line with its verdict, as a file."""
        invoice = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, invoice):
            raise PermissionDenied
        if invoice is None:
            raise Http404
        lines = reports.csv_lines(_csv_columns(), _csv_rows(invoice))
        answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="invoice-{invoice.pk}.csv"'
        return answer

    @display(description="result")
    def shown_totals(self, invoice: InvoiceImport) -> Any:
        rows = [
            (_lines_link(invoice, verdict), entry["lines"], _sums(entry["invoice"]), _sums(entry["ours"]))
            for verdict in InvoiceLine.Verdict
            if (entry := invoice.totals_json.get(str(verdict)))
        ]
        heads = format_html_join("", '<th class="p-2 text-left">{}</th>', ((head,) for head in _total_heads()))
        cells = '<tr><td class="p-2">{}</td><td class="p-2">{}</td><td class="p-2">{}</td><td class="p-2">{}</td></tr>'
        return format_html("<table><tr>{}</tr>{}</table>", heads, format_html_join("", cells, rows))

    @display(description="columns")
    def shown_columns(self, invoice: InvoiceImport) -> str:
        return ", ".join(f"{field}: {heading}" for field, heading in invoice.columns_json.items())

    @display(description="download")
    def shown_csv(self, invoice: InvoiceImport) -> Any:
        url = reverse("admin:generations_invoiceimport_csv", args=[invoice.pk])
        return format_html('<a href="{}" class="text-link">{}</a>', url, _("All lines as CSV"))


def _import(request: HttpRequest, form: InvoiceForm) -> InvoiceImport:
    file = form.cleaned_data["file"]
    return lifecycle.import_invoice(
        account=form.cleaned_data["account"],
        name=file.name,
        data=file.read(),
        columns=form.columns,
        actor=request.user,  # type: ignore[arg-type]
        now=timezone.now(),
    )


def _total_heads() -> tuple[str, ...]:
    return _("What"), _("Lines"), _("On the invoice"), _("In our books")


def _lines_link(invoice: InvoiceImport, verdict: InvoiceLine.Verdict) -> Any:
    return list_link(InvoiceLine, str(verdict.label), invoice__id__exact=invoice.pk, verdict__exact=verdict)


def _sums(totals: dict[str, str]) -> str:
    return "; ".join(amount_text(Decimal(total), currency) for currency, total in totals.items()) or NOTHING


def _csv_columns() -> list[reports.Column]:
    return [
        reports.Column("row", _("Row"), "count"),
        reports.Column("verdict", _("Verdict"), "text"),
        reports.Column("task_id", _("Id at the provider"), "text"),
        reports.Column("take", _("Take"), "text"),
        reports.Column("currency", _("Currency"), "text"),
        reports.Column("amount_text", _("Amount as written"), "text"),
        reports.Column("amount", _("On the invoice"), "number"),
        reports.Column("ours", _("In our books"), "number"),
        reports.Column("is_quoted", _("Only quoted"), "text"),
        reports.Column("happened_at", _("Time"), "date"),
    ]


def _csv_rows(invoice: InvoiceImport) -> Iterator[tuple[Any, ...]]:
    for line in invoice.lines.select_related("generation").order_by("pk").iterator():
        yield (
            line.row,
            str(line.get_verdict_display()),
            line.task_id,
            line.generation.name if line.generation else "",
            line.currency,
            line.amount_text,
            line.amount,
            line.ours,
            _("yes") if line.is_quoted else "",
            line.happened_at,
        )


@admin.register(InvoiceLine)
class InvoiceLineAdmin(ReadOnlyAdmin):
    list_display = ("row", "verdict", "task_id", "its_take", "on_invoice", "in_books", "happened_at")
    list_display_links = ("row", "task_id")
    list_filter = ("verdict", ("invoice", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("invoice", "generation")
    search_fields = ("task_id", "amount_text")
    ordering = ("invoice", "pk")
    fields = ("invoice", "row", "verdict", "task_id", "its_take", "on_invoice", "in_books", "is_quoted", "happened_at")
    readonly_fields = fields

    @display(description="take")
    def its_take(self, line: InvoiceLine) -> Any:
        return link(line.generation, line.generation.name) if line.generation else NOTHING

    @display(description="on the invoice", ordering="amount")
    def on_invoice(self, line: InvoiceLine) -> str:
        return amount_text(line.amount, line.currency) if line.amount is not None else line.amount_text or NOTHING

    @display(description="in our books", ordering="ours")
    def in_books(self, line: InvoiceLine) -> str:
        shown = amount_text(line.ours, line.currency)
        return _("%(amount)s (quoted)") % {"amount": shown} if line.is_quoted and line.ours is not None else shown
