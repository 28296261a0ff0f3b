"""A film to make, as plain values: what the sandbox hands to the process that renders."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Shot:
    """One film to make. `first` and `last` are paths of pictures, or empty; without both a scene is drawn."""

    seconds: int
    fps: int
    short_side: int
    aspect_ratio: str = ""
    seed: str = ""
    first: str = ""
    last: str = ""

    @property
    def key(self) -> str:
        """Equal keys are equal films. Pictures are stored under their content hash, so a path names content."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    @property
    def frames(self) -> int:
        return self.seconds * self.fps
