"""The door of the portal: who comes in, as a member of which team, and which page an expected error becomes."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from generations import access
from generations.errors import NotAllowed
from generations.models import Team, User

P = ParamSpec("P")
TEAM = "team"
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,40}")


class Request(HttpRequest):
    """A request behind the door, as the middleware has made it."""

    htmx: HtmxDetails
    user: User


MemberView = Callable[Concatenate[Request, access.Member, P], HttpResponseBase]
View = Callable[Concatenate[Request, P], HttpResponseBase]


def members_only(view: MemberView[P]) -> View[P]:
    """Call the view with the member that the person is in the team of their session.

    Nobody signed in: the sign-in page, or 401 for htmx, which keeps what was typed. In no team: a page that says so.
    """

    @wraps(view)
    @errors_as_pages
    def guarded(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _sign_in(request)
        member = find_member(request)
        if member is None:
            return render(request, "portal/no_team.html")
        return view(request, member, *args, **kwargs)

    return guarded


def errors_as_pages(view: View[P]) -> View[P]:
    """What may not be seen is a 404; what may be seen but not done is a 403 that says whom to ask."""

    @wraps(view)
    def translated(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except access.Missing as error:
            raise Http404(error.public) from error
        except NotAllowed as error:
            return render(request, "403.html", {"sentence": error.public}, status=403)

    return translated


def opened_from_mail(response: HttpResponse, *, has_form: bool) -> HttpResponse:
    """A page behind a link that itself lets somebody in: kept nowhere, found by no search, named to no other site.

    A page with a form still sends its origin to ours: with `no-referrer` a browser sends `Origin: null`, which fails
    the check against forged forms.
    """
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = "same-origin" if has_form else "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def find_member(request: Request) -> access.Member | None:
    """The person in the team of the session; in their first team where that says nothing useful; None in no team."""
    slug = request.session.get(TEAM, "")
    try:
        return get_member(request, slug)
    except access.Missing:
        team: Team | None = access.teams_of(request.user).first()
        return access.get_member(request.user, team.slug) if team else None


def get_member(request: Request, slug: str) -> access.Member:
    """The person in a team by its short name. Raises access.Missing, also for what cannot be a short name."""
    if not isinstance(slug, str) or not _SLUG.fullmatch(slug):
        raise access.Missing
    return access.get_member(request.user, slug)


def _sign_in(request: Request) -> HttpResponse:
    if request.htmx:
        return HttpResponse(status=401)
    # A form that was posted cannot be posted again by the sign-in page: it leads to the studio instead.
    after = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("portal:studio")
    return redirect_to_login(after)
