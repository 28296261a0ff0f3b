"""Reading a sound in the child process: its exact length, its waveform, and a reason for whatever cannot be read."""

from decimal import Decimal

import numpy as np
import pytest
from PIL import Image

from generations import media
from generations.choices import MediaKind
from tests.media_files import make_sound, make_video

LIMITS = {"max_seconds": 20, "max_memory_bytes": 2_000_000_000}


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def inspect(out):
    return lambda path: media.inspect_result(path, MediaKind.AUDIO, out_dir=out, **LIMITS)


@pytest.fixture
def refused(inspect, out):
    def run(path):
        with pytest.raises(media.NotASound) as caught:
            inspect(path)
        assert list(out.iterdir()) == []
        assert "not stored" in caught.value.public
        return caught.value.data["reason"]

    return run


@pytest.mark.parametrize(
    ("name", "media_type", "codec"),
    [
        ("a.mp3", "audio/mpeg", "mp3"),
        ("a.wav", "audio/wav", "pcm_s16le"),
        ("a.m4a", "audio/mp4", "aac"),
        ("a.mp4", "audio/mp4", "aac"),
    ],
)
def test_the_length_is_exact_to_the_millisecond(inspect, tmp_path, name, media_type, codec):
    facts = inspect(make_sound(tmp_path / name, seconds=Decimal("2.345"), layout="stereo"))

    assert (facts.kind, facts.media_type, facts.audio_codec) == (MediaKind.AUDIO, media_type, codec)
    assert facts.duration_seconds == Decimal("2.345")
    assert (facts.sample_rate_hz, facts.channels, facts.has_audio, facts.preview) == (44100, 2, True, None)


def test_a_raw_stream_is_as_long_as_its_frames(inspect, tmp_path):
    facts = inspect(make_sound(tmp_path / "a.aac", seconds=2))

    assert facts.media_type == "audio/aac" and facts.extension == "aac"
    assert Decimal(2) <= facts.duration_seconds <= Decimal("2.1")


def test_the_name_does_not_matter(inspect, tmp_path):
    assert inspect(make_sound(tmp_path / "a.m3u8", kind="wav")).media_type == "audio/wav"


def test_the_poster_is_the_waveform(inspect, tmp_path):
    with Image.open(inspect(make_sound(tmp_path / "a.wav")).poster) as image:
        assert (image.format, image.size) == ("JPEG", (960, 540))
        light = np.asarray(image.convert("L")) > 100

    tall = light.sum(axis=0)
    quiet, loud = tall[:96].max(), tall[-96:].max()
    assert quiet < 60 and loud > 400


def test_silence_is_a_line(inspect, tmp_path):
    path = make_sound(tmp_path / "a.wav")
    data = path.read_bytes()
    path.write_bytes(data[:-88200] + bytes(88200))

    assert inspect(path).duration_seconds == Decimal(2)


def test_the_columns_of_an_asset_are_those_of_a_sound(inspect, tmp_path):
    columns = inspect(make_sound(tmp_path / "a.mp3")).columns()

    assert columns["duration_seconds"] == Decimal(2) and columns["has_audio"]
    assert columns["width"] is columns["fps_numerator"] is columns["frame_count"] is None


def test_a_film_is_not_a_sound(refused, tmp_path):
    assert refused(make_video(tmp_path / "a.mp4", audio=True)) == "film"


def test_a_sound_that_was_cut_off_is_refused(refused, tmp_path):
    for name in ("a.wav", "a.m4a"):
        path = make_sound(tmp_path / name)
        path.write_bytes(path.read_bytes()[:-5000])
        assert refused(path) == "cut_off", name


def test_noise_behind_a_good_head_is_refused(refused, tmp_path):
    path = make_sound(tmp_path / "a.mp3")
    data = path.read_bytes()
    path.write_bytes(data[:600] + b"\xa5" * 100_000)

    assert refused(path) == "damaged"


def test_a_large_cover_is_not_noise(inspect, tmp_path):
    path = make_sound(tmp_path / "a.mp3")
    frames = path.read_bytes()[path.read_bytes().index(b"\xff\xfb") :]
    cover = b"APIC" + (300_000).to_bytes(4) + bytes(2) + bytes(300_000)
    size = bytes(len(cover) >> shift & 0x7F for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\x03\0\0" + size + cover + frames)

    assert inspect(path).duration_seconds == Decimal(2)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"<!doctype html>" * 100, "format"),
        (b"OggS" + bytes(2000), "format"),
        (b"RIFF\xff\xff\xff\xffWAVE" + bytes(2000), "damaged"),
        (b"ID3\x04\0\0\0\0\0\0" + bytes(2000), "damaged"),
    ],
)
def test_what_is_no_sound_is_refused_with_the_reason(refused, tmp_path, content, reason):
    path = tmp_path / "a.mp3"
    path.write_bytes(content)

    assert refused(path) == reason


def test_a_codec_that_no_browser_plays_is_refused(refused, tmp_path):
    import av

    path = tmp_path / "a.m4a"
    with av.open(str(path), "w", format="ipod") as out:
        stream = out.add_stream("alac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), dtype=np.int16), "s16p", "mono")
        frame.sample_rate, frame.pts = 44100, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode())

    assert refused(path) == "codec"
