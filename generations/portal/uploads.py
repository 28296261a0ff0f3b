"""Keeps an endless upload off the disk: of each file, no more is kept than it takes to know that it is too large."""

from __future__ import annotations

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler

from generations import lifecycle, media
from generations.choices import MediaKind

_KEPT = 2  # times the limit, so that a file that is only somewhat too large keeps its true size


class BoundedUpload(FileUploadHandler):
    """Stands before Django's own handlers and hands on no chunk beyond the bound; the form then refuses the file.

    The bound is that of what the first bytes are. Nobody who is not signed in gets more than a picture's.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start == 0:
            self._bound = _KEPT * settings.LIMITS[lifecycle.MAX_BYTES[self._kind(raw_data)]]
        return raw_data if start < self._bound else None

    def file_complete(self, file_size: int) -> None:
        return None

    def _kind(self, head: bytes) -> MediaKind:
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            return MediaKind.IMAGE
        return media.find_upload_kind(head[: media.SNIFF_BYTES]) or MediaKind.IMAGE
