"""Files: judge and prepare what people add, download and read results, store blobs. No ORM; limits are arguments.

Call `media.check_image(…)`, `media.fetch(…)`, `media.inspect_result(…)`, `media.prepare_video(…)`,
`media.store.put(…)`.
"""

from generations.media import store
from generations.media.errors import (
    DownloadFailed,
    DownloadGone,
    FileRefused,
    ImageRefused,
    MediaError,
    NotAnImage,
    NotASound,
    NotAVideo,
    TooLarge,
    UnsafeURL,
)
from generations.media.facts import Facts
from generations.media.fetch import fetch
from generations.media.formats import SNIFF_BYTES
from generations.media.images import RATIO_MAX, SIDE_MIN_PX, ImageFacts, check_image
from generations.media.inspect import inspect_result, inspect_video
from generations.media.kinds import EXTENSIONS, RESULT_TYPES, UPLOAD_TYPES, extension_of
from generations.media.prepare import Prepared, image_poster, prepare_image
from generations.media.prepare_av import prepare_audio, prepare_video
from generations.media.sink import Fetched, FetchLimits
from generations.media.uploads import check_upload, find_upload_kind, too_large, wrong_kind

__all__ = [
    "DownloadFailed",
    "DownloadGone",
    "EXTENSIONS",
    "Facts",
    "FetchLimits",
    "Fetched",
    "FileRefused",
    "ImageFacts",
    "ImageRefused",
    "MediaError",
    "NotASound",
    "NotAVideo",
    "NotAnImage",
    "Prepared",
    "RATIO_MAX",
    "RESULT_TYPES",
    "SIDE_MIN_PX",
    "SNIFF_BYTES",
    "TooLarge",
    "UPLOAD_TYPES",
    "UnsafeURL",
    "check_image",
    "check_upload",
    "extension_of",
    "fetch",
    "find_upload_kind",
    "image_poster",
    "inspect_result",
    "inspect_video",
    "prepare_audio",
    "prepare_image",
    "prepare_video",
    "store",
    "too_large",
    "wrong_kind",
]
