"""Text to video: a drawn landscape whose light and hills follow from the prompt's hash, always the same for it."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import NamedTuple

from PIL import Image, ImageDraw

from generations.sandbox.film import Planes, planes_of, size_for
from generations.sandbox.shot import Shot

Colour = tuple[int, int, int]
HORIZON = 0.62
PALETTES: tuple[tuple[Colour, Colour, Colour, Colour], ...] = (  # sky above, sky below, light, land
    ((24, 44, 92), (236, 150, 96), (255, 222, 160), (38, 30, 52)),
    ((72, 140, 206), (214, 232, 240), (255, 250, 225), (44, 84, 66)),
    ((14, 18, 44), (64, 74, 120), (232, 236, 250), (12, 16, 30)),
    ((120, 86, 130), (246, 196, 178), (255, 240, 214), (66, 44, 74)),
    ((150, 170, 178), (226, 226, 216), (250, 250, 244), (80, 92, 92)),
)


class Layer(NamedTuple):
    """Something that moves as one: its colour, its shape wider than the frame, its height, and its path in pixels."""

    colour: tuple[int, int, int]  # y, u, v
    shape: Image.Image
    top: int
    start: float
    travel: float


def from_prompt(shot: Shot) -> Iterator[Planes]:
    """The frames of the scene drawn for a prompt."""
    across, down = (int(part) for part in (shot.aspect_ratio or "16:9").split(":"))
    size = size_for(across / down, shot.short_side)
    chance = random.Random(shot.seed)  # noqa: S311 - a picture, not a secret
    palette = chance.choice(PALETTES)
    sky = planes_of(_sky(size, palette))
    layers = [_sun(size, palette, chance), *(_hills(size, palette, chance, depth) for depth in range(3))]
    for number in range(shot.frames):
        picture = Planes(*(plane.copy() for plane in sky))
        for layer in layers:
            _lay(picture, layer, number / (shot.frames - 1))
        yield picture


def _sky(size: tuple[int, int], palette: tuple[Colour, ...]) -> Image.Image:
    column = Image.new("RGB", (1, 256))
    for row in range(256):
        share = min(1.0, row / 255 / HORIZON)
        column.putpixel((0, row), _mix(palette[0], palette[1], share))
    return column.resize(size, Image.Resampling.BILINEAR)


def _sun(size: tuple[int, int], palette: tuple[Colour, ...], chance: random.Random) -> Layer:
    side = min(size) // 5 // 4 * 4
    disc = Image.new("L", (side * 2, side * 2), 0)
    ImageDraw.Draw(disc).ellipse((4, 4, side * 2 - 4, side * 2 - 4), fill=235)
    disc = disc.resize((side, side), Image.Resampling.BILINEAR)
    shape = Image.new("L", (size[0] * 2, side), 0)
    shape.paste(disc, (size[0], 0))
    start = size[0] * chance.uniform(0.25, 0.7)
    return Layer(_yuv(palette[2]), shape, int(size[1] * chance.uniform(0.1, 0.3)), start, size[0] * 0.08)


def _hills(size: tuple[int, int], palette: tuple[Colour, ...], chance: random.Random, depth: int) -> Layer:
    width, height = size[0] * 5 // 4, size[1]
    top = int(height * (HORIZON - 0.14 + depth * 0.13)) // 2 * 2
    room = height - top
    waves = [(chance.uniform(1, 5 + depth), chance.uniform(0, 6.3), chance.uniform(0.2, 1)) for _ in range(4)]
    points = [(x, _ridge(x / width, waves) * room * 0.45) for x in range(0, width + 8, 8)]
    shape = Image.new("L", (width, room), 0)
    ImageDraw.Draw(shape).polygon([*points, (width, room), (0, room)], fill=255)
    colour = _mix(palette[1], palette[3], 0.35 + depth * 0.32)
    return Layer(_yuv(colour), shape, top, size[0] / 4 * chance.random() * 0.3, size[0] * (0.05 + depth * 0.06))


def _ridge(place: float, waves: list[tuple[float, float, float]]) -> float:
    total = sum(weight for _, _, weight in waves)
    return sum((1 + math.sin(place * pace * 6.3 + shift)) / 2 * weight for pace, shift, weight in waves) / total


def _lay(picture: Planes, layer: Layer, done: float) -> None:
    left = int(layer.start + layer.travel * done) // 2 * 2
    width = picture.y.width
    part = layer.shape.crop((left, 0, left + width, layer.shape.height))
    half = part.reduce(2)
    top = layer.top // 2 * 2
    picture.y.paste(layer.colour[0], (0, top), part)
    for plane, value in zip((picture.u, picture.v), layer.colour[1:], strict=True):
        plane.paste(value, (0, top // 2), half)


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _yuv(colour: Colour) -> tuple[int, int, int]:
    y, u, v = (plane.getpixel((0, 0)) for plane in planes_of(Image.new("RGB", (16, 16), colour)))
    return int(y), int(u), int(v)  # type: ignore[arg-type]
