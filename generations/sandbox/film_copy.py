"""Films made from films: handed back as they came, or carried on to a greater length."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import av
from PIL import Image

from generations.sandbox.film import Planes, encode, marked, planes_of
from generations.sandbox.film_still import carry_on
from generations.sandbox.shot import Shot

SLACK_SECONDS = 0.3


def hand_back(shot: Shot, path: Path) -> None:
    """Write a shot's source film again, longer where the shot is. Raises OSError where it cannot be read."""
    with av.open(shot.source) as container:
        stream = container.streams.video[0]
        length = float(container.duration or 0) / av.time_base
        fps = round(float(stream.average_rate or shot.fps))
        plain = "mp4" in container.format.name and length >= shot.seconds - SLACK_SECONDS
    if not plain:
        encode(path, marked(_longer(shot, fps)), fps)
        return
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    shutil.copyfile(shot.source, unfinished)
    unfinished.replace(path)


def _longer(shot: Shot, fps: int) -> Iterator[Planes]:
    """The frames of the source, then a slow move over its last one until the shot is over."""
    wanted, count = round(shot.seconds * fps), 0
    last: Image.Image | None = None
    with av.open(shot.source) as container:
        for frame in container.decode(video=0):
            image = frame.to_image()
            last = image.crop((0, 0, image.width // 2 * 2, image.height // 2 * 2))
            count += 1
            yield planes_of(last)
    if last is not None and count < wanted:
        yield from carry_on(planes_of(last), wanted - count, shot.seed)
