"""Adding a file to the library: what it is decides, the original stays as it came, and a refusal keeps nothing."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as site
from django.utils import timezone

from generations import lifecycle, media
from generations.choices import MediaKind, Role
from generations.errors import LimitReached, NotAllowed
from generations.models import Asset, Blob
from tests.make import make_member, make_team
from tests.media_files import make_image, make_sound, make_still_film, make_video


@pytest.fixture
def member(db):
    return make_member(make_team())


@pytest.fixture
def upload(member):
    def run(path, name="", member=member, **more):
        data = path.read_bytes() if isinstance(path, Path) else path
        chunks = [data[start : start + 65_536] for start in range(0, len(data), 65_536)]
        name = name or getattr(path, "name", "file")
        return lifecycle.upload_file(member=member, project=None, name=name, chunks=chunks, now=timezone.now(), **more)

    return run


@pytest.fixture
def refused(upload):
    def run(path, error=media.FileRefused, **more):
        before = _files()
        with pytest.raises(error) as caught:
            upload(path, **more)
        assert not Asset.objects.exists() and not Blob.objects.exists()
        assert _files() == before
        return caught.value

    return run


def _files():
    return sorted(path for path in site.MEDIA_ROOT.rglob("*") if path.is_file())


def stored(blob):
    return media.store.local_path(blob.storage_key)


@pytest.mark.parametrize(
    ("name", "format", "media_type"), [("a.mp4", "mp4", "video/mp4"), ("a.mov", "mov", "video/quicktime")]
)
def test_a_video_is_stored_as_it_came_with_its_facts(upload, tmp_path, name, format, media_type):
    path = make_video(tmp_path / name, seconds=2, audio=True, format=format)

    asset = upload(path)

    assert (asset.kind, asset.blob.media_type, asset.name) == (MediaKind.VIDEO, media_type, name)
    assert stored(asset.blob).read_bytes() == path.read_bytes() and stored(asset.blob).suffix == path.suffix
    assert (asset.width, asset.height, asset.frame_count, asset.fps) == (640, 360, 48, 24)
    assert asset.duration_seconds == Decimal(2) and asset.has_audio
    assert stored(asset.poster).suffix == ".jpg" and stored(asset.preview).suffix == ".mp4"


def test_a_phone_held_upright_makes_an_upright_video(upload, tmp_path):
    asset = upload(make_still_film(tmp_path / "a.mov", turn=90, format="mov"))

    assert (asset.width, asset.height) == (360, 640)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.mp3", "audio/mpeg"), ("a.wav", "audio/wav"), ("a.m4a", "audio/mp4"), ("a.aac", "audio/aac")],
)
def test_a_sound_is_stored_as_it_came_with_its_waveform(upload, tmp_path, name, media_type):
    path = make_sound(tmp_path / name)

    asset = upload(path)

    assert (asset.kind, asset.blob.media_type) == (MediaKind.AUDIO, media_type)
    assert stored(asset.blob).read_bytes() == path.read_bytes()
    assert Decimal(2) <= asset.duration_seconds <= Decimal("2.05") and asset.has_audio and asset.width is None
    assert stored(asset.poster).suffix == ".jpg" and asset.preview is None


def test_a_picture_goes_the_same_way(upload, tmp_path):
    assert upload(make_image(tmp_path / "a.png")).kind == MediaKind.IMAGE


def test_the_content_decides_and_not_the_name(upload, tmp_path):
    assert upload(make_video(tmp_path / "a.mp4"), name="song.mp3").kind == MediaKind.VIDEO
    assert upload(make_sound(tmp_path / "b.wav"), name="film.mp4").kind == MediaKind.AUDIO


def test_equal_files_are_one_asset(upload, tmp_path):
    path = make_sound(tmp_path / "a.mp3")

    assert upload(path) == upload(path, name="again.mp3")


def test_a_file_without_a_name_gets_one(upload, tmp_path):
    assert upload(make_sound(tmp_path / "a.mp3"), name="..").name
    assert upload(make_video(tmp_path / "a.mp4").read_bytes(), name="/").name == "Video"


@pytest.mark.parametrize(
    ("kind", "limit", "make", "words"),
    [
        (MediaKind.VIDEO, "video_upload_bytes", lambda at: make_video(at / "a.mp4"), "The video has more than"),
        (MediaKind.AUDIO, "audio_upload_bytes", lambda at: make_sound(at / "a.wav"), "The sound has more than"),
    ],
)
def test_what_is_too_large_is_told_its_limit(refused, settings, tmp_path, kind, limit, make, words):
    settings.LIMITS = {**settings.LIMITS, limit: 5_000}

    error = refused(make(tmp_path))

    assert words in error.public and "0.1 MB" in error.public and "upload it again" in error.public
    assert error.data["max_bytes"] == 5_000


def test_no_more_is_read_than_it_takes_to_know_that_it_is_too_large(refused, settings, member):
    settings.LIMITS = {**settings.LIMITS, "audio_upload_bytes": 200_000}
    read = []

    def endless():
        while True:
            read.append(1)
            yield b"RIFF\xff\xff\xff\xffWAVE" + bytes(65_524)

    with pytest.raises(media.FileRefused):
        lifecycle.upload_file(member=member, project=None, name="a.wav", chunks=endless(), now=timezone.now())

    assert len(read) == 4


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7" + bytes(2000), "The file is a PDF document. Upload a JPG or PNG image, or an MP4 or MOV video"),
        (b"OggS" + bytes(2000), "The file is an Ogg sound."),
        (b"\x1aE\xdf\xa3" + bytes(2000), "The file is a WebM or Matroska video."),
        (b"", "The file is empty."),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "cut off"),
        (b"RIFF\x20\0\0\0WAVE" + bytes(90), "Export it again as MP3 or WAV"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_to_do(refused, content, words):
    assert words in refused(content).public


def test_a_broken_video_is_refused_with_what_to_do(refused, tmp_path):
    path = make_video(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes()[:-500])

    error = refused(path)

    assert error.public == (
        "The video file is cut off: a part of it is missing. Export it again as MP4 (H.264) and upload that."
    )


def test_a_place_that_takes_one_kind_refuses_the_others(refused, tmp_path):
    error = refused(make_video(tmp_path / "a.mp4"), kinds=frozenset({MediaKind.AUDIO}))

    assert error.public == "The file is a video and not a sound. Export it again as MP3 or WAV and upload that."
    error = refused(make_sound(tmp_path / "b.mp3"), kinds=frozenset({MediaKind.VIDEO}))
    assert error.public == "The file is an MP3 sound. Upload an MP4 or MOV video."
    assert isinstance(refused(make_sound(tmp_path / "a.mp3"), kinds=frozenset({MediaKind.IMAGE})), media.NotAnImage)


def test_a_sound_in_an_mp4_is_a_sound(upload, tmp_path):
    path = make_sound(tmp_path / "a.mp4")

    assert upload(path).kind == MediaKind.AUDIO
    assert upload(path, kinds=frozenset({MediaKind.AUDIO})).blob.media_type == "audio/mp4"


def test_a_viewer_may_not(refused, member):
    refused(b"", NotAllowed, member=make_member(member.team, Role.VIEWER))


def test_too_many_in_an_hour_are_refused(upload, settings, tmp_path):
    settings.LIMITS = {**settings.LIMITS, "uploads_per_member_per_hour": 1}
    upload(make_sound(tmp_path / "a.mp3"))

    with pytest.raises(LimitReached):
        upload(make_sound(tmp_path / "b.wav"))
