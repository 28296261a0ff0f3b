"""Reads one hostile video file in a process of its own and prints what it found as one line of JSON.

Run as a script, `python -I inspect_main.py '{"path": …}'`, so that neither Django nor this project is imported: only
PyAV, and Pillow for the poster. Limits on memory, processor time and written bytes are set before any byte is read.
Prints {"facts": {…}} or {"reason": "damaged"}; a crash prints neither.
"""

from __future__ import annotations

import json
import resource
import sys
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

SIDE_MAX_PX = 8_192
PIXELS_MAX = 8_192 * 4_320
CODECS = frozenset(("h264", "hevc", "av1", "vp9", "mpeg4"))
POSTER_WIDTH_PX = 960
PREVIEW_WIDTH_PX = 320
PREVIEW_FPS = 12
PREVIEW_FRAMES = 36
_WRITTEN_MAX_BYTES = 64_000_000
_BOXES_MAX = 100_000
_FIRST_BOXES = frozenset((b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"))
_HD_HEIGHT_PX = 720
_UNSPECIFIED_COLOURS = 2


class Unreadable(Exception):
    """Not a video that can be taken; the argument is the machine word for why."""


def main() -> None:
    request = json.loads(sys.argv[1])
    _limit(request["max_memory_bytes"], request["max_cpu_seconds"])
    try:
        answer: dict[str, Any] = {"facts": _inspect(request["path"], request["poster"], request["preview"])}
    except Unreadable as error:
        answer = {"reason": str(error), "detail": str(getattr(error.__cause__, "strerror", ""))}
    except MemoryError:
        answer = {"reason": "memory"}
    json.dump(answer, sys.stdout)


def _limit(max_memory_bytes: int, max_cpu_seconds: int) -> None:
    for what, most in (
        (resource.RLIMIT_AS, max_memory_bytes),
        (resource.RLIMIT_CPU, max_cpu_seconds),
        (resource.RLIMIT_FSIZE, _WRITTEN_MAX_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _inspect(path: str, poster: str, preview: str) -> dict[str, Any]:
    import av  # noqa: PLC0415 - after the limits are in force

    _check_boxes(Path(path))
    try:
        expected = _count_packets(path)
        with _opened(path) as container:
            stream = _stream(container)
            frame_count = _draw(container, stream, _wanted(expected), Path(poster), preview)
            if frame_count == 0 or frame_count < stream.frames:
                raise Unreadable("damaged")
            return _facts(container, stream, frame_count)
    except (av.error.FFmpegError, ValueError) as error:
        raise Unreadable("memory" if isinstance(error, MemoryError) else "damaged") from error


def _check_boxes(path: Path) -> None:
    """An MP4 is a row of boxes, each with its length: one of them is the index, and the last ends with the file."""
    size = path.stat().st_size
    if size == 0:
        raise Unreadable("empty")
    names: list[bytes] = []
    position = 0
    with path.open("rb") as file:
        while position < size:
            file.seek(position)
            name, length = _box(file.read(16), size - position)
            if length < 8 or len(names) >= _BOXES_MAX:
                raise Unreadable("damaged" if names else "format")
            names.append(name)
            position += length
            if names[0] not in _FIRST_BOXES:
                raise Unreadable("format")
    if position > size or b"moov" not in names:
        raise Unreadable("cut_off")


def _box(header: bytes, remaining: int) -> tuple[bytes, int]:
    """A box's name and length; length 1 stands for a long length behind the name, 0 for all that remains."""
    length = int.from_bytes(header[:4])
    if length == 1:
        length = int.from_bytes(header[8:16])
    return header[4:8], length or remaining


def _opened(path: str) -> InputContainer:
    """Open with the container named: a guess from name or content could be a playlist, which fetches what it lists."""
    import av  # noqa: PLC0415

    return av.open(f"file:{path}", format="mov", options={"protocol_whitelist": "file"})


def _stream(container: InputContainer) -> VideoStream:
    if not container.streams.video:
        raise Unreadable("no_video")
    stream = container.streams.video[0]
    codec = stream.codec_context
    if codec is None or codec.name not in CODECS:
        raise Unreadable("codec")
    if not 0 < max(codec.width, codec.height) <= SIDE_MAX_PX or codec.width * codec.height > PIXELS_MAX:
        raise Unreadable("dimensions")
    codec.options = {"max_pixels": str(PIXELS_MAX)}  # the stream itself may say otherwise than the header
    codec.thread_type = "AUTO"
    codec.thread_count = 2
    return stream


def _count_packets(path: str) -> int:
    with _opened(path) as container:
        return sum(1 for packet in container.demux(_stream(container)) if packet.size)


def _wanted(frame_count: int) -> frozenset[int]:
    """Which frames a preview shows: evenly spread, so that a few seconds cover the whole clip."""
    shown = min(PREVIEW_FRAMES, frame_count)
    return frozenset(index * frame_count // shown for index in range(shown)) if shown else frozenset()


def _draw(container: InputContainer, stream: VideoStream, wanted: frozenset[int], poster: Path, preview: str) -> int:
    """Decode every frame once: the first is the poster, the wanted ones the preview. Returns how many there are."""
    import av  # noqa: PLC0415

    count = shown = 0
    with av.open(preview, "w", format="mp4", options={"movflags": "+faststart"}) as out:
        film = out.add_stream("libx264", rate=PREVIEW_FPS, options={"crf": "30", "preset": "veryfast", "threads": "1"})
        film.width, film.height = _scaled(stream, PREVIEW_WIDTH_PX)
        film.pix_fmt = "yuv420p"
        for count, frame in enumerate(container.decode(stream), 1):
            if count == 1:
                _save_poster(frame, poster)
            if count - 1 in wanted:
                out.mux(film.encode(_small(frame, film, shown)))
                shown += 1
        out.mux(film.encode())
    return count


def _scaled(stream: VideoStream, width: int) -> tuple[int, int]:
    """The size at a width, both sides even as H.264 in 4:2:0 needs them."""
    codec = stream.codec_context
    return width, max(2, round(codec.height * width / codec.width / 2) * 2)


def _small(frame: VideoFrame, film: VideoStream, number: int) -> VideoFrame:
    small = frame.reformat(width=film.width, height=film.height, format="yuv420p")
    small.pts, small.time_base = number, Fraction(1, PREVIEW_FPS)
    return small


def _save_poster(frame: VideoFrame, poster: Path) -> None:
    width = min(POSTER_WIDTH_PX, frame.width)
    height = max(1, round(frame.height * width / frame.width))
    # Players take unmarked HD as BT.709; the scaler would take it as BT.601 and tint every poster.
    unmarked = "ITU709" if frame.height >= _HD_HEIGHT_PX else "ITU601"
    marked = frame.colorspace if frame.colorspace != _UNSPECIFIED_COLOURS else unmarked
    picture = frame.reformat(width=width, height=height, format="rgb24", src_colorspace=marked)
    picture.to_image().save(poster, "JPEG", quality=85, optimize=True)


def _facts(container: InputContainer, stream: VideoStream, frame_count: int) -> dict[str, Any]:
    rate = stream.average_rate or stream.guessed_rate
    if not rate or rate <= 0:
        raise Unreadable("damaged")
    duration = frame_count / rate
    if stream.duration and stream.time_base:
        duration = stream.duration * stream.time_base
    audio = container.streams.audio
    return {
        "width": stream.codec_context.width,
        "height": stream.codec_context.height,
        "frame_count": frame_count,
        "fps": [rate.numerator, rate.denominator],
        "duration": list(duration.as_integer_ratio()),
        "video_codec": stream.codec_context.name,
        "audio_codec": audio[0].codec_context.name if audio else "",
    }


if __name__ == "__main__":
    main()
