"""Real pictures and videos for tests, drawn on the spot."""

from __future__ import annotations

import struct
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


PLACE = "+48.1371+011.5754/"
TURNS = {90: (0, 1, 0, -1, 0, 0), 180: (-1, 0, 0, 0, -1, 0), 270: (0, -1, 0, 1, 0, 0)}
SOUNDS = {
    "mp3": ("libmp3lame", "mp3"),
    "wav": ("pcm_s16le", "wav"),
    "m4a": ("aac", "ipod"),
    "mp4": ("aac", "mp4"),
    "aac": ("aac", "adts"),
}


def make_still_film(path, turn=0, place=PLACE, format="mp4", codec="libx264"):
    """One second of `make_picture`, as a phone writes it: held by `turn` degrees, and saying where it was taken."""
    path = Path(path)
    with av.open(str(path), "w", format=format, options={"movflags": "+use_metadata_tags"}) as out:
        out.metadata.update({"location": place, "com.apple.quicktime.location.ISO6709": place, "title": "Harbour"})
        film = out.add_stream(codec, rate=24)
        film.width, film.height = 640, 360
        film.pix_fmt = "yuv420p"
        for _ in range(24):
            out.mux(film.encode(av.VideoFrame.from_image(make_picture((640, 360)))))
        out.mux(film.encode())
    if turn:
        data = bytearray(path.read_bytes())
        matrix = data.index(b"tkhd") + 44
        numbers = [number << 16 for number in TURNS[turn]] + [0, 0, 1 << 30]
        data[matrix : matrix + 36] = struct.pack(">9i", *numbers)
        path.write_bytes(data)
    return path


def make_sound(path, seconds=2, rate=44100, layout="mono", title="Harbour", kind=""):
    """A tone that grows from silence; the kind of file follows the name unless given. Returns the path."""
    path = Path(path)
    codec, form = SOUNDS[kind or path.suffix[1:]]
    count = round(seconds * rate)
    wave = np.sin(np.arange(count) * 440 * 2 * np.pi / rate) * np.linspace(0, 30_000, count)
    with av.open(str(path), "w", format=form) as out:
        out.metadata.update({"title": title, "comment": PLACE})
        stream = out.add_stream(codec, rate=rate, layout=layout)
        channels = 1 if layout == "mono" else 2
        for start in range(0, count, 1024):
            part = np.repeat(wave[start : start + 1024].astype(np.int16), channels).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(part, "s16", layout)
            frame.sample_rate, frame.pts = rate, start
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def _frame(size, progress):
    width, height = size
    frame = np.full((height, width, 3), int(30 + 200 * progress), dtype=np.uint8)
    left = int(progress * (width - 40))
    frame[height // 3 : height // 3 + 40, left : left + 40] = (250, 60, 40)
    return frame
