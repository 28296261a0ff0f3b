"""Reads a video to its last frame and draws its poster and preview, in the child process."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generations.media.containers import check_boxes, damage_named, film_of, opened
from generations.media.unreadable import Unreadable

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

POSTER_WIDTH_PX = 960
PREVIEW_WIDTH_PX = 320
PREVIEW_FPS = 12
PREVIEW_FRAMES = 36
_HD_HEIGHT_PX = 720
_UNSPECIFIED_COLOURS = 2


def work(path: str, poster: str, preview: str) -> dict[str, Any]:
    """The facts of a video. Raises Unreadable."""
    check_boxes(Path(path))
    with damage_named():
        expected = _count_packets(path)
        with opened(path) as container:
            stream = film_of(container)
            frame_count, turn = _draw(container, stream, _wanted(expected), Path(poster), preview)
            if frame_count == 0 or frame_count < stream.frames:
                raise Unreadable("damaged")
            return _facts(container, stream, frame_count, turn)


def _count_packets(path: str) -> int:
    with opened(path) as container:
        return sum(1 for packet in container.demux(film_of(container)) if packet.size)


def _wanted(frame_count: int) -> frozenset[int]:
    """Which frames a preview shows: evenly spread, so that a few seconds cover the whole clip."""
    shown = min(PREVIEW_FRAMES, frame_count)
    return frozenset(index * frame_count // shown for index in range(shown)) if shown else frozenset()


def _draw(
    container: InputContainer, stream: VideoStream, wanted: frozenset[int], poster: Path, preview: str
) -> tuple[int, int]:
    """Decode every frame once: the first is the poster, the wanted ones the preview. Returns their number and turn."""
    import av  # noqa: PLC0415

    count = shown = turn = 0
    with av.open(preview, "w", format="mp4", options={"movflags": "+faststart"}) as out:
        film = out.add_stream("libx264", rate=PREVIEW_FPS, options={"crf": "30", "preset": "veryfast", "threads": "1"})
        film.pix_fmt = "yuv420p"
        for count, frame in enumerate(container.decode(stream), 1):
            if count == 1:
                turn = frame.rotation
                film.width, film.height = _scaled(stream, turn)
                _save_poster(frame, turn, poster)
            if count - 1 in wanted:
                out.mux(film.encode(_small(frame, turn, film, shown)))
                shown += 1
        if count:
            out.mux(film.encode())
    return count, turn


def is_sideways(turn: int) -> bool:
    """Whether a turn by these degrees changes width and height."""
    return turn % 180 != 0


def _scaled(stream: VideoStream, turn: int) -> tuple[int, int]:
    """The preview's size, both sides even as H.264 in 4:2:0 needs them."""
    width, height = stream.codec_context.width, stream.codec_context.height
    if is_sideways(turn):
        width, height = height, width
    return PREVIEW_WIDTH_PX, max(2, round(height * PREVIEW_WIDTH_PX / width / 2) * 2)


def _small(frame: VideoFrame, turn: int, film: VideoStream, number: int) -> VideoFrame:
    from av import VideoFrame as Frame  # noqa: PLC0415

    width, height = (film.height, film.width) if is_sideways(turn) else (film.width, film.height)
    small = frame.reformat(width=width, height=height, format="yuv420p")
    if turn:
        small = Frame.from_image(small.to_image().rotate(turn, expand=True)).reformat(format="yuv420p")
    small.pts, small.time_base = number, Fraction(1, PREVIEW_FPS)
    return small


def _save_poster(frame: VideoFrame, turn: int, poster: Path) -> None:
    width, height = frame.width, frame.height
    scale = min(1.0, POSTER_WIDTH_PX / (height if is_sideways(turn) else width))
    # Players take unmarked HD as BT.709; the scaler would take it as BT.601 and tint every poster.
    unmarked = "ITU709" if height >= _HD_HEIGHT_PX else "ITU601"
    marked = frame.colorspace if frame.colorspace != _UNSPECIFIED_COLOURS else unmarked
    size = {"width": max(1, round(width * scale)), "height": max(1, round(height * scale))}
    picture = frame.reformat(**size, format="rgb24", src_colorspace=marked).to_image()
    picture = picture.rotate(turn, expand=True) if turn else picture
    picture.save(poster, "JPEG", quality=85, optimize=True)


def _facts(container: InputContainer, stream: VideoStream, frame_count: int, turn: int) -> dict[str, Any]:
    rate = stream.average_rate or stream.guessed_rate
    if not rate or rate <= 0:
        raise Unreadable("damaged")
    duration = frame_count / rate
    if stream.duration and stream.time_base:
        duration = stream.duration * stream.time_base
    audio = container.streams.audio
    width, height = stream.codec_context.width, stream.codec_context.height
    return {
        "width": height if is_sideways(turn) else width,
        "height": width if is_sideways(turn) else height,
        "frame_count": frame_count,
        "fps": [rate.numerator, rate.denominator],
        "duration": list(duration.as_integer_ratio()),
        "video_codec": stream.codec_context.name,
        "audio_codec": audio[0].codec_context.name if audio else "",
    }
