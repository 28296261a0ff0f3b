"""Reading a video in a subprocess: exact facts, a poster, a preview; and a reason for whatever cannot be read."""

import json
import subprocess
import sys
import time
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from generations import media
from tests.media.servers import whole
from tests.media_files import make_image, make_still_film, make_video

child = import_module("generations.media.child")
reader = import_module("generations.media.containers")


@pytest.fixture
def inspect(tmp_path):
    out = tmp_path / "out"
    out.mkdir()

    def run(path, **changed):
        return media.inspect_video(
            path, out_dir=out, **{"max_seconds": 20, "max_memory_bytes": 2_000_000_000, **changed}
        )

    return run


@pytest.fixture
def refused(inspect, tmp_path):
    """The reason why a file is not a video; nothing is left behind."""

    def run(path, **changed):
        with pytest.raises(media.NotAVideo) as caught:
            inspect(path, **changed)
        assert list((tmp_path / "out").iterdir()) == []
        assert "not stored" in caught.value.public
        return caught.value.data["reason"]

    return run


@pytest.fixture
def written(tmp_path):
    def run(content, name="clip.mp4"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return run


@pytest.fixture
def clip_file(written, clip):
    return written(clip)


def frames_of(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_the_facts_are_exact(inspect, tmp_path):
    facts = inspect(make_video(tmp_path / "a.mp4", seconds=5, fps=24, size=(640, 360), audio=True))

    assert (facts.width, facts.height, facts.frame_count, facts.fps) == (640, 360, 120, 24)
    assert facts.duration_seconds == Decimal("5.000")
    assert (facts.video_codec, facts.has_audio, facts.audio_codec) == ("h264", True, "aac")


def test_a_rate_that_is_no_whole_number_stays_a_fraction(inspect, tmp_path):
    facts = inspect(make_video(tmp_path / "a.mp4", fps=Fraction(30000, 1001)))

    assert facts.fps == Fraction(30000, 1001)
    assert facts.frame_count == 30
    assert facts.duration_seconds == Decimal("1.001")
    assert not facts.has_audio


def test_the_name_does_not_matter_and_quicktime_is_read(inspect, tmp_path):
    assert inspect(make_video(tmp_path / "a.m3u8")).frame_count == 24
    assert inspect(make_video(tmp_path / "a.txt", format="mov")).frame_count == 24


def test_the_poster_is_the_first_frame(inspect, tmp_path):
    path = make_video(tmp_path / "a.mp4", size=(1280, 720))

    poster = inspect(path).poster

    with Image.open(poster) as image:
        assert (image.format, image.size) == ("JPEG", (960, 540))
        shown = np.asarray(image).astype(int)
    first = frames_of(path)[0]
    assert abs(shown.mean() - first.mean()) < 6
    assert shown.mean() < 60


def test_a_small_video_is_not_enlarged_for_its_poster(inspect, tmp_path):
    with Image.open(inspect(make_video(tmp_path / "a.mp4", size=(360, 640))).poster) as image:
        assert image.size == (360, 640)


def test_the_preview_is_small_silent_and_covers_the_whole_clip(inspect, tmp_path):
    preview = inspect(make_video(tmp_path / "a.mp4", seconds=5, audio=True)).preview

    frames = frames_of(preview)
    assert (len(frames), frames[0].shape) == (36, (180, 320, 3))
    with av.open(str(preview)) as container:
        film = container.streams.video[0]
        assert not container.streams.audio
        assert film.codec_context.name == "h264"
        assert film.duration * film.time_base == 3
    assert frames[0].mean() < 60 < 200 < frames[-1].mean()
    content = preview.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert len(content) < 100_000


def test_an_odd_shape_gets_a_preview_with_even_sides(inspect, tmp_path):
    frames = frames_of(inspect(make_video(tmp_path / "a.mp4", size=(362, 646))).preview)

    assert frames[0].shape == (572, 320, 3)


def test_one_frame_is_a_video(inspect, tmp_path):
    assert inspect(make_video(tmp_path / "a.mp4", seconds=0.04, fps=25)).frame_count == 1


def test_the_file_is_not_changed(inspect, tmp_path):
    path = make_video(tmp_path / "a.mp4")
    before = path.read_bytes()

    inspect(path)

    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>Please wait</html>" * 50, "format"),
        (b"\0" * 4000, "format"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "cut_off"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0\0\0\x10moov" + b"\xff" * 8, "no_video"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0\0\0\x04free", "damaged"),
    ],
)
def test_what_is_no_video_is_refused_with_the_reason(refused, written, content, reason):
    assert refused(written(content)) == reason


