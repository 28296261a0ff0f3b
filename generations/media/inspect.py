"""Reading a picture, video or sound that came from outside, and the refusals of what cannot be read."""

from __future__ import annotations

import uuid
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from generations.choices import MediaKind
from generations.media import child, sentences
from generations.media.errors import MediaError
from generations.media.facts import Facts
from generations.media.formats import AAC, M4A, MP3, MP4, SNIFF_BYTES, WAV, sniff
from generations.media.kinds import RESULT_TYPES, extension_of

_DO = {MediaKind.IMAGE: "read_picture", MediaKind.VIDEO: "read_film", MediaKind.AUDIO: "read_sound"}
FORMS = {MP3: "mp3", WAV: "wav", M4A: "mov", MP4: "mov", AAC: "aac"}
"""What the reader calls the containers that hold sound."""


def inspect_result(path: Path, kind: MediaKind, *, out_dir: Path, max_seconds: float, max_memory_bytes: int) -> Facts:
    """Read a result to its end, by its bytes and never by its name, and draw its poster (and preview) into `out_dir`.

    `max_seconds` is wall time, and processor time on each of two cores. Raises NotAVideo, NotAnImage or NotASound, with
    the reason, for what cannot be read within the limits; then nothing is left in `out_dir`. The file is never changed.
    """
    limits = child.ChildLimits(max_seconds, max_memory_bytes)
    try:
        return read(path, kind, out_dir, limits)
    except child.ChildRefused as error:
        raise unreadable_result(kind, error.reason, detail=error.detail) from error


def inspect_video(path: Path, *, out_dir: Path, max_seconds: float, max_memory_bytes: int) -> Facts:
    """`inspect_result` of a video."""
    return inspect_result(
        path, MediaKind.VIDEO, out_dir=out_dir, max_seconds=max_seconds, max_memory_bytes=max_memory_bytes
    )


def unreadable_result(kind: MediaKind, reason: str, *, detail: str = "") -> MediaError:
    """The error for a machine word of the child; `detail` is for the administrators' eyes."""
    return sentences.ERRORS[kind](sentences.of_result(kind, reason), data={"reason": reason, "detail": detail})


def read(path: Path, kind: MediaKind, out_dir: Path, limits: child.ChildLimits) -> Facts:
    """The facts of a file. Raises ChildRefused; then nothing is left in `out_dir`."""
    media_type = read_type(path, kind)
    stem = uuid.uuid4().hex
    poster = out_dir.resolve() / f"{stem}-poster.jpg"
    preview = out_dir.resolve() / f"{stem}-preview.mp4" if kind == MediaKind.VIDEO else None
    request: dict[str, Any] = {"path": str(path.resolve()), "poster": str(poster)}
    request |= {"preview": str(preview)} if preview else {}
    request |= {"form": FORMS[media_type]} if kind == MediaKind.AUDIO else {}
    try:
        return _facts(child.run(_DO[kind], limits, **request), kind, media_type, poster, preview)
    except BaseException:
        for drawn in (poster, preview):
            if drawn:
                drawn.unlink(missing_ok=True)
        raise


def read_type(path: Path, kind: MediaKind) -> str:
    """The media type of a file by its first bytes. Raises ChildRefused where it is not of that kind."""
    with path.open("rb") as file:
        head = file.read(SNIFF_BYTES)
    media_type = sniff(head)
    if media_type not in RESULT_TYPES[kind]:
        raise child.ChildRefused("format" if head else "empty", media_type)
    # A file that may hold either is called after what it is read as.
    return M4A if kind == MediaKind.AUDIO and media_type == MP4 else media_type


def _facts(answer: dict[str, Any], kind: MediaKind, media_type: str, poster: Path, preview: Path | None) -> Facts:
    if not all(path.is_file() for path in (poster, preview) if path):
        raise child.ChildRefused("unreadable")
    try:
        return Facts(
            kind=kind,
            media_type=media_type,
            extension=extension_of(media_type),
            poster=poster,
            preview=preview,
            width=int(answer.get("width", 0)),
            height=int(answer.get("height", 0)),
            frame_count=int(answer.get("frame_count", 0)),
            fps=Fraction(*answer.get("fps", (0,))),
            duration_seconds=_seconds(Fraction(*answer["duration"])) if kind != MediaKind.IMAGE else None,
            video_codec=str(answer.get("video_codec", "")),
            audio_codec=str(answer.get("audio_codec", "")),
            sample_rate_hz=int(answer.get("sample_rate", 0)),
            channels=int(answer.get("channels", 0)),
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise child.ChildRefused("unreadable") from error


def _seconds(duration: Fraction) -> Decimal:
    return (Decimal(duration.numerator) / duration.denominator).quantize(Decimal("0.001"))
