"""Opening files of others with PyAV, in the child process. Imports nothing of Django."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from generations.media.unreadable import Unreadable

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

SIDE_MAX_PX = 8_192
PIXELS_MAX = 8_192 * 4_320
FILM_CODECS = frozenset(("h264", "hevc", "av1", "vp9", "mpeg4"))
_BOXES_MAX = 100_000
_FIRST_BOXES = frozenset((b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"))


def opened(path: str, form: str = "mov") -> InputContainer:
    """Open with the container named: a guess from name or content could be a playlist, which fetches what it lists."""
    import av  # noqa: PLC0415 - after the limits are in force

    return av.open(f"file:{path}", format=form, options={"protocol_whitelist": "file"})


@contextmanager
def damage_named() -> Iterator[None]:
    """What the library cannot read is Unreadable."""
    import av  # noqa: PLC0415

    try:
        yield
    except (av.error.FFmpegError, ValueError) as error:
        raise Unreadable("memory" if isinstance(error, MemoryError) else "damaged") from error


def check_boxes(path: Path) -> None:
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


def film_of(container: InputContainer) -> VideoStream:
    """The picture track, within limits. Raises Unreadable."""
    if not container.streams.video:
        raise Unreadable("no_video")
    stream = container.streams.video[0]
    codec = stream.codec_context
    if codec is None or codec.name not in FILM_CODECS:
        raise Unreadable("codec")
    if not 0 < max(codec.width, codec.height) <= SIDE_MAX_PX or codec.width * codec.height > PIXELS_MAX:
        raise Unreadable("dimensions")
    codec.options = {"max_pixels": str(PIXELS_MAX)}  # the stream itself may say otherwise than the header
    codec.thread_type = "AUTO"
    codec.thread_count = 2
    return stream
