"""Stored pictures and films, for members of their team only."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponseBase
from django.views.decorators.http import require_safe

from generations import access
from generations.choices import MediaKind
from generations.portal import files
from generations.portal.door import Request, errors_as_pages


@require_safe
@errors_as_pages
def media(request: Request, public_id: UUID, kind: str) -> HttpResponseBase:
    """The original, poster or preview of an asset in any team of the person; 404 for everybody else."""
    asset = access.get_visible_asset(request.user, public_id)
    name = asset.name.rsplit(".", 1)[0] if asset.kind == MediaKind.IMAGE else asset.name
    return files.serve(request, files.blob_of(asset, kind), name)
