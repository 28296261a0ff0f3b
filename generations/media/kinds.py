"""Which types of file each kind of medium may be, and how their files end."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from generations.choices import MediaKind
from generations.media.formats import AAC, JPEG, M4A, MP3, MP4, PNG, QUICKTIME, WAV, WEBP

# By content. An MP4 file may hold sound alone: players write M4A files under its general name.
RESULT_TYPES: Mapping[MediaKind, frozenset[str]] = MappingProxyType(
    {
        MediaKind.IMAGE: frozenset({JPEG, PNG, WEBP}),
        MediaKind.VIDEO: frozenset({MP4, QUICKTIME}),
        MediaKind.AUDIO: frozenset({MP3, WAV, M4A, AAC, MP4}),
    }
)
UPLOAD_TYPES: Mapping[MediaKind, frozenset[str]] = MappingProxyType(
    {**RESULT_TYPES, MediaKind.IMAGE: frozenset({JPEG, PNG})}
)
EXTENSIONS: Mapping[str, str] = MappingProxyType(
    {
        JPEG: "jpg",
        PNG: "png",
        WEBP: "webp",
        MP4: "mp4",
        QUICKTIME: "mov",
        MP3: "mp3",
        WAV: "wav",
        M4A: "m4a",
        AAC: "aac",
    }
)
_BY_TYPE = {
    media_type: kind
    for kind in (MediaKind.AUDIO, MediaKind.VIDEO, MediaKind.IMAGE)  # an MP4 counts as a video until it is read
    for media_type in RESULT_TYPES[kind]
}


def extension_of(media_type: str) -> str:
    """How the name of a stored file of this type ends, without the dot. Raises KeyError for what is never stored."""
    return EXTENSIONS[media_type]


def find_kind(media_type: str) -> MediaKind | None:
    """The kind of medium that a type by content stands for, or None for what is no medium of ours."""
    return _BY_TYPE.get(media_type)
