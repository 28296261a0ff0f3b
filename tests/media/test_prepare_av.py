"""What providers get of a video or sound: the same pictures and sound, and nothing that says where or by whom."""

import av
import numpy as np
import pytest
from PIL import Image

from generations import media
from generations.choices import MediaKind
from tests.media_files import PLACE, make_sound, make_still_film, make_video

LIMITS = {"max_seconds": 40, "max_memory_bytes": 2_000_000_000}
SECRETS = (PLACE.encode(), b"Harbour", b"Lavf")


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def video(out):
    def run(path, max_bytes=10_000_000):
        before = path.read_bytes()
        sent = media.prepare_video(path, out, max_bytes=max_bytes, **LIMITS)
        assert path.read_bytes() == before
        assert sent.path.stat().st_size == sent.size_bytes <= max_bytes
        return sent

    return run


@pytest.fixture
def sound(out):
    def run(path, max_bytes=5_000_000, **more):
        before = path.read_bytes()
        sent = media.prepare_audio(path, out, max_bytes=max_bytes, **LIMITS, **more)
        assert path.read_bytes() == before
        assert sent.path.stat().st_size == sent.size_bytes <= max_bytes
        return sent

    return run


@pytest.fixture
def facts(tmp_path):
    folder = tmp_path / "facts"
    folder.mkdir()
    return lambda path, kind=MediaKind.VIDEO: media.inspect_result(path, kind, out_dir=folder, **LIMITS)


def packets(path, kind="video"):
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(**{kind: 0}) if packet.size]


def corners(path):
    with Image.open(path) as image:
        width, height = image.size
        places = ((9, 9), (width - 9, 9), (9, height - 9), (width - 9, height - 9))
        return ["".join("x" if value > 128 else "." for value in image.getpixel(place)) for place in places]


@pytest.mark.parametrize(("name", "format"), [("a.mp4", "mp4"), ("a.mov", "mov")])
def test_a_copy_keeps_every_picture_and_loses_the_place(video, tmp_path, name, format):
    path = make_still_film(tmp_path / name, format=format)
    assert PLACE.encode() in path.read_bytes()

    sent = video(path)

    assert sent.media_type == "video/mp4" and sent.path.suffix == ".mp4"
    assert packets(sent.path) == packets(path)
    assert [secret for secret in SECRETS if secret in sent.path.read_bytes()] == []
    assert "place" in sent.note and "new" not in sent.note


def test_equal_files_give_equal_copies(video, tmp_path):
    first = video(make_still_film(tmp_path / "a.mp4"))

    assert video(make_still_film(tmp_path / "b.mp4", place="+52.5200+013.4050/")).key == first.key


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_film_held_on_its_side_stays_upright(video, facts, tmp_path, turn):
    original = facts(make_still_film(tmp_path / "a.mp4", turn=turn))

    copied = facts(video(make_still_film(tmp_path / "b.mp4", turn=turn)).path)

    assert (original.width, original.height) == ((640, 360) if turn == 180 else (360, 640))
    assert (copied.width, copied.height) == (original.width, original.height)
    assert corners(copied.poster) == corners(original.poster)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_film_in_another_codec_is_rendered_upright_and_said_so(video, facts, tmp_path, turn):
    path = make_still_film(tmp_path / "a.mp4", turn=turn, codec="mpeg4")

    sent = video(path)

    made = facts(sent.path)
    assert made.video_codec == "h264" and made.frame_count == 24 and made.fps == 24
    assert corners(made.poster) == corners(facts(path).poster)
    assert "new H.264" in sent.note and "unchanged" in sent.note
    assert PLACE.encode() not in sent.path.read_bytes()


def test_the_sound_of_a_film_comes_along(video, facts, tmp_path):
    path = make_video(tmp_path / "a.mp4", audio=True)

    sent = video(path)

    assert packets(sent.path, "audio") == packets(path, "audio")
    assert facts(sent.path).has_audio


def noise(path, seconds=2):
    with av.open(str(path), "w", format="mp4") as out:
        film = out.add_stream("libx264", rate=24, options={"crf": "10", "preset": "ultrafast"})
        film.width, film.height, film.pix_fmt = 640, 360, "yuv420p"
        random = np.random.default_rng(1)
        for _ in range(seconds * 24):
            picture = random.integers(0, 255, (360, 640, 3), dtype=np.uint8)
            out.mux(film.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(film.encode())
    return path


def test_a_film_above_the_limit_is_rendered_smaller_and_said_so(video, facts, tmp_path):
    path = noise(tmp_path / "a.mp4")
    assert path.stat().st_size > 2_000_000

    sent = video(path, max_bytes=1_000_000)

    assert facts(sent.path).frame_count == 48
    assert "less than 1 MB" in sent.note


def test_a_film_that_cannot_be_made_small_enough_is_refused(video, out, tmp_path):
    with pytest.raises(media.FileRefused) as caught:
        video(noise(tmp_path / "a.mp4"), max_bytes=20_000)

    assert caught.value.data["reason"] == "bytes" and "Shorten it" in caught.value.public
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("name", ["a.mp3", "a.wav", "a.m4a", "a.aac"])
def test_a_sound_keeps_every_sample_and_loses_its_tags(sound, facts, tmp_path, name):
    path = make_sound(tmp_path / name)
    assert name == "a.aac" or b"Harbour" in path.read_bytes()

    sent = sound(path)

    assert packets(sent.path, "audio") == packets(path, "audio")
    assert b"Harbour" not in sent.path.read_bytes() and PLACE.encode() not in sent.path.read_bytes()
    kept, original = facts(sent.path, MediaKind.AUDIO), facts(path, MediaKind.AUDIO)
    assert (kept.media_type, kept.duration_seconds) == (original.media_type, original.duration_seconds)
    assert "new" not in sent.note


def test_a_sound_of_a_type_that_is_not_taken_becomes_an_mp3(sound, facts, tmp_path):
    sent = sound(make_sound(tmp_path / "a.m4a"), accepts=frozenset({"audio/mpeg", "audio/wav"}))

    assert sent.media_type == "audio/mpeg" and sent.path.suffix == ".mp3"
    assert abs(float(facts(sent.path, MediaKind.AUDIO).duration_seconds) - 2) < 0.05
    assert "new MP3 of 192" in sent.note


def test_a_sound_above_the_limit_becomes_a_smaller_mp3(sound, tmp_path):
    sent = sound(make_sound(tmp_path / "a.wav", seconds=5), max_bytes=100_000)

    assert sent.media_type == "audio/mpeg" and "new MP3 of 128" in sent.note


def test_a_sound_that_cannot_be_made_small_enough_is_refused(sound, out, tmp_path):
    with pytest.raises(media.FileRefused) as caught:
        sound(make_sound(tmp_path / "a.wav", seconds=5), max_bytes=10_000)

    assert caught.value.data["reason"] == "bytes"
    assert list(out.iterdir()) == []


def test_what_is_neither_is_refused(video, sound, tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"<!doctype html>" * 100)

    for prepare in (video, sound):
        with pytest.raises(media.FileRefused) as caught:
            prepare(path)
        assert caught.value.data["reason"] == "format"
