"""Errors of files that come from outside. Every `public` is a sentence that says what to do, and never holds a link.

MediaError
├─ UnsafeURL          a link that must not be followed: not https, or it leads into a private network
├─ TooLarge           the download is larger than the limit
├─ NotAVideo          what came is not a video that can be read
├─ NotASound          what came is not a sound that can be read
├─ DownloadFailed     LATER: network, server error, half an answer, too slow
│   └─ DownloadGone   LATER: 403, 404 or 410; the link has expired, a new one may be asked for
└─ FileRefused        also a Refused: the person who uploaded can mend it
    └─ ImageRefused   the same for a picture
        └─ NotAnImage not an image at all
"""

from __future__ import annotations

from generations.errors import PortalError, Refused, Retry


class MediaError(PortalError):
    code = "media_error"


class UnsafeURL(MediaError):
    code = "unsafe_url"


class TooLarge(MediaError):
    code = "too_large"


class NotAVideo(MediaError):
    """`data["reason"]` is a machine word such as `damaged`, `empty`, `codec`, `time`."""

    code = "not_a_video"


class NotASound(MediaError):
    """`data["reason"]` as for a video."""

    code = "not_a_sound"


class DownloadFailed(MediaError):
    code = "download_failed"
    retry = Retry.LATER


class DownloadGone(DownloadFailed):
    code = "download_gone"


class FileRefused(MediaError, Refused):
    """`data["reason"]` is a machine word such as `bytes`, `format`, `damaged`, `codec`."""

    code = "file_refused"


class ImageRefused(FileRefused):
    """`data["reason"]` is a machine word such as `bytes`, `side`, `ratio`, `name`."""

    code = "image_refused"


class NotAnImage(ImageRefused):
    code = "not_an_image"
