"""Keeps an endless upload off the disk: of each file, no more is kept than it takes to know that it is too large."""

from __future__ import annotations

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler

_KEPT = 2  # times the limit, so that a file that is only somewhat too large keeps its true size


class BoundedUpload(FileUploadHandler):
    """Stands before Django's own handlers and hands on no chunk beyond the bound; the form then refuses the file."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start < _KEPT * settings.LIMITS["image_upload_bytes"] else None

    def file_complete(self, file_size: int) -> None:
        return None
