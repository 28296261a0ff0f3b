"""Files: judge and prepare pictures, download results, read videos, store blobs. No ORM; limits come as arguments.

Call `media.check_image(…)`, `media.fetch(…)`, `media.inspect_video(…)`, `media.store.put(…)`.
"""

from generations.media import store
from generations.media.errors import (
    DownloadFailed,
    DownloadGone,
    ImageRefused,
    MediaError,
    NotAnImage,
    NotAVideo,
    TooLarge,
    UnsafeURL,
)
from generations.media.fetch import fetch
from generations.media.images import RATIO_MAX, SIDE_MIN_PX, ImageFacts, check_image
from generations.media.inspect import VideoFacts, inspect_video
from generations.media.prepare import PreparedImage, image_poster, prepare_image
from generations.media.sink import Fetched, FetchLimits

__all__ = [
    "RATIO_MAX",
    "SIDE_MIN_PX",
    "DownloadFailed",
    "DownloadGone",
    "FetchLimits",
    "Fetched",
    "ImageFacts",
    "ImageRefused",
    "MediaError",
    "NotAVideo",
    "NotAnImage",
    "PreparedImage",
    "TooLarge",
    "UnsafeURL",
    "VideoFacts",
    "check_image",
    "fetch",
    "image_poster",
    "inspect_video",
    "prepare_image",
    "store",
]
