"""How rows are shown: read-only pages, links, figures, JSON."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from generations import ledger

NOTHING = "–"


class ReadOnly:
    """No adding, no changing, no deleting: what is written once, and what only the machinery writes."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, ModelAdmin):
    """A page that shows a row. The total behind a filter is not counted: these tables are long."""

    show_full_result_count = False
    list_per_page = 50


class ReadOnlyInline(ReadOnly, TabularInline):
    """Rows of another table on a page, each with a link to its own. `fields` are shown, none is a form field."""

    extra = 0
    tab = True
    # Unfold shows its own link only under the mouse.
    hide_title = True
    per_page = 25

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["row", *self.fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return self.get_fields(request, obj)

    @display(description="row")
    def row(self, row: Model) -> SafeString:
        return link(row, f"#{row.pk}")


class RelatedFilter(admin.RelatedOnlyFieldListFilter):
    """By a row of another table, of those that the list has.

    Django leaves a filter with less than two choices out, and with it what was chosen: the link to the lots of one
    team would show those of the only team that has any.
    """

    def has_output(self) -> bool:
        return bool(self.lookup_val) or super().has_output()


def link(row: Model, text: str) -> SafeString:
    """A link to a row's page in the admin."""
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}" class="text-link">{}</a>', url, text)


def list_link(model: type[Model], text: str, **filters: Any) -> SafeString:
    """A link to a list in the admin, filtered."""
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return format_html('<a href="{}?{}" class="text-link">{}</a>', url, urlencode(filters), text)


def credits(amount: Decimal | None) -> str:
    """Credits as people read them, or a dash."""
    return NOTHING if amount is None else ledger.plain(amount)


def credits_of(field: str, label: str = "") -> Any:
    """A column or a row of an amount of credits as people read it: 1,234.5 and not 1234.500."""

    @display(description=label or field, ordering=field)
    def shown(_admin: Any, row: Any) -> str:
        return credits(getattr(row, field))

    return shown


def json_block(value: Any) -> str | SafeString:
    """JSON, indented, as it is stored."""
    if not value:
        return NOTHING
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return format_html('<pre class="whitespace-pre-wrap break-all text-xs">{}</pre>', text)


def without_query(url: str) -> str:
    """An address without what stands behind the question mark: that part may be a signature that opens a file."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
