"""What people are told about a file that could not be read: the reason, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.choices import MediaKind
from generations.media.errors import MediaError, NotAnImage, NotASound, NotAVideo

ERRORS: Mapping[MediaKind, type[MediaError]] = {
    MediaKind.IMAGE: NotAnImage,
    MediaKind.VIDEO: NotAVideo,
    MediaKind.AUDIO: NotASound,
}
_VIDEO = {
    "empty": gettext_noop("The video file is empty."),
    "format": gettext_noop("The file is not an MP4 or QuickTime video."),
    "cut_off": gettext_noop("The video file is cut off: a part of it is missing."),
    "damaged": gettext_noop("The video file is damaged and cannot be played to its end."),
    "no_video": gettext_noop("The file holds no picture, only other tracks."),
    "codec": gettext_noop("The video is in a codec that browsers do not play."),
    "dimensions": gettext_noop("The video claims a picture size that cannot be true."),
    "memory": gettext_noop("The video needs more memory to read than this site allows."),
    "time": gettext_noop("The video took too long to read."),
    "": gettext_noop("The video could not be read."),
}
_IMAGE = {
    "empty": gettext_noop("The image file is empty."),
    "format": gettext_noop("The file is not a JPEG, PNG or WebP image."),
    "cut_off": gettext_noop("The image file is cut off: a part of it is missing."),
    "damaged": gettext_noop("The image file is damaged."),
    "dimensions": gettext_noop("The image claims a size that cannot be true."),
    "memory": gettext_noop("The image needs more memory to read than this site allows."),
    "time": gettext_noop("The image took too long to read."),
    "": gettext_noop("The image could not be read."),
}
_AUDIO = {
    "empty": gettext_noop("The sound file is empty."),
    "format": gettext_noop("The file is not an MP3, WAV, M4A or AAC sound."),
    "cut_off": gettext_noop("The sound file is cut off: a part of it is missing."),
    "damaged": gettext_noop("The sound file is damaged and cannot be played to its end."),
    "film": gettext_noop("The file is a video and not a sound."),
    "no_sound": gettext_noop("The file holds no sound, only other tracks."),
    "codec": gettext_noop("The sound is in a codec that browsers do not play."),
    "dimensions": gettext_noop("The sound claims channels or a sampling rate that cannot be true."),
    "memory": gettext_noop("The sound needs more memory to read than this site allows."),
    "time": gettext_noop("The sound took too long to read."),
    "": gettext_noop("The sound could not be read."),
}
_WORDS = {MediaKind.IMAGE: _IMAGE, MediaKind.VIDEO: _VIDEO, MediaKind.AUDIO: _AUDIO}
_EXPORT = {
    MediaKind.IMAGE: gettext_noop("Export it again as JPG or PNG and upload that."),
    MediaKind.VIDEO: gettext_noop("Export it again as MP4 (H.264) and upload that."),
    MediaKind.AUDIO: gettext_noop("Export it again as MP3 or WAV and upload that."),
}


def of_result(kind: MediaKind, reason: str) -> str:
    """Why a result was not stored, for the people of its team."""
    advice = _("The file was not stored. Ask the administrators to look at this take.")
    return f"{_why(kind, reason)} {advice}"


def of_upload(kind: MediaKind, reason: str) -> str:
    """Why an upload was refused, for the person who can mend it."""
    return f"{_why(kind, reason)} {_(_EXPORT[kind])}"


def _why(kind: MediaKind, reason: str) -> str:
    words = _WORDS[kind]
    return _(words.get(reason, words[""]))
