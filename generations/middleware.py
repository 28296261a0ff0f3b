"""Middleware of our own: the admin's content security policy, in force below the admin's path and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse


class AdminPolicyMiddleware:
    """Hands django-csp the admin's policy for the admin's pages. Stands after `csp.middleware.CSPMiddleware`.

    The admin's pages need more than the portal's: Alpine evaluates the expressions in unfold's templates.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path_info.startswith(reverse("admin:index")):
            # What django-csp's own decorators set; it builds the header from it on the way out.
            response._csp_config = settings.ADMIN_CONTENT_SECURITY_POLICY["DIRECTIVES"]  # type: ignore[attr-defined]
        return response
