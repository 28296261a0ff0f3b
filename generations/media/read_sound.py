"""Reads a sound to its last sample and draws its waveform, in the child process."""

from __future__ import annotations

from array import array
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generations.media.containers import check_boxes, damage_named, opened
from generations.media.unreadable import Unreadable

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

CODECS = frozenset(("mp3", "mp3float", "aac", "pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"))
CHANNELS_MAX = 8
RATE_MAX_HZ = 384_000
_BROKEN_FRAMES_MAX = 2  # a tag between two frames is taken for one, and players skip it
_BARE = ("mp3", "aac")  # frames without an index: what stands between them is skipped without a word
_TAGS_MAX_BYTES = 65_536
_CUT_OFF_SECONDS = Fraction(1, 4)
_FILLED_SECONDS = Fraction(1, 8)  # two frames of the longest kind
_PEAK_RATE_HZ = 8_000
_BLOCK = 80
_SIZE_PX = (960, 540)
_BARS = 160
_GROUND, _LINE, _BAR = "#14151b", "#3a3f55", "#a4adff"
_TALLEST = 0.42  # of the height, to each side


def work(path: str, poster: str, form: str) -> dict[str, Any]:
    """The facts of a sound in the named container. Raises Unreadable."""
    _check_length(Path(path), form)
    with damage_named(), opened(path, form) as container:
        stream = sound_of(container)
        samples, size, peaks = _listen(container, stream)
        if form in _BARE and Path(path).stat().st_size - size - _tag_bytes(Path(path)) > _TAGS_MAX_BYTES:
            raise Unreadable("damaged")
        rate = stream.codec_context.sample_rate
        if samples == 0:
            raise Unreadable("damaged")
        facts = {
            "duration": list(_duration(stream, samples, form).as_integer_ratio()),
            "sample_rate": rate,
            "channels": stream.codec_context.channels,
            "audio_codec": stream.codec_context.name.removesuffix("float"),
        }
    _draw(peaks, Path(poster))
    return facts


def sound_of(container: InputContainer) -> AudioStream:
    """The sound track, within limits. Raises Unreadable; a film is not a sound."""
    covers = [bool(stream.disposition & stream.disposition.attached_pic) for stream in container.streams.video]
    if not all(covers):
        raise Unreadable("film")
    if not container.streams.audio:
        raise Unreadable("no_sound")
    stream = container.streams.audio[0]
    codec = stream.codec_context
    if codec is None or codec.name not in CODECS:
        raise Unreadable("codec")
    if not (0 < codec.channels <= CHANNELS_MAX and 0 < codec.sample_rate <= RATE_MAX_HZ):
        raise Unreadable("dimensions")
    return stream


def _duration(stream: AudioStream, samples: int, form: str) -> Fraction:
    """How long it plays: what was decoded, without the silence that an encoder adds to fill its last frame.

    Only an MP4 says how long it is; of the others it would be a guess from the first frame's bit rate.
    """
    heard = Fraction(samples, stream.codec_context.sample_rate)
    claimed = stream.duration * stream.time_base if form == "mov" and stream.duration and stream.time_base else heard
    if heard < claimed - _CUT_OFF_SECONDS:
        raise Unreadable("cut_off")
    return claimed if 0 <= heard - claimed < _FILLED_SECONDS else heard


def _check_length(path: Path, form: str) -> None:
    size = path.stat().st_size
    if size == 0:
        raise Unreadable("empty")
    if form == "mov":
        check_boxes(path)
    if form == "wav":
        with path.open("rb") as file:
            claimed = int.from_bytes(file.read(8)[4:], "little")
        # Recorders that write as they go leave 0 or all ones; an odd length may lack its last, empty byte.
        if claimed not in (0, 0xFFFF_FFFF) and claimed + 8 > size + 1:
            raise Unreadable("cut_off")


def _tag_bytes(path: Path) -> int:
    """The length of the tag that a raw stream may begin with: a picture of the cover can be most of a file."""
    with path.open("rb") as file:
        head = file.read(10)
    if head[:3] != b"ID3":
        return 0
    return 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=False))


def _listen(container: InputContainer, stream: AudioStream) -> tuple[int, int, array[int]]:
    """Decode everything once: how many samples, from how many bytes, and the highest of each hundredth of a second."""
    import av  # noqa: PLC0415

    resampler = av.AudioResampler(format="s16", layout="mono", rate=_PEAK_RATE_HZ)
    samples = broken = size = 0
    peaks: array[int] = array("H")
    rest: array[int] = array("h")
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            broken += 1
            if broken > _BROKEN_FRAMES_MAX:
                raise
            continue
        size += packet.size
        for frame in frames:
            samples += frame.samples
            for small in resampler.resample(frame):
                rest.frombytes(bytes(small.planes[0])[: small.samples * 2])
        rest = _take_blocks(rest, peaks)
    if rest:
        peaks.append(_peak(rest))
    return samples, size, peaks


def _take_blocks(heard: array[int], peaks: array[int]) -> array[int]:
    """Move whole blocks from what was heard to the peaks; what is left is returned."""
    end = len(heard) - len(heard) % _BLOCK
    peaks.extend(_peak(heard[start : start + _BLOCK]) for start in range(0, end, _BLOCK))
    return heard[end:]


def _peak(block: array[int]) -> int:
    return max(max(block), -min(block), 0)


def _draw(peaks: array[int], poster: Path) -> None:
    from PIL import Image, ImageDraw  # noqa: PLC0415

    width, height = _SIZE_PX
    image = Image.new("RGB", _SIZE_PX, _GROUND)
    pen = ImageDraw.Draw(image)
    middle, step = height // 2, width // _BARS
    pen.line((0, middle, width, middle), _LINE)
    loudest = max(peaks, default=0)
    for bar in range(_BARS):
        part = peaks[bar * len(peaks) // _BARS : max((bar + 1) * len(peaks) // _BARS, bar * len(peaks) // _BARS + 1)]
        tall = round(height * _TALLEST * max(part, default=0) / loudest) if loudest else 0
        if tall:
            left = bar * step + 1
            pen.rounded_rectangle((left, middle - tall, left + step - 3, middle + tall), 1, _BAR)
    image.save(poster, "JPEG", quality=88, optimize=True)
