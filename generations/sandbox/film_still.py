"""Image to video: a slow push-in with a drift over the picture that was sent, and a dissolve to the end frame."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator

from PIL import Image

from generations.sandbox.film import Planes, planes_of, size_for
from generations.sandbox.shot import Shot

PUSH = 0.14  # how much of the width has left the frame at the end
DISSOLVE = 0.3  # the share of the film in which the end frame comes in
DIRECTIONS = 8

Box = tuple[float, float, float, float]


def from_still(shot: Shot) -> Iterator[Planes]:
    """The frames of a shot over its picture. Frame 0 is the whole first frame, the last frame the whole end frame."""
    with Image.open(shot.first or shot.last) as image:
        aspect = image.width / image.height
    size = size_for(aspect, shot.short_side)
    first = _load(shot.first, size) if shot.first else None
    last = _load(shot.last, size) if shot.last else None
    angle = direction(shot.seed) * 2 * math.pi / DIRECTIONS
    for number in range(shot.frames):
        done = number / (shot.frames - 1)
        if first is None and last is not None:
            yield _view(last, 1 - done, angle)  # an end frame alone: the move arrives at the whole picture
        elif first is not None and last is None:
            yield _view(first, done, angle)
        elif first is not None and last is not None:
            yield _dissolve(_view(first, done, angle), _view(last, 1 - done, angle), done)


def carry_on(picture: Planes, frames: int, seed: str) -> Iterator[Planes]:
    """A slow push-in over one picture, of so many frames."""
    angle = direction(seed) * 2 * math.pi / DIRECTIONS
    for number in range(1, frames + 1):
        yield _view(picture, number / frames, angle)


def direction(seed: str) -> int:
    """Where the drift goes, as one of a few compass points, so that prompts differ but renders are shared."""
    return hashlib.sha256(seed.encode()).digest()[0] % DIRECTIONS


def _load(path: str, size: tuple[int, int]) -> Planes:
    with Image.open(path) as image:
        picture = image.convert("RGB")
    return planes_of(picture.resize(size, Image.Resampling.BICUBIC, box=_cover(picture.size, size)))


def _cover(source: tuple[int, int], target: tuple[int, int]) -> Box:
    """The largest centred part of a picture that has the target's shape."""
    scale = min(source[0] / target[0], source[1] / target[1])
    width, height = min(target[0] * scale, source[0]), min(target[1] * scale, source[1])
    left, top = (source[0] - width) / 2, (source[1] - height) / 2
    return left, top, left + width, top + height


def _view(picture: Planes, done: float, angle: float) -> Planes:
    eased = done * done * (3 - 2 * done)
    if eased == 0:
        return Planes(*(plane.copy() for plane in picture))
    return Planes(*(_crop(plane, eased * PUSH, angle) for plane in picture))


def _crop(plane: Image.Image, lost: float, angle: float) -> Image.Image:
    width, height = plane.size
    left = width * lost * (1 + math.cos(angle)) / 2
    top = height * lost * (1 + math.sin(angle)) / 2
    box = (left, top, left + width * (1 - lost), top + height * (1 - lost))
    return plane.resize(plane.size, Image.Resampling.BILINEAR, box=box)


def _dissolve(one: Planes, other: Planes, done: float) -> Planes:
    share = max(0.0, (done - (1 - DISSOLVE)) / DISSOLVE)
    if share == 0:
        return one
    return Planes(*(Image.blend(a, b, share) for a, b in zip(one, other, strict=True)))
