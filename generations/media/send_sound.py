"""Writes the copy of a sound that a provider gets, in the child process: the same sound, no title, picture or place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from generations.media.containers import damage_named, opened
from generations.media.read_sound import sound_of
from generations.media.unreadable import Unreadable

_BITS = (192_000, 128_000, 96_000, 64_000)
# How a container is written, and the options that keep tags, the encoder's name and dates out of it.
_WRITTEN = {
    "mp3": ("mp3", {"id3v2_version": "0", "write_id3v1": "0", "fflags": "+bitexact"}),
    "wav": ("wav", {"fflags": "+bitexact"}),
    "mov": ("ipod", {"movflags": "+faststart", "fflags": "+bitexact"}),
    "aac": ("adts", {"write_id3v2": "0", "fflags": "+bitexact"}),
}


def work(path: str, out: str, form: str, max_bytes: int, copy: bool) -> dict[str, Any]:
    """Copy the sound track alone where `copy`; else, and where that is too large, make the best MP3 that fits."""
    with damage_named():
        if copy:
            _copy(path, out, form)
            if Path(out).stat().st_size <= max_bytes:
                return {"bits": 0}
        for bits in _BITS:
            _encode(path, out, form, bits)
            if Path(out).stat().st_size <= max_bytes:
                return {"bits": bits}
    raise Unreadable("bytes")


def _copy(path: str, out: str, form: str) -> None:
    import av  # noqa: PLC0415

    name, options = _WRITTEN[form]
    with opened(path, form) as source, av.open(out, "w", format=name, options=options) as target:
        heard = sound_of(source)
        track = target.add_stream_from_template(heard)
        track.metadata.clear()
        for packet in source.demux(heard):
            if packet.dts is not None and packet.size:
                packet.stream = track
                target.mux(packet)


def _encode(path: str, out: str, form: str, bits: int) -> None:
    import av  # noqa: PLC0415

    name, options = _WRITTEN["mp3"]
    with opened(path, form) as source, av.open(out, "w", format=name, options=options) as target:
        heard = sound_of(source)
        layout = "mono" if heard.codec_context.channels == 1 else "stereo"
        rate = heard.codec_context.sample_rate
        track = target.add_stream("libmp3lame", rate=rate if rate in (44_100, 48_000) else 44_100, layout=layout)
        track.bit_rate = bits
        for frame in source.decode(heard):
            target.mux(track.encode(frame))
        target.mux(track.encode(None))
