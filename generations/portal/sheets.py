"""Pages of a long list: which part of it, and the addresses of its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one page. `newer` and `older` are addresses, or empty."""

    rows: Sequence[Any]
    total: int
    newer: str
    older: str
    words: str


def cut(rows: QuerySet[Any], query: QueryDict) -> Sheet:
    """The page of an ordered list that `?page=` names; the nearest one where there is no such page."""
    pages = Paginator(rows, settings.LIMITS["library_page_size"])
    page = pages.get_page(query.get("page", "")[:9])
    return Sheet(
        rows=list(page.object_list),
        total=pages.count,
        newer=_address(query, page.number - 1) if page.has_previous() else "",
        older=_address(query, page.number + 1) if page.has_next() else "",
        words=words(page.start_index(), page.end_index(), pages.count),
    )


def words(first: int, last: int, total: int) -> str:
    """Which rows of how many are shown."""
    return _("%(first)s to %(last)s of %(total)s") % {"first": first, "last": last, "total": f"{total:,}"}


def _address(query: QueryDict, number: int) -> str:
    changed = query.copy()
    changed["page"] = str(number)
    return f"?{changed.urlencode()}"
