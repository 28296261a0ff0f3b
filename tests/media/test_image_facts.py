"""What is said of a picture that is taken."""

import pytest
from PIL import Image, ImageCms

from generations import media
from tests.media_files import make_image, make_picture

LIMITS = {"max_bytes": 10_000_000, "max_pixels": 60_000_000}


def exif_with(orientation=None, gps=False):
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    if orientation:
        exif[0x0112] = orientation
    if gps:
        exif.get_ifd(0x8825)[1] = "N"
        exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)
    return exif


def facts_of(path):
    return media.check_image(path, **LIMITS)


@pytest.mark.parametrize(("name", "media_type"), [("a.jpg", "image/jpeg"), ("a.png", "image/png")])
def test_a_plain_picture_can_be_sent_as_it_is(tmp_path, name, media_type):
    path = make_image(tmp_path / name)

    assert facts_of(path) == media.ImageFacts(
        width=640,
        height=480,
        media_type=media_type,
        size_bytes=path.stat().st_size,
        is_rotated=False,
        mode="RGB",
        has_location=False,
        needs_reencode=False,
    )


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["turned.jpg", "turned.png"])
def test_sides_are_those_a_person_sees(tmp_path, name, orientation):
    facts = facts_of(make_image(tmp_path / name, exif=exif_with(orientation)))

    assert (facts.width, facts.height) == ((480, 640) if orientation >= 5 else (640, 480))
    assert facts.is_rotated == (orientation != 1)
    assert facts.needs_reencode == (orientation != 1)


@pytest.mark.parametrize("name", ["place.jpg", "place.png"])
def test_a_position_in_exif_is_noticed(tmp_path, name):
    assert facts_of(make_image(tmp_path / name, exif=exif_with(gps=True))).has_location
    assert not facts_of(make_image(tmp_path / name, exif=exif_with())).has_location


def test_a_position_in_xmp_is_noticed(tmp_path):
    assert facts_of(make_image(tmp_path / "a.jpg", xmp=b"<x exif:GPSLatitude='52,30N'/>")).has_location


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.jpg", "CMYK"), ("a.jpg", "L"), ("a.png", "RGBA"), ("a.png", "P"), ("a.png", "L"), ("a.png", "1")],
)
def test_what_is_not_plain_colour_must_be_encoded_again(tmp_path, name, mode):
    facts = facts_of(make_image(tmp_path / name, mode=mode))

    assert facts.mode == mode
    assert facts.needs_reencode


def test_sixteen_bits_must_be_encoded_again(tmp_path):
    path = tmp_path / "deep.png"
    Image.new("I;16", (400, 400), 40_000).save(path)

    assert facts_of(path).needs_reencode


def test_a_profile_that_means_srgb_needs_no_new_encoding(tmp_path):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    assert not facts_of(make_image(tmp_path / "a.jpg", icc_profile=srgb)).needs_reencode
    assert not facts_of(make_image(tmp_path / "a.jpg", icc_profile=b"not a profile")).needs_reencode


def test_a_profile_of_another_space_needs_a_new_encoding(tmp_path, wide_profile):
    assert facts_of(make_image(tmp_path / "a.jpg", icc_profile=wide_profile)).needs_reencode


def test_a_broken_exif_block_is_ignored(tmp_path):
    path = tmp_path / "a.jpg"
    make_picture().save(path, exif=b"Exif\0\0II*\0\xff\xff\xff\xff")

    assert not facts_of(path).is_rotated
