"""Projects: the list, one of them, and the form that makes or edits one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from generations import access
from generations.models import Project
from generations.portal.cards import cards_of
from generations.portal.door import Request, members_only
from generations.portal.forms.project import ProjectForm
from generations.portal.frame import page
from generations.portal.projects import figures_of, gate_words, project_rows
from generations.portal.sheets import cut
from generations.portal.shots import shot_rows

_FORM = "portal/projects/form.html"


@require_safe
@members_only
def projects(request: Request, member: access.Member) -> HttpResponse:
    """The team's projects."""
    context = {"projects": project_rows(member), "can_create": member.may(access.May.MANAGE_PROJECTS)}
    return page(request, member, "portal/projects/list.html", "projects", context)


@require_safe
@members_only
def project(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """One project with its shots and takes."""
    return project_page(request, member, access.get_project(member, public_id))


def project_page(
    request: Request,
    member: access.Member,
    found: Project,
    new_shot: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """A project's page; `new_shot` is what was typed into the form for a shot that was refused."""
    takes = access.generations_for(member).for_cards().filter(project=found).order_by("-pk")
    sheet = cut(takes, request.GET)
    context = {
        "project": found,
        "figures": figures_of(member, found),
        "cards": cards_of(sheet.rows, member, timezone.now()),
        "can_edit": _may_edit(member),
        "gates": gate_words(found),
        "pages": sheet,
        "shots": shot_rows(member, found),
        "can_change_shots": member.may(access.May.MANAGE_PROJECTS) and found.archived_at is None,
        "new_shot": new_shot,
    }
    return page(request, member, "portal/projects/page.html", "projects", context, status)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only
def project_new(request: Request, member: access.Member) -> HttpResponse:
    """Create a project."""
    member.check(access.May.MANAGE_PROJECTS)
    return _edit(request, member, None, _("The project was created."))


@require_http_methods(["GET", "HEAD", "POST"])
@members_only
def project_edit(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """Edit a project."""
    found = access.get_project(member, public_id)
    if not _may_edit(member):
        member.check(access.May.MANAGE_PROJECTS)
    return _edit(request, member, found, _("The project was saved."))


def _may_edit(member: access.Member) -> bool:
    """Who manages budgets may change a project's approval gates, and nothing else of it."""
    return member.may(access.May.MANAGE_PROJECTS) or member.may(access.May.MANAGE_BUDGETS)


def _edit(request: Request, member: access.Member, known: Project | None, done: str) -> HttpResponse:
    form = ProjectForm(request.POST or None, instance=known, member=member)
    saved = form.save_once(timezone.now()) if request.method == "POST" and form.is_valid() else None
    if saved:
        messages.success(request, done)
        return redirect("portal:project", saved.public_id)
    # The heading shows what is stored, not what is being typed.
    shown = access.get_project(member, known.public_id) if known else None
    status = 422 if request.method == "POST" else 200
    context = {
        "project": shown,
        "form": form,
        "move_percent": settings.LIFECYCLE["move_dearer_percent"],
        "may_name": member.may(access.May.MANAGE_PROJECTS),
        "may_gate": member.may(access.May.MANAGE_BUDGETS),
    }
    return page(request, member, _FORM, "projects", context, status)
