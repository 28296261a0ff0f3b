"""Reading a video that came from outside, in a subprocess with limits, and the sentences for what cannot be read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.media.errors import NotAVideo

# Run by path and not as a module: importing the package would import Django and take half a second per take.
_SCRIPT = Path(__file__).with_name("inspect_main.py")
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR")  # no key, no password
_UNREADABLE = gettext_noop("The video could not be read.")
_SENTENCES = {
    "empty": gettext_noop("The video file is empty."),
    "format": gettext_noop("The file is not an MP4 or QuickTime video."),
    "cut_off": gettext_noop("The video file is cut off: a part of it is missing."),
    "damaged": gettext_noop("The video file is damaged and cannot be played to its end."),
    "no_video": gettext_noop("The file holds no picture, only other tracks."),
    "codec": gettext_noop("The video is in a codec that browsers do not play."),
    "dimensions": gettext_noop("The video claims a picture size that cannot be true."),
    "memory": gettext_noop("The video needs more memory to read than this site allows."),
    "time": gettext_noop("The video took too long to read."),
}


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """A readable video. `frame_count` counts decoded frames, `fps` is the exact rate, `audio_codec` empty if silent.

    `poster` is the first frame as JPEG, at most 960 px wide. `preview` is a silent H.264 MP4, 320 px wide, of at most
    three seconds that cover the whole clip. Both lie in `out_dir` and belong to the caller.
    """

    width: int
    height: int
    frame_count: int
    fps: Fraction
    duration_seconds: Decimal
    video_codec: str
    has_audio: bool
    audio_codec: str
    poster: Path
    preview: Path


def inspect_video(path: Path, *, out_dir: Path, max_seconds: float, max_memory_bytes: int) -> VideoFacts:
    """Read a video to its last frame and draw its poster and preview into `out_dir`.

    `max_seconds` is wall time, and processor time on each of two cores. Raises NotAVideo, with the reason, for what
    cannot be read within the limits; then nothing is left in `out_dir`. The file itself is never changed.
    """
    stem = uuid.uuid4().hex
    poster, preview = (out_dir.resolve() / f"{stem}{suffix}" for suffix in ("-poster.jpg", "-preview.mp4"))
    request = {
        "path": str(path.resolve()),
        "poster": str(poster),
        "preview": str(preview),
        "max_memory_bytes": max_memory_bytes,
        "max_cpu_seconds": int(max_seconds * 2) + 1,
    }
    try:
        return _facts(_run(request, max_seconds), poster, preview)
    except BaseException:
        poster.unlink(missing_ok=True)
        preview.unlink(missing_ok=True)
        raise


def _run(request: dict[str, Any], max_seconds: float) -> dict[str, Any]:
    """The subprocess's facts. Raises NotAVideo for its refusal, its crash, its silence and anything but our JSON."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_SCRIPT), json.dumps(request)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=max_seconds,
            env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise not_a_video("time") from error
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = {}
    if done.returncode != 0 or not isinstance(answer, dict):
        last_words = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise not_a_video("unreadable", detail=f"exit code {done.returncode}: {last_words[:200]}")
    if not isinstance(answer.get("facts"), dict):
        raise not_a_video(str(answer.get("reason", "unreadable")), detail=str(answer.get("detail", "")))
    return answer["facts"]


def _facts(answer: dict[str, Any], poster: Path, preview: Path) -> VideoFacts:
    if not (poster.is_file() and preview.is_file()):
        raise not_a_video("unreadable")
    try:
        duration = Fraction(*answer["duration"])
        return VideoFacts(
            width=int(answer["width"]),
            height=int(answer["height"]),
            frame_count=int(answer["frame_count"]),
            fps=Fraction(*answer["fps"]),
            duration_seconds=(Decimal(duration.numerator) / duration.denominator).quantize(Decimal("0.001")),
            video_codec=str(answer["video_codec"]),
            has_audio=bool(answer["audio_codec"]),
            audio_codec=str(answer["audio_codec"]),
            poster=poster,
            preview=preview,
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise not_a_video("unreadable") from error


def not_a_video(reason: str, *, detail: str = "") -> NotAVideo:
    """The error for a machine word of the subprocess; `detail` is for the administrators' eyes."""
    advice = _("The file was not stored. Ask the administrators to look at this take.")
    return NotAVideo(f"{_(_SENTENCES.get(reason, _UNREADABLE))} {advice}", data={"reason": reason, "detail": detail})
