"""Every picture that cannot be a frame of a video is refused in a sentence that says what to do."""

import struct
import zlib

import pytest
from PIL import Image

from generations import media
from generations.errors import Refused
from generations.media import jpeg, pixels, png
from generations.media.anatomy import Damaged
from tests.media_files import make_image, make_picture

LIMITS = {"max_bytes": 10_000_000, "max_pixels": 60_000_000}


def refusal(path, **changed):
    with pytest.raises(media.ImageRefused) as caught:
        media.check_image(path, **{**LIMITS, **changed})
    assert isinstance(caught.value, Refused)
    return caught.value


def png_chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_chunk(path, name, body):
    """Put a chunk behind the header of a PNG."""
    data = path.read_bytes()
    path.write_bytes(data[:33] + png_chunk(name, body) + data[33:])
    return path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<!DOCTYPE html><html></html>", "an HTML page"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"\0\0\0\x18ftypmp42....", "an MP4 video"),
        (b"hello there", "a text file"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08\x09", "a file of an unknown kind"),
    ],
)
def test_what_is_no_image_is_refused_by_what_it_really_is(tmp_path, content, words):
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)

    error = refusal(path)

    assert isinstance(error, media.NotAnImage)
    assert words in error.public
    assert "Upload a JPG or PNG" in error.public


def test_an_empty_file_is_not_an_image(tmp_path):
    (tmp_path / "photo.jpg").touch()

    assert "is empty" in refusal(tmp_path / "photo.jpg").public


@pytest.mark.parametrize(
    ("format", "words"), [("GIF", "a GIF image"), ("WEBP", "a WebP image"), ("BMP", "a BMP image")]
)
def test_another_format_is_refused_whatever_its_name_says(tmp_path, format, words):
    error = refusal(make_image(tmp_path / "photo.jpg", format=format))

    assert not isinstance(error, media.NotAnImage)
    assert words in error.public
    assert "JPG and PNG" in error.public


def test_a_photo_of_a_phone_in_heic_is_named(tmp_path):
    path = tmp_path / "IMG_1.jpg"
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))

    assert "a HEIC image" in refusal(path).public


def test_a_lying_name_is_refused_with_the_right_one(tmp_path):
    error = refusal(make_image(tmp_path / "photo.png", format="JPEG"))

    assert "ends in .png" in error.public
    assert "a JPEG image" in error.public
    assert ".jpg" in error.public


def test_the_name_of_the_upload_counts_more_than_that_of_the_temporary_file(tmp_path):
    path = make_image(tmp_path / "upload.tmp", format="JPEG")

    assert media.check_image(path, **LIMITS).media_type == "image/jpeg"
    assert media.check_image(path, **LIMITS, name="a.JPEG").media_type == "image/jpeg"
    with pytest.raises(media.ImageRefused):
        media.check_image(path, **LIMITS, name="a.png")


def test_eleven_megabytes_are_refused_with_both_figures(tmp_path):
    path = make_image(tmp_path / "photo.jpg")
    with path.open("ab") as file:
        file.write(bytes(11_000_000 - path.stat().st_size))

    error = refusal(path)

    assert "11 MB" in error.public
    assert "10 MB" in error.public


def test_one_byte_over_the_limit_never_reads_as_the_limit(tmp_path):
    path = make_image(tmp_path / "photo.jpg")

    assert "0.1 MB" in refusal(path, max_bytes=path.stat().st_size - 1).public


def test_a_side_of_299_pixels_is_refused_and_300_is_taken(tmp_path):
    assert "at least 300" in refusal(make_image(tmp_path / "small.png", (299, 400))).public
    assert media.check_image(make_image(tmp_path / "enough.png", (300, 400)), **LIMITS).width == 300


@pytest.mark.parametrize(("size", "ratio"), [((1040, 400), "2.6:1"), ((400, 1040), "1:2.6"), ((1001, 400), "2.51:1")])
def test_a_ratio_beyond_the_limit_is_stated(tmp_path, size, ratio):
    error = refusal(make_image(tmp_path / "wide.png", size))

    assert ratio in error.public
    assert "1:2.5 to 2.5:1" in error.public


@pytest.mark.parametrize("size", [(1000, 400), (400, 1000)])
def test_a_ratio_at_the_limit_is_taken(tmp_path, size):
    facts = media.check_image(make_image(tmp_path / "wide.png", size), **LIMITS)

    assert (facts.width, facts.height) == size


