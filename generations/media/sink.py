"""Where the bytes of a download go: a temporary file that counts, hashes and looks at what it is given."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from generations.media.errors import DownloadFailed, MediaError, NotAnImage, NotASound, NotAVideo, TooLarge
from generations.media.formats import SNIFF_BYTES, describe, sniff
from generations.media.images import megabytes


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a download may be: bytes, seconds from the first to the last moment, and the media types by content."""

    max_bytes: int
    max_seconds: float
    allowed_types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A downloaded file that belongs to the caller, flushed to disk. `media_type` is judged by its bytes."""

    path: Path
    sha256: str
    size_bytes: int
    media_type: str


class Sink:
    """One temporary file in `into`. Use `finish` for the result or `discard`; every method may raise a MediaError."""

    def __init__(self, into: Path, limits: FetchLimits) -> None:
        self._limits = limits
        handle, name = tempfile.mkstemp(prefix="fetch-", dir=into)
        self._file = os.fdopen(handle, "wb")
        self._path = Path(name)
        self._hash = hashlib.sha256()
        self._head = b""
        self._size_bytes = 0
        self._expected_bytes: int | None = None

    def expect(self, size_bytes: int | None) -> None:
        """Say how long the answer claims to be, where it does."""
        if size_bytes is not None and size_bytes > self._limits.max_bytes:
            raise self._too_large()
        self._expected_bytes = size_bytes

    def write(self, chunk: bytes) -> None:
        """Take the next bytes; the kind of file is judged as soon as enough of it is there."""
        was_judged = len(self._head) >= SNIFF_BYTES
        self._size_bytes += len(chunk)
        if self._size_bytes > self._limits.max_bytes:
            raise self._too_large()
        self._hash.update(chunk)
        self._file.write(chunk)
        if not was_judged:
            self._head = (self._head + chunk)[:SNIFF_BYTES]
            if len(self._head) == SNIFF_BYTES:
                self._check_type()

    def finish(self) -> Fetched:
        """Check that all of it came, and flush it to disk."""
        if self._size_bytes == 0:
            raise DownloadFailed(_("The provider sent an empty file. It will be tried again."))
        if self._expected_bytes is not None and self._size_bytes != self._expected_bytes:
            raise DownloadFailed(_("The download ended before the file was complete. It will be tried again."))
        media_type = self._check_type()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return Fetched(self._path, self._hash.hexdigest(), self._size_bytes, media_type)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        self._path.unlink(missing_ok=True)

    def _check_type(self) -> str:
        media_type = sniff(self._head)
        if media_type not in self._limits.allowed_types:
            raise self._wrong_type(media_type)
        return media_type

    def _wrong_type(self, media_type: str) -> MediaError:
        data = {"reason": "format", "media_type": media_type}
        what = {"what": describe(media_type)}
        if any(kind.startswith("audio/") for kind in self._limits.allowed_types):
            return NotASound(
                _("The provider sent %(what)s instead of a sound. Ask the administrators to look at this take.") % what,
                data=data,
            )
        if any(kind.startswith("video/") for kind in self._limits.allowed_types):
            return NotAVideo(
                _("The provider sent %(what)s instead of a video. Ask the administrators to look at this take.") % what,
                data=data,
            )
        return NotAnImage(
            _("The provider sent %(what)s instead of a picture. Ask the administrators to look at it.") % what,
            data=data,
        )

    def _too_large(self) -> TooLarge:
        return TooLarge(
            _("The file is larger than this site's limit of %(limit)s MB. Ask the administrators to raise it.")
            % {"limit": megabytes(self._limits.max_bytes)},
            data={"max_bytes": self._limits.max_bytes},
        )
