"""Which team one works in: it is kept in the session."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from generations import access
from generations.portal.door import TEAM, Request, get_member, members_only


@require_POST
@members_only
def team(request: Request, member: access.Member) -> HttpResponse:
    """Change to another team of the person."""
    other = get_member(request, request.POST.get("team", ""))
    request.session[TEAM] = other.team.slug
    messages.info(request, _("You now work in %(team)s.") % {"team": other.team.name})
    return redirect("portal:studio")
