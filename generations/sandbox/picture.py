"""Pictures: one frame of what a film would have been, as PNG, JPEG or WebP, of the asked size."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from generations.sandbox.film import NOTE, frame_of, mark_of
from generations.sandbox.film_scene import from_prompt
from generations.sandbox.film_still import from_still
from generations.sandbox.shot import Shot

MODES = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}


def make_picture(shot: Shot, path: Path) -> None:
    """Write the picture of a shot. The file appears whole or not at all. Raises OSError for a bad input."""
    still = replace(shot, seconds=2.0, fps=1)  # two frames, so that the move over a sent picture has an end
    frames = list(from_still(still) if shot.first or shot.last else from_prompt(still))
    image = frame_of(frames[-1]).to_image()
    mark = mark_of(image.size)
    image.paste((225, 225, 225), (image.width - mark.width, image.height - mark.height), mark)
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    image.save(unfinished, MODES[shot.suffix], comment=NOTE)
    unfinished.replace(path)