def test_a_ratio_is_stated_as_a_person_sees_the_picture(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6

    assert "1:2.6" in refusal(make_image(tmp_path / "turned.jpg", (1040, 400), exif=exif)).public


@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_a_decompression_bomb_is_refused_without_decoding(tmp_path, kind, monkeypatch):
    path = make_image(tmp_path / f"bomb.{kind}")
    data = bytearray(path.read_bytes())
    if kind == "png":
        data[16:24] = struct.pack(">II", 50_000, 50_000)
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    else:
        frame = data.index(b"\xff\xc0")
        data[frame + 5 : frame + 9] = struct.pack(">HH", 50_000, 50_000)
    path.write_bytes(data)
    monkeypatch.setattr(pixels.Image, "open", lambda *args, **kwargs: pytest.fail("It was opened for decoding."))

    error = refusal(path)

    assert "50000 × 50000" in error.public
    assert "60 million" in error.public


def test_a_jpeg_of_endless_scans_is_refused_without_decoding(tmp_path, monkeypatch):
    path = make_image(tmp_path / "scans.jpg", progressive=True)
    data = path.read_bytes()
    scan = data[data.rindex(b"\xff\xda") : -2]
    path.write_bytes(data[:-2] + scan * jpeg.SCANS_MAX + data[-2:])
    monkeypatch.setattr(pixels.Image, "open", lambda *args, **kwargs: pytest.fail("It was opened for decoding."))

    assert "damaged" in refusal(path).public


def test_an_animated_png_is_refused(tmp_path):
    path = tmp_path / "moving.png"
    make_picture().save(path, save_all=True, append_images=[make_picture(mode="L").convert("RGB")])

    assert "animated" in refusal(path).public


def test_an_animated_gif_is_refused_as_a_gif(tmp_path):
    path = tmp_path / "moving.gif"
    make_picture().save(path, save_all=True, append_images=[Image.new("RGB", (640, 480))])

    assert "a GIF image" in refusal(path).public


def test_the_first_picture_of_a_phones_multi_picture_file_is_taken(tmp_path):
    path = tmp_path / "phone.jpg"
    make_picture().save(path, "MPO", save_all=True, append_images=[Image.new("RGB", (320, 240))])

    facts = media.check_image(path, **LIMITS)

    assert (facts.width, facts.height, facts.media_type) == (640, 480, "image/jpeg")


@pytest.mark.parametrize("name", ["cut.jpg", "cut.png"])
@pytest.mark.parametrize("part", [0.2, 0.9])
def test_a_file_that_was_cut_off_is_refused(tmp_path, name, part):
    path = make_image(tmp_path / name)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])

    assert "cut off" in refusal(path).public


def test_a_png_with_sound_chunks_around_broken_pixels_is_refused(tmp_path):
    path = tmp_path / "photo.png"
    header = struct.pack(">IIBBBBB", 640, 480, 8, 2, 0, 0, 0)
    chunks = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)

    assert "damaged" in refusal(path).public


def test_a_png_with_a_wrong_checksum_is_refused(tmp_path):
    path = make_image(tmp_path / "flipped.png")
    data = bytearray(path.read_bytes())
    data[data.index(b"IDAT") + 20] ^= 0xFF
    path.write_bytes(data)

    assert "damaged" in refusal(path).public
    with pytest.raises(Damaged):
        png.read(bytes(data))


@pytest.mark.parametrize("tail", [b"", b"\xff\xd9", b"\xff\xe1", b"\xff\xe1\x00\x01", b"\0\0\0\0", b"\xff" * 50])
def test_a_beginning_without_an_image_is_refused(tmp_path, tail):
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0\x00\x04ab" + tail)

    assert refusal(path).data["reason"] in ("cut_off", "damaged")


def test_a_packed_text_that_would_unpack_to_gigabytes_costs_nothing(tmp_path):
    packed = zlib.compress(bytes(50_000_000))
    path = with_chunk(make_image(tmp_path / "text.png"), b"zTXt", b"Comment\0\0" + packed)
    path = with_chunk(path, b"iCCP", b"profile\0\0" + packed)

    assert media.check_image(path, **LIMITS).width == 640
    assert len(png.read(path.read_bytes()).icc) <= 4_000_000
