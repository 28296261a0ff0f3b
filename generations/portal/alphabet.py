"""Forms come in UTF-8, as every browser sends them.

In other alphabets Django's reader can be made to raise, or to hand on halves of surrogate pairs that no column holds.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii"})


class Utf8FormsMiddleware:
    """Answers 415 to a body in another alphabet, before anything reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        charset = (request.content_params or {}).get("charset", "utf-8")
        if charset.strip("\"' ").lower() not in _UTF_8:
            return HttpResponse(_("Send this form in UTF-8."), status=415, content_type="text/plain; charset=utf-8")
        return self.get_response(request)
