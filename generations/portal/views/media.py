"""Stored pictures, films and sounds, for members of their team; and copies for providers, by signed address."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from generations import access, lifecycle
from generations.models import Asset
from generations.portal import files
from generations.portal.door import Request, errors_as_pages


@require_safe
@errors_as_pages
def media(request: Request, public_id: UUID, kind: str) -> HttpResponseBase:
    """The original, poster or preview of an asset in any team of the person; 404 for everybody else."""
    asset = access.get_visible_asset(request.user, public_id)
    return files.serve(request, files.blob_of(asset, kind), _stem(asset))


@require_safe
@errors_as_pages
def public_input(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """An input's stripped copy, for the provider that was given this address; 404 once its time is over.

    No session is read and none is made. `name` is only there for its end.
    """
    found = lifecycle.find_public_input(token)
    if found is None or name != f"input.{found.extension}":
        raise access.Missing
    return files.serve_in_public(request, found, "input")


def _stem(asset: Asset) -> str:
    """The name without the end that the type adds again; a take's name has none."""
    return asset.name if asset.generation_id else asset.name.rsplit(".", 1)[0]