def test_a_picture_called_a_video_is_refused(refused, tmp_path):
    assert refused(make_image(tmp_path / "a.mp4", format="JPEG")) == "format"


@pytest.mark.parametrize("part", [0.3, 0.7, 0.99])
def test_a_video_that_was_cut_off_is_refused(refused, written, clip, part):
    assert refused(written(clip[: int(len(clip) * part)])) == "cut_off"


@pytest.mark.parametrize("frames", [0, 1, 12, 23])
def test_a_cut_that_hides_behind_a_mended_length_is_found(refused, written, clip, tmp_path, frames):
    with av.open(str(written(clip))) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        end = packets[frames].pos
    start = clip.index(b"mdat") - 4

    assert refused(written(clip[:start] + (end - start).to_bytes(4) + clip[start + 4 : end])) == "damaged"


def test_noise_in_place_of_pictures_is_refused(refused, written, clip):
    start = clip.index(b"mdat") + 4

    assert refused(written(clip[:start] + b"\xa5" * (len(clip) - start))) == "damaged"


def test_a_sound_without_pictures_is_refused(refused, tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        sound = out.add_stream("aac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), dtype=np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts = 44100, 0
        out.mux(sound.encode(frame))
        out.mux(sound.encode())

    assert refused(path) == "no_video"


def test_a_codec_that_no_browser_plays_is_refused(refused, tmp_path):
    assert refused(make_video(tmp_path / "a.mov", format="mov", codec="mjpeg", pix_fmt="yuvj420p")) == "codec"


def test_an_absurd_picture_size_is_refused_before_anything_is_decoded(refused, tmp_path):
    assert refused(make_video(tmp_path / "a.mp4", seconds=0.04, fps=25, size=(8200, 64))) == "dimensions"


@pytest.mark.parametrize("name", ["clip.mp4", "clip.m3u8"])
def test_a_playlist_never_causes_a_fetch(refused, written, serve, clip, name):
    server = serve({"/clip.mp4": whole(clip)})
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{server.origin}/clip.mp4\n#EXT-X-ENDLIST\n"

    assert refused(written(playlist.encode(), name)) == "format"

    assert server.connections == 0


def test_a_playlist_is_not_even_opened_as_one(written, tmp_path):
    make_video(tmp_path / "part.ts", format="mpegts")
    playlist = written(b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\npart.ts\n#EXT-X-ENDLIST\n", "clip.m3u8")
    with av.open(str(playlist)) as guessed:
        assert guessed.format.name == "hls"

    with pytest.raises(av.error.FFmpegError):
        reader.opened(str(playlist))


def test_nothing_but_files_can_be_opened(monkeypatch):
    opened = []
    monkeypatch.setattr(av, "open", lambda name, **options: opened.append((name, options)))

    reader.opened("http://127.0.0.1/clip.mp4")

    assert opened == [("file:http://127.0.0.1/clip.mp4", {"format": "mov", "options": {"protocol_whitelist": "file"}})]


def test_a_reader_that_needs_more_memory_than_allowed_is_stopped(refused, tmp_path):
    assert refused(make_video(tmp_path / "a.mp4", seconds=0.2), max_memory_bytes=60_000_000) == "unreadable"


def test_a_reader_that_takes_too_long_is_stopped(refused, tmp_path):
    assert refused(make_video(tmp_path / "a.mp4"), max_seconds=0.02) == "time"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import time; time.sleep(30)", "time"),
        ("import os; os.abort()", "unreadable"),
        ("raise SystemExit(3)", "unreadable"),
        ("", "unreadable"),
        ("print('garbage')", "unreadable"),
        ("print('[1]')", "unreadable"),
        ("""print('{"facts": {"width": "wide"}}')""", "unreadable"),
        ("while True: pass", "time"),
    ],
)
def test_a_reader_that_crashes_hangs_or_babbles_is_a_refusal_in_time(
    refused, clip_file, tmp_path, monkeypatch, script, reason
):
    path = tmp_path / "reader.py"
    path.write_text(script)
    monkeypatch.setattr(child, "_SCRIPT", path)
    started = time.monotonic()

    assert refused(clip_file, max_seconds=1 if reason == "unreadable" else 0.3) == reason

    assert time.monotonic() - started < 2


def test_the_reader_knows_no_secret_of_the_environment(refused, clip_file, tmp_path, monkeypatch):
    path = tmp_path / "reader.py"
    path.write_text(f"import os; open({str(tmp_path / 'seen')!r}, 'w').write(str(os.environ))")
    monkeypatch.setattr(child, "_SCRIPT", path)
    monkeypatch.setenv("SECRET_KEY", "s3cr3t")

    refused(clip_file)

    assert "s3cr3t" not in (tmp_path / "seen").read_text()


def test_the_reader_limits_itself_and_imports_nothing_of_ours():
    code = (
        "import sys, runpy, resource; runpy.run_path(sys.argv[1], run_name='x')['_limit'](10**9, 7, 10**6);"
        "import av; print(resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_CPU),"
        "[name for name in sys.modules if name.split('.')[0] in ('django', 'generations')])"
    )

    done = subprocess.run([sys.executable, "-I", "-c", code, str(child._SCRIPT)], capture_output=True, text=True)

    assert done.stdout.strip() == "(1000000000, 1000000000) (7, 7) []", done.stderr


def test_reading_needs_neither_django_nor_a_door_of_ours(clip_file, tmp_path):
    limits = {"max_memory_bytes": 2 * 10**9, "max_cpu_seconds": 20, "max_written_bytes": 10**7}
    drawn = {"poster": str(tmp_path / "p.jpg"), "preview": str(tmp_path / "p.mp4")}
    request = json.dumps({"do": "read_film", "path": str(clip_file), **drawn, **limits})
    code = (
        "import sys, runpy; runpy.run_path(sys.argv[1], run_name='__main__');"
        "print('django' in sys.modules, hasattr(sys.modules['generations.media'], 'store'))"
    )

    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(child._SCRIPT), request], capture_output=True, text=True
    )

    assert done.stdout.endswith("}}False False\n"), done.stderr


def test_nothing_but_its_own_work_is_done():
    request = {"do": "os", "max_memory_bytes": 10**9, "max_cpu_seconds": 5, "max_written_bytes": 10**6}

    done = subprocess.run([sys.executable, "-I", str(child._SCRIPT), json.dumps(request)], capture_output=True)

    assert done.returncode == 1 and done.stdout == b""


def test_a_film_held_on_its_side_is_measured_and_drawn_upright(inspect, tmp_path):
    facts = inspect(make_still_film(tmp_path / "a.mp4", turn=90))

    assert (facts.width, facts.height) == (360, 640)
    with Image.open(facts.poster) as poster:
        assert poster.size == (360, 640)
        top_left, top_right = poster.getpixel((9, 9)), poster.getpixel((350, 9))
    assert top_left[2] > 150 > top_left[0] and top_right[0] > 150 > top_right[2]
    assert frames_of(facts.preview)[0].shape == (568, 320, 3)


def test_it_runs_from_any_folder(inspect, tmp_path, monkeypatch):
    monkeypatch.chdir(make_video(tmp_path / "a.mp4").parent)

    assert inspect(Path("a.mp4")).frame_count == 24
