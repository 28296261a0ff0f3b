"""Shots: adding one to a project, and putting one away."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from generations import access, lifecycle
from generations.portal import text
from generations.portal.door import Request, members_only
from generations.portal.views.projects import project_page


@require_POST
@members_only
def shot_add(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """Add a shot to a project; a refusal comes back with what was typed."""
    project = access.get_project(member, public_id)
    typed = {name: text.storable(request.POST.get(name, "")) for name in ("code", "description")}
    try:
        shot = lifecycle.add_shot(member=member, project=project, **typed, now=timezone.now())
    except lifecycle.BadShot as error:
        return project_page(request, member, project, {**typed, "problems": error.problems}, status=422)
    messages.success(request, _("%(shot)s was added.") % {"shot": shot.code})
    return redirect("portal:project", project.public_id)


@require_POST
@members_only
def shot_archive(request: Request, member: access.Member, public_id: UUID) -> HttpResponse:
    """Put a shot away."""
    shot = access.get_shot(member, public_id)
    lifecycle.archive_shot(member=member, shot=shot, now=timezone.now())
    messages.success(request, _("%(shot)s is in the archive; its takes stay in the project.") % {"shot": shot.code})
    return redirect("portal:project", shot.project.public_id)
