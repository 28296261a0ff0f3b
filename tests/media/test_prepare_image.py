"""What a provider gets: upright, RGB, and nothing but pixels. The original stays as it is."""

import hashlib
import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from generations import media
from tests.media.test_image_facts import exif_with
from tests.media_files import make_image, make_picture

MAX_BYTES = 10_000_000
SECRET = b"Taken at home"


def prepare(path, tmp_path, **limits):
    out = tmp_path / "out"
    out.mkdir(exist_ok=True)
    before = path.read_bytes()
    prepared = media.prepare_image(path, out, **{"max_bytes": MAX_BYTES, **limits})
    assert path.read_bytes() == before
    assert list(out.iterdir()) == [prepared.path]
    content = prepared.path.read_bytes()
    assert prepared.key == hashlib.sha256(content).hexdigest()
    assert prepared.size_bytes == len(content) <= limits.get("max_bytes", MAX_BYTES)
    return prepared


def pixels_of(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def corners(path):
    """The colours of the four corners, clockwise from top left, as letters."""
    pixels = pixels_of(path)
    names = {"r": (220, 30, 30), "g": (30, 200, 30), "b": (30, 30, 220), "w": (240, 240, 240)}
    points = [pixels[5, 5], pixels[5, -5], pixels[-5, -5], pixels[-5, 5]]
    return "".join(min(names, key=lambda name: abs(names[name] - point).sum()) for point in points)


def with_everything(path):
    """A picture with EXIF (camera, place), XMP, IPTC, a comment, a thumbnail, and bytes after its end."""
    options = (
        {"exif": exif_with(gps=True), "comment": SECRET} if path.suffix == ".jpg" else {"exif": exif_with(gps=True)}
    )
    make_image(path, **options)
    data = path.read_bytes()
    if path.suffix == ".jpg":
        iptc = b"\xff\xed" + (2 + 14 + len(SECRET)).to_bytes(2) + b"Photoshop 3.0\0" + SECRET
        xmp = b"http://ns.adobe.com/xap/1.0/\0<x exif:GPSLatitude='52,30N'/>"
        data = data[:2] + iptc + b"\xff\xe1" + (2 + len(xmp)).to_bytes(2) + xmp + data[2:]
    else:
        data = add_text(data)
    path.write_bytes(data + SECRET)
    return path


def add_text(data):
    from tests.media.test_image_refusals import png_chunk

    chunks = png_chunk(b"tEXt", b"Comment\0" + SECRET) + png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + SECRET)
    return data[:33] + chunks + data[33:]


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_everything_but_the_pixels_is_left_out_and_they_stay_bit_for_bit(tmp_path, name):
    path = with_everything(tmp_path / name)

    prepared = prepare(path, tmp_path)

    content = prepared.path.read_bytes()
    for trace in (SECRET, b"Exif", b"eXIf", b"GPS", b"A camera", b"Photoshop", b"xap", b"XML"):
        assert trace not in content
    with Image.open(prepared.path) as image:
        assert not image.getexif()
    assert (pixels_of(prepared.path) == pixels_of(path)).all()
    assert "original is unchanged" in prepared.note


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_a_picture_with_nothing_beside_its_pixels_is_sent_as_it_is(tmp_path, name):
    path = make_image(tmp_path / name)

    prepared = prepare(path, tmp_path)

    assert prepared.path.read_bytes() == path.read_bytes()
    assert prepared.note == ""


def test_a_thumbnail_of_the_uncropped_picture_is_left_out(tmp_path):
    path = make_image(tmp_path / "a.jpg")
    data = path.read_bytes()
    thumbnail = bytes([1, 1]) + b"\x07\x07\x07"
    path.write_bytes(data[:4] + (16 + 3).to_bytes(2) + data[6:18] + thumbnail + data[20:])

    prepared = prepare(path, tmp_path)

    assert prepared.path.read_bytes() == data


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
@pytest.mark.parametrize(
    ("orientation", "seen"),
    [(1, "rgwb"), (2, "grbw"), (3, "wbrg"), (4, "bwgr"), (5, "rbwg"), (6, "brgw"), (7, "wgrb"), (8, "gwbr")],
)
def test_a_rotated_picture_is_turned_upright(tmp_path, name, orientation, seen):
    path = make_image(tmp_path / name, exif=exif_with(orientation))

    prepared = prepare(path, tmp_path)

    assert corners(prepared.path) == seen
    assert ("turned upright" in prepared.note) == (orientation != 1)
    with Image.open(prepared.path) as image:
        assert not image.getexif()


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_a_jpeg_in_another_mode_becomes_rgb(tmp_path, mode):
    prepared = prepare(make_image(tmp_path / "a.jpg", mode=mode, comment=SECRET), tmp_path)

    with Image.open(prepared.path) as image:
        assert (image.mode, image.format) == ("RGB", "JPEG")
    assert SECRET not in prepared.path.read_bytes()
    assert "8-bit RGB" in prepared.note


def test_cmyk_keeps_its_colours_apart(tmp_path):
    assert corners(prepare(make_image(tmp_path / "a.jpg", mode="CMYK"), tmp_path).path) == "rgwb"


