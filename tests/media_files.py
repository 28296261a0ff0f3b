"""Real pictures and videos for tests, drawn on the spot."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image


def make_picture(size=(640, 480), mode="RGB"):
    """A picture whose corners differ: red top left, green top right, blue bottom left, white bottom right."""
    width, height = size
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[: height // 2, : width // 2] = (220, 30, 30)
    pixels[: height // 2, width // 2 :] = (30, 200, 30)
    pixels[height // 2 :, : width // 2] = (30, 30, 220)
    pixels[height // 2 :, width // 2 :] = (240, 240, 240)
    return Image.fromarray(pixels).convert(mode)


def make_image(path, size=(640, 480), format=None, mode="RGB", **save):
    """Save `make_picture` under a path; the format follows the name unless given. Returns the path."""
    path = Path(path)
    make_picture(size, mode).save(path, format, **save)
    return path


def make_video(path, seconds=1, fps=24, size=(640, 360), audio=False, format="mp4", codec="libx264", pix_fmt="yuv420p"):
    """An H.264 MP4 whose picture moves from dark to light, with a silent AAC track if asked. Returns the path."""
    path = Path(path)
    with av.open(str(path), "w", format=format, options={"movflags": "+faststart"}) as out:
        film = out.add_stream(codec, rate=Fraction(fps))
        film.width, film.height = size
        film.pix_fmt = pix_fmt
        sound = out.add_stream("aac", rate=44100, layout="mono") if audio else None
        count = round(seconds * fps)
        for index in range(count):
            out.mux(film.encode(av.VideoFrame.from_ndarray(_frame(size, index / max(1, count - 1)), format="rgb24")))
        out.mux(film.encode())
        if sound:
            for index in range(int(seconds * 44100 / 1024)):
                silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), dtype=np.float32), "fltp", "mono")
                silence.sample_rate, silence.pts = 44100, index * 1024
                out.mux(sound.encode(silence))
            out.mux(sound.encode())
    return path


def _frame(size, progress):
    width, height = size
    frame = np.full((height, width, 3), int(30 + 200 * progress), dtype=np.uint8)
    left = int(progress * (width - 40))
    frame[height // 3 : height // 3 + 40, left : left + 40] = (250, 60, 40)
    return frame
