"""Reading a picture that a provider made: its size, a small poster, and a reason for whatever cannot be read."""

import zlib

import pytest
from PIL import Image

from generations import media
from generations.choices import MediaKind
from tests.media_files import make_image, make_picture

LIMITS = {"max_seconds": 20, "max_memory_bytes": 2_000_000_000}


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def inspect(out):
    return lambda path: media.inspect_result(path, MediaKind.IMAGE, out_dir=out, **LIMITS)


@pytest.fixture
def refused(inspect, out, tmp_path):
    def run(content):
        path = tmp_path / "a.png"
        path.write_bytes(content)
        with pytest.raises(media.NotAnImage) as caught:
            inspect(path)
        assert list(out.iterdir()) == []
        assert "not stored" in caught.value.public
        return caught.value.data["reason"]

    return run


@pytest.mark.parametrize(
    ("format", "media_type", "extension"),
    [("JPEG", "image/jpeg", "jpg"), ("PNG", "image/png", "png"), ("WEBP", "image/webp", "webp")],
)
def test_each_type_is_told_by_its_bytes(inspect, tmp_path, format, media_type, extension):
    facts = inspect(make_image(tmp_path / "a.gif", size=(2000, 1000), format=format))

    assert (facts.media_type, facts.extension) == (media_type, extension)
    assert (facts.width, facts.height, facts.duration_seconds, facts.preview) == (2000, 1000, None, None)
    with Image.open(facts.poster) as poster:
        assert (poster.format, poster.size) == ("JPEG", (960, 480))
        assert poster.getpixel((5, 5))[0] > 200


def test_it_is_measured_and_drawn_as_people_see_it(inspect, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6

    facts = inspect(make_image(tmp_path / "a.jpg", size=(800, 400), exif=exif))

    assert (facts.width, facts.height) == (400, 800)
    with Image.open(facts.poster) as poster:
        assert poster.size == (400, 800)


def test_what_is_transparent_becomes_white_in_the_poster(inspect, tmp_path):
    path = tmp_path / "a.png"
    Image.new("RGBA", (400, 400), (255, 0, 0, 0)).save(path)

    with Image.open(inspect(path).poster) as poster:
        assert poster.getpixel((200, 200)) == (255, 255, 255)


def chunk(kind, data):
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def bomb(side):
    header = side.to_bytes(4) * 2 + bytes([8, 2, 0, 0, 0])
    rows = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_bomb_is_refused_before_it_is_decoded(refused):
    assert refused(bomb(60_000)) == "dimensions"


def test_a_file_that_lies_about_its_size_is_refused(refused):
    assert refused(bomb(9_000)) in ("cut_off", "damaged")


def test_half_a_picture_is_refused(refused, tmp_path):
    for format in ("JPEG", "PNG", "WEBP"):
        path = make_image(tmp_path / f"b.{format}", size=(1200, 900), format=format, quality=100)
        assert refused(path.read_bytes()[: path.stat().st_size // 2]) in ("cut_off", "damaged"), format


@pytest.mark.parametrize(
    "content", [b"<!doctype html>" * 100, b"GIF89a" + bytes(500), b"\x89PNG\r\n\x1a\n" + bytes(90)]
)
def test_what_is_no_picture_is_refused(refused, content):
    assert refused(content) in ("format", "damaged")


def test_an_empty_file_is_refused(refused):
    assert refused(b"") == "empty"


def test_the_file_is_not_changed(inspect, tmp_path):
    path = tmp_path / "a.png"
    make_picture().save(path)
    before = path.read_bytes()

    inspect(path)

    assert path.read_bytes() == before
