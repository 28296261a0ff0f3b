"""Sounds: a soft chord of the exact length that was asked for, its notes drawn from a seed, as WAV or MP3."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import cast

import av
import numpy as np
from numpy.typing import NDArray

from generations.sandbox.film import NOTE
from generations.sandbox.shot import Shot

RATE = 44_100
NOTES_HZ = (220.0, 246.94, 277.18, 329.63, 369.99, 440.0)
FADE_SECONDS = 0.05
LOUDNESS = 0.2
BLOCK = 1152
CODECS = {"mp3": "libmp3lame", "wav": "pcm_s16le"}


def make_sound(shot: Shot, path: Path) -> None:
    """Write the sound of a shot. The file appears whole or not at all."""
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    samples = tone(shot.seconds, shot.seed)
    with av.open(str(unfinished), "w", format=shot.suffix) as container:
        container.metadata["comment"] = NOTE
        stream = cast(av.AudioStream, container.add_stream(CODECS[shot.suffix], rate=RATE, layout="mono"))
        for start in range(0, samples.size, BLOCK):
            frame = av.AudioFrame.from_ndarray(samples[None, start : start + BLOCK], format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    unfinished.replace(path)


def tone(seconds: float, seed: str) -> NDArray[np.int16]:
    """The samples of a chord of three notes, the same for the same seed."""
    digest = hashlib.sha256(seed.encode()).digest()
    at = np.arange(max(1, round(seconds * RATE))) / RATE
    wave = sum(np.sin(2 * np.pi * NOTES_HZ[byte % len(NOTES_HZ)] * at) for byte in digest[:3]) / 3
    fade = np.clip(np.minimum(at, seconds - at) / FADE_SECONDS, 0, 1)
    return (wave * fade * LOUDNESS * 32767).astype(np.int16)
