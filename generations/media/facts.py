"""What is known of a file once it has been read to its end."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from generations.choices import MediaKind


@dataclass(frozen=True, slots=True)
class Facts:
    """A readable picture, video or sound. What a kind does not have is 0, empty or None.

    `media_type` is judged by content, `extension` is how its stored file ends. Width and height are as a person sees
    it. `frame_count` counts decoded frames, `fps` is the exact rate, `duration_seconds` is exact to the millisecond.

    `poster` is a JPEG of at most 960 pixels: the picture, the first frame, or the drawn waveform. `preview`, of videos
    alone, is a silent H.264 MP4, 320 px wide, of at most three seconds that cover the whole clip. Both lie in the
    folder that was given and belong to the caller.
    """

    kind: MediaKind
    media_type: str
    extension: str
    poster: Path
    preview: Path | None = None
    width: int = 0
    height: int = 0
    frame_count: int = 0
    fps: Fraction = Fraction(0)
    duration_seconds: Decimal | None = None
    video_codec: str = ""
    audio_codec: str = ""
    sample_rate_hz: int = 0
    channels: int = 0

    @property
    def has_audio(self) -> bool:
        """Whether it can be heard."""
        return bool(self.audio_codec)

    def columns(self) -> dict[str, Any]:
        """The facts that an asset's row keeps, by the names of its columns."""
        return {
            "kind": self.kind,
            "width": self.width or None,
            "height": self.height or None,
            "frame_count": self.frame_count or None,
            "fps_numerator": self.fps.numerator or None,
            "fps_denominator": self.fps.denominator if self.fps else None,
            "duration_seconds": self.duration_seconds,
            "has_audio": self.has_audio,
        }
