"""The sandbox's films: real H.264 in MP4, of the exact length, frame rate and size that was asked for.

Pictures are handled as the three planes of yuv420p from the start: half the bytes of RGB, and no conversion per frame,
so five seconds of 1080p cost about two seconds of one core.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.video.reformatter import Colorspace
from PIL import Image, ImageDraw, ImageFont

BT709 = 1
MARK_FROM_FRAME = 12  # frame 0 stays the picture that was sent, to the last corner
NOTE = "Simulated by the Kling Site sandbox. Not made by Kling."


class Planes(NamedTuple):
    """A picture in yuv420p: luma at full size, both colours at half."""

    y: Image.Image
    u: Image.Image
    v: Image.Image


def size_for(aspect: float, short_side: int) -> tuple[int, int]:
    """Width and height in pixels, both even, for an aspect (width / height)."""
    width = short_side * max(aspect, 1.0)
    height = short_side / min(aspect, 1.0)
    return max(2, round(width / 2) * 2), max(2, round(height / 2) * 2)


def planes_of(image: Image.Image) -> Planes:
    """An RGB picture with even sides as planes."""
    frame = av.VideoFrame.from_image(image.convert("RGB"))
    array = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709).to_ndarray()
    width, height = image.size
    flat, luma, chroma = array.reshape(-1), width * height, width * height // 4
    half = (height // 2, width // 2)
    return Planes(
        Image.fromarray(flat[:luma].reshape(height, width)),
        Image.fromarray(flat[luma : luma + chroma].reshape(half)),
        Image.fromarray(flat[luma + chroma : luma + 2 * chroma].reshape(half)),
    )


def encode(path: Path, pictures: Iterable[Planes], fps: int) -> None:
    """Write the pictures as one film. The file appears whole or not at all."""
    unfinished = path.with_suffix(f".{os.getpid()}.part")  # a killed sandbox may leave a process at the same film
    with av.open(str(unfinished), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata["comment"] = NOTE
        stream = None
        for picture in pictures:
            if stream is None:
                stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "22"})
                stream.width, stream.height = picture.y.size
                stream.pix_fmt = "yuv420p"
                stream.codec_context.thread_count = 1
                stream.codec_context.colorspace = stream.codec_context.color_primaries = BT709
                stream.codec_context.color_trc = BT709
            container.mux(stream.encode(frame_of(picture)))
        if stream is not None:
            container.mux(stream.encode())
    unfinished.replace(path)


def frame_of(picture: Planes) -> av.VideoFrame:
    """Planes as a frame of PyAV."""
    width, height = picture.y.size
    flat = np.concatenate([np.asarray(plane).reshape(-1) for plane in picture])
    frame = av.VideoFrame.from_ndarray(flat.reshape(height * 3 // 2, width), format="yuv420p")
    frame.colorspace = Colorspace.ITU709
    return frame


def marked(pictures: Iterable[Planes]) -> Iterator[Planes]:
    """The pictures with a small SANDBOX in the lower right corner, from frame 12 on."""
    mark: Image.Image | None = None
    for number, picture in enumerate(pictures):
        if number >= MARK_FROM_FRAME:
            mark = mark or mark_of(picture.y.size)
            x, y = picture.y.width - mark.width, picture.y.height - mark.height
            picture.y.paste(225, (x, y), mark)
        yield picture


def mark_of(size: tuple[int, int]) -> Image.Image:
    """The word SANDBOX as a mask, in the measure of a picture's size."""
    height = max(10, min(size) // 36)
    font = ImageFont.load_default(height)
    left, top, right, bottom = font.getbbox("SANDBOX")
    mask = Image.new("L", (round(right - left) + height, round(bottom - top) + height), 0)
    ImageDraw.Draw(mask).text((-left, -top), "SANDBOX", fill=190, font=font)
    return mask
