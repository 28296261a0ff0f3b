"""The files that people added to the library, beside the takes: adding one, and how each is shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from generations import access, lifecycle, media
from generations.choices import MediaKind
from generations.errors import LimitReached
from generations.models import Asset
from generations.portal import text
from generations.portal.composer import NotAdded

ACCEPT = ",".join(sorted(set().union(*media.UPLOAD_TYPES.values())) + [".mov", ".m4a", ".aac"])
"""What a file dialogue offers. A browser's own word for a type proves nothing; content is judged on arrival."""
_LIMITS: Mapping[MediaKind, str] = MappingProxyType(lifecycle.MAX_BYTES)


def files_for(member: access.Member) -> QuerySet[Asset]:
    """The files that people added, newest first."""
    rows = access.assets_for(member).filter(generation=None)
    return rows.select_related("blob", "poster", "preview", "created_by").order_by("-pk")


def add_file(member: access.Member, file: UploadedFile, kinds: frozenset[MediaKind], now: datetime) -> Asset | NotAdded:
    """Put a file into the team's library, or say why not. Raises NotAllowed."""
    name = text.storable(file.name or "") or _("The file")
    try:
        return lifecycle.upload_file(member=member, project=None, name=name, chunks=file.chunks(), now=now, kinds=kinds)
    except (media.FileRefused, LimitReached) as error:
        return NotAdded(name, error.public)


def limits() -> dict[str, int]:
    """The most bytes of each kind."""
    return {kind.value: settings.LIMITS[name] for kind, name in _LIMITS.items()}
