"""The library: every take of the team, newest first."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from generations import access
from generations.portal.cards import cards_of
from generations.portal.door import Request, members_only
from generations.portal.forms.filters import STATES, read_filters
from generations.portal.frame import page
from generations.portal.library_files import ACCEPT, files_for, limits
from generations.portal.sheets import cut


@require_safe
@members_only
def library(request: Request, member: access.Member) -> HttpResponse:
    """A page of the takes that match the filters of the address."""
    filters = read_filters(request.GET, list(access.projects_for(member).order_by("name", "pk")))
    takes = filters.narrow(access.generations_for(member)).for_cards().order_by("-pk")
    sheet = cut(takes, request.GET)
    context = {
        "cards": cards_of(sheet.rows, member, timezone.now()),
        "total": sheet.total,
        "projects": [
            {"public_id": project.public_id, "name": project.name, "selected": project == filters.project}
            for project in filters.projects
        ],
        "states": [
            {"value": value, "label": label, "selected": value == filters.state}
            for value, (label, _statuses) in STATES.items()
        ],
        "filtered": filters.is_on,
        "pages": sheet,
    }
    return page(request, member, "portal/library/page.html", "library", context)


@require_safe
@members_only
def library_files(request: Request, member: access.Member) -> HttpResponse:
    """A page of the files that people added."""
    sheet = cut(files_for(member), request.GET)
    context = {"files": sheet.rows, "total": sheet.total, "pages": sheet, "limits": limits(), "accept": ACCEPT}
    return page(request, member, "portal/library/files.html", "library", context)
