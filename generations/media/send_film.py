"""Writes the copy of a video that a provider gets, in the child process: the same pictures, nothing beside them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generations.media.containers import check_boxes, damage_named, film_of, opened
from generations.media.read_film import is_sideways
from generations.media.unreadable import Unreadable

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.filter.graph import Graph
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

COPIED_FILMS = frozenset(("h264", "hevc"))
_COPIED_SOUNDS = frozenset(("aac", "mp3", "mp3float"))
_WAYS = {90: "cclock", -90: "clock"}
_SOUND_BITS = 128_000
_FILM_BITS_MIN = 400_000
_SHARES = (0.9, 0.6)  # of the size: a container takes some, and an encoder does not hit its rate exactly
# No encoder's name, no date: equal input gives equal bytes.
_PLAIN = {"movflags": "+faststart", "fflags": "+bitexact"}


def work(path: str, out: str, max_bytes: int) -> dict[str, Any]:
    """Copy the picture and sound tracks alone; render them again where the codec or the size asks for it."""
    check_boxes(Path(path))
    with damage_named():
        with opened(path) as container:
            codec = film_of(container).codec_context.name
        why = "" if codec in COPIED_FILMS else "codec"
        if not why:
            _copy(path, out)
            why = "" if Path(out).stat().st_size <= max_bytes else "bytes"
        for share in _SHARES if why else ():
            _render(path, out, int(max_bytes * share))
            if Path(out).stat().st_size <= max_bytes:
                break
    if Path(out).stat().st_size > max_bytes:
        raise Unreadable("bytes")
    return {"rendered": why}


def _copy(path: str, out: str) -> None:
    with opened(path) as source, _written(out) as target:
        film = film_of(source)
        heard = _sound_of(source)
        tracks: dict[int, Any] = {film.index: target.add_stream_from_template(film)}
        copies_sound = heard is not None and heard.codec_context.name in _COPIED_SOUNDS
        if heard is not None:
            tracks[heard.index] = target.add_stream_from_template(heard) if copies_sound else _new_sound(target, heard)
        for track in tracks.values():
            track.metadata.clear()
        for packet in source.demux([film] if heard is None else [film, heard]):
            track = tracks[packet.stream.index]
            if heard is not None and packet.stream.index == heard.index and not copies_sound:
                _encode_sound(target, track, packet)
            elif packet.dts is not None:
                packet.stream = track
                target.mux(packet)


def _render(path: str, out: str, max_bytes: int) -> None:
    turn = _turn_of(path)
    with opened(path) as source, _written(out) as target:
        film = film_of(source)
        heard = _sound_of(source)
        # Every track must be there before the first packet is written.
        track = _new_film(target, film, turn, _film_bits(film, max_bytes, with_sound=heard is not None))
        sound = _new_sound(target, heard) if heard is not None else None
        turner = _turner(film, turn)
        for packet in source.demux([film] if heard is None else [film, heard]):
            if heard is not None and packet.stream.index == heard.index:
                _encode_sound(target, sound, packet)
                continue
            for frame in packet.decode():
                target.mux(track.encode(_upright(turner, frame, track)))
        target.mux(track.encode())


def _turn_of(path: str) -> int:
    """How far the pictures must be turned to stand upright, in degrees against the clock: the first one says it."""
    with opened(path) as source:
        for frame in source.decode(film_of(source)):
            return frame.rotation
    raise Unreadable("damaged")


def _written(out: str) -> OutputContainer:
    import av  # noqa: PLC0415

    return av.open(out, "w", format="mp4", options=_PLAIN)


def _sound_of(source: InputContainer) -> AudioStream | None:
    return source.streams.audio[0] if source.streams.audio else None


def _new_sound(target: OutputContainer, heard: AudioStream) -> Any:  # noqa: ANN401 - PyAV types it as a union
    rate = heard.codec_context.sample_rate
    rate = rate if rate in (44_100, 48_000) else 48_000
    return target.add_stream("aac", rate=rate, layout="stereo", bit_rate=_SOUND_BITS)


def _encode_sound(target: OutputContainer, track: Any, packet: Any) -> None:  # noqa: ANN401
    for frame in packet.decode():
        target.mux(track.encode(frame))
    if packet.size == 0:
        target.mux(track.encode(None))


def _film_bits(film: VideoStream, max_bytes: int, *, with_sound: bool) -> int:
    seconds = film.duration * film.time_base if film.duration and film.time_base else Fraction(0)
    if not seconds:
        raise Unreadable("damaged")
    bits = int(max_bytes * 8 / seconds) - (_SOUND_BITS if with_sound else 0)
    if bits < _FILM_BITS_MIN:
        raise Unreadable("bytes")
    return bits


def _new_film(target: OutputContainer, film: VideoStream, turn: int, bits: int) -> VideoStream:
    options = {"crf": "18", "preset": "veryfast", "maxrate": str(bits), "bufsize": str(bits // 2), "threads": "2"}
    rate = film.average_rate or film.guessed_rate or Fraction(25)
    track = target.add_stream("libx264", rate=rate, options=options)
    width, height = _even(film.codec_context.width), _even(film.codec_context.height)
    track.width, track.height = (height, width) if is_sideways(turn) else (width, height)
    track.pix_fmt = "yuv420p"
    if film.time_base:
        track.codec_context.time_base = film.time_base
    return track


def _even(side: int) -> int:
    return max(2, side - side % 2)


def _turner(film: VideoStream, turn: int) -> Graph | None:
    """A filter that turns each picture upright, or None where it stands so."""
    from av.filter import Graph as FilterGraph  # noqa: PLC0415

    if turn % 360 == 0:
        return None
    graph = FilterGraph()
    way = _WAYS.get(turn)
    turns = [graph.add("transpose", way)] if way else [graph.add("hflip"), graph.add("vflip")]
    graph.link_nodes(graph.add_buffer(template=film), *turns, graph.add("buffersink")).configure()
    return graph


def _upright(turner: Graph | None, frame: Any, track: VideoStream) -> VideoFrame:  # noqa: ANN401
    pts, time_base = frame.pts, frame.time_base
    if turner:
        turner.push(frame)
        frame = turner.pull()
    ready: VideoFrame = frame.reformat(width=track.width, height=track.height, format="yuv420p")
    ready.pts, ready.time_base = pts, time_base
    return ready