def test_transparent_parts_become_white_and_the_note_says_so(tmp_path):
    path = tmp_path / "a.png"
    picture = make_picture(mode="RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 320, 240))
    picture.save(path)

    prepared = prepare(path, tmp_path)

    assert prepared.media_type == "image/png"
    assert corners(prepared.path) == "wgwb"
    assert "became white" in prepared.note


def test_a_palette_with_a_transparent_colour_is_flattened(tmp_path):
    path = tmp_path / "a.png"
    picture = make_picture().quantize(4)
    picture.save(path, transparency=picture.getpixel((5, 5)))

    assert pixels_of(prepare(path, tmp_path).path)[5, 5].tolist() == [255, 255, 255]


def test_an_opaque_alpha_channel_is_removed_without_talk_of_transparency(tmp_path):
    prepared = prepare(make_image(tmp_path / "a.png", mode="RGBA"), tmp_path)

    with Image.open(prepared.path) as image:
        assert image.mode == "RGB"
    assert "became white" not in prepared.note


def test_sixteen_bit_grey_keeps_its_brightness(tmp_path):
    path = tmp_path / "deep.png"
    Image.new("I;16", (400, 400), 32_896).save(path)

    pixel = pixels_of(prepare(path, tmp_path).path)[10, 10]

    assert abs(pixel - 128).max() <= 1


def test_another_colour_space_is_converted_and_its_profile_left_out(tmp_path, wide_profile):
    path = make_image(tmp_path / "a.png", icc_profile=wide_profile)

    prepared = prepare(path, tmp_path)

    assert b"iCCP" not in prepared.path.read_bytes()
    change = pixels_of(prepared.path)[5, 5] - pixels_of(path)[5, 5]
    assert change[0] >= 5
    assert "sRGB" in prepared.note


def test_a_profile_that_means_srgb_is_left_out_without_a_change(tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = make_image(tmp_path / "a.jpg", icc_profile=srgb)

    prepared = prepare(path, tmp_path)

    assert b"ICC_PROFILE" not in prepared.path.read_bytes()
    assert (pixels_of(prepared.path) == pixels_of(path)).all()


def test_a_png_too_large_for_its_new_encoding_becomes_a_jpeg(tmp_path):
    path = tmp_path / "noise.png"
    Image.effect_noise((600, 600), 90).convert("RGBA").save(path)

    prepared = prepare(path, tmp_path, max_bytes=300_000)

    assert prepared.media_type == "image/jpeg"
    assert prepared.path.suffix == ".jpg"
    assert "too large" in prepared.note


def test_what_cannot_be_made_small_enough_is_refused_and_leaves_nothing(tmp_path):
    path = make_image(tmp_path / "a.png", mode="L")
    (tmp_path / "out").mkdir()

    with pytest.raises(media.ImageRefused, match="cannot be brought below"):
        media.prepare_image(path, tmp_path / "out", max_bytes=500)

    assert list((tmp_path / "out").iterdir()) == []


def test_the_same_picture_always_has_the_same_key(tmp_path):
    path = make_image(tmp_path / "a.jpg", exif=exif_with(6))

    assert prepare(path, tmp_path).key == prepare(path, tmp_path).key


def test_a_bomb_that_reaches_preparing_is_refused_there_too(tmp_path):
    path = make_image(tmp_path / "a.png")

    with pytest.raises(media.ImageRefused):
        media.prepare_image(path, tmp_path, max_bytes=MAX_BYTES, max_pixels=640 * 480 - 1)
    with pytest.raises(media.ImageRefused):
        media.image_poster(path, tmp_path, max_pixels=640 * 480 - 1)


@pytest.mark.parametrize(
    ("size", "orientation", "wanted"), [((2400, 1600), 6, (640, 960)), ((640, 480), 1, (640, 480))]
)
def test_a_poster_is_a_small_upright_jpeg(tmp_path, size, orientation, wanted):
    path = make_image(tmp_path / "a.jpg", size, exif=exif_with(orientation, gps=True))

    poster = media.image_poster(path, tmp_path)

    content = poster.read_bytes()
    with Image.open(io.BytesIO(content)) as image:
        assert (image.format, image.size) == ("JPEG", wanted)
        assert not image.getexif()
    assert corners(poster) == ("brgw" if orientation == 6 else "rgwb")


def test_a_webp_that_came_back_is_sent_as_a_png(tmp_path):
    path = make_image(tmp_path / "a.webp", lossless=True)

    sent = media.prepare_image(path, tmp_path, max_bytes=5_000_000)

    assert sent.media_type == "image/png" and "new PNG" in sent.note
    with Image.open(sent.path) as made, Image.open(path) as original:
        assert made.convert("RGB").tobytes() == original.convert("RGB").tobytes()


def test_a_broken_webp_is_refused(tmp_path):
    path = make_image(tmp_path / "a.webp", lossless=True)
    path.write_bytes(path.read_bytes()[:60])

    with pytest.raises(media.ImageRefused):
        media.prepare_image(path, tmp_path, max_bytes=5_000_000)
