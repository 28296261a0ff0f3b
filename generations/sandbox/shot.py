"""A file to make, as plain values: what the sandbox hands to the process that renders."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

SOUNDS = ("mp3", "wav")
STILLS = ("png", "jpg", "webp")


@dataclass(frozen=True, slots=True)
class Shot:
    """One film, picture or sound to make. `first`, `last` and `source` are paths of files that were sent, or empty.

    Without pictures a scene is drawn. `source` is a film to hand back: whole, or carried on where `seconds` is longer.
    """

    seconds: float
    fps: int
    short_side: int
    aspect_ratio: str = ""
    seed: str = ""
    first: str = ""
    last: str = ""
    suffix: str = "mp4"
    source: str = ""

    @property
    def key(self) -> str:
        """The file's name. Equal names are equal files: pictures are stored under their content hash."""
        digest = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()
        return f"{digest}.{self.suffix}"

    @property
    def frames(self) -> int:
        return max(1, round(self.seconds * self.fps))
