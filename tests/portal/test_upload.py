"""Adding a picture: into the library, or a sentence that says what is wrong with it, and nothing is kept."""

import io
import zlib
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from generations.models import Asset, Blob
from tests.make import make_member, make_team
from tests.media_files import make_image, make_picture
from tests.portal.conftest import HTMX, PHOTO, words
from tests.portal.forms import read_pieces


def send(portal, data, name="still.jpg", client=None, **fields):
    fields = {"role": "first_frame", **fields, "file": SimpleUploadedFile(name, data)}
    return (client or portal.client).post(reverse("portal:upload"), fields, headers=HTMX)


def photo():
    return Path(PHOTO).read_bytes()


def drawn(tmp_path, name, *args, **kwargs):
    return make_image(tmp_path / name, *args, **kwargs).read_bytes()


def test_a_photograph_is_added_as_it_came(portal):
    answer = send(portal, photo(), "rocket.jpg")

    asset = Asset.objects.get()
    assert answer.status_code == 200
    assert read_pieces(answer)["first_frame"] == str(asset.public_id)
    assert asset.blob.size_bytes == len(photo()) and asset.name == "rocket.jpg"
    assert "640 × 427 px" in words(answer)


def test_the_same_photograph_twice_is_one(portal):
    send(portal, photo()), send(portal, photo())

    assert Asset.objects.count() == 1


def bomb():
    """A PNG of a few kilobytes that claims 400 million pixels."""

    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    header = (20_000).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 4096))
        + chunk(b"IEND", b"")
    )


def animated():
    frames = [make_picture().resize((400, 400)), make_picture("RGB" and (400, 400)).rotate(90)]
    file = io.BytesIO()
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    return file.getvalue()


REFUSED = {
    "eleven megabytes": ("big.jpg", lambda _: photo() + b"\0" * 11_000_000, "It is larger than 10 MB"),
    "far too large": ("huge.jpg", lambda _: b"\xff" * 25_000_000, "It is larger than 10 MB"),
    "299 pixels": ("small.png", lambda at: drawn(at, "a.png", (299, 400)), "299"),
    "2.6 to 1": ("wide.png", lambda at: drawn(at, "a.png", (1040, 400)), "2.6"),
    "a lying name": ("lie.png", lambda _: photo(), "The name ends in .png, but the file is"),
    "a text": ("note.jpg", lambda _: b"A letter to Kling\n" * 50, "The file is not an image"),
    "a web page": ("page.png", lambda _: b"<!doctype html><script>1</script>", "The file is not an image"),
    "a bomb": ("bomb.png", lambda _: bomb(), "20000 × 20000 pixels; at most 60 million"),
    "animated": ("move.png", lambda _: animated(), "animat"),
    "nothing": ("none.jpg", lambda _: b"", "The file is empty. Choose the picture again."),
    "half of it": ("half.jpg", lambda _: photo()[: len(photo()) // 2], "."),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_with_a_sentence(portal, tmp_path, what):
    name, make, sentence = REFUSED[what]

    answer = send(portal, make(tmp_path), name)

    assert answer.status_code == 422
    said = words(answer)
    assert f"{name} was not added." in said and sentence in said.split("was not added.")[1]
    assert not Asset.objects.exists() and not Blob.objects.exists()


def test_a_refusal_leaves_the_image_that_was_there(portal):
    kept = str(portal.image().public_id)

    answer = send(portal, b"no image", current=kept)

    assert answer.status_code == 422 and read_pieces(answer)["first_frame"] == kept


def test_a_picture_of_another_team_is_not_shown_as_the_current_one(portal):
    theirs = portal.image(member=make_member(make_team()))

    answer = send(portal, b"no image", current=str(theirs.public_id))

    assert read_pieces(answer)["first_frame"] == ""


@pytest.mark.parametrize("fields", [{"role": "element"}, {"role": ""}, {"current": "\x00"}, {"current": "x" * 9999}])
def test_strange_fields_do_no_harm(portal, fields):
    assert send(portal, photo(), **fields).status_code in (200, 422)


def test_a_form_without_a_file_says_so(portal):
    answer = portal.client.post(reverse("portal:upload"), {"role": "last_frame"}, headers=HTMX)

    assert answer.status_code == 422 and "No file arrived. Choose the picture again." in words(answer)


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd.jpg", "a" * 400 + ".jpg", "a\x00b.jpg", "C:\\photos\\still.jpg", "‮gpj.jpg"]
)
def test_a_strange_name_is_only_a_name(portal, name):
    answer = send(portal, photo(), name)

    assert answer.status_code == 200
    asset = Asset.objects.get()
    assert "/" not in asset.name and "\\" not in asset.name and len(asset.name) <= 160


def test_a_session_that_ended_meanwhile_is_401_and_keeps_nothing(portal):
    answer = send(portal, photo(), client=Client())

    assert answer.status_code == 401 and not Asset.objects.exists()


def test_too_many_in_an_hour_are_refused(portal, settings):
    settings.LIMITS = {**settings.LIMITS, "uploads_per_member_per_hour": 1}
    send(portal, photo())

    answer = send(portal, photo() + b"\0", "other.jpg")

    assert answer.status_code == 422 and "Try again in a few minutes." in words(answer)


def test_without_a_script_the_file_comes_with_the_form(portal):
    form = portal.image_form(first_frame="")
    form["first_frame_file"] = SimpleUploadedFile("rocket.jpg", photo())

    answer = portal.order(headers={}, **form)

    assert answer.status_code == 302
    assert portal.takes.get().inputs.get().asset.name == "rocket.jpg"


def test_without_a_script_a_refused_file_orders_nothing(portal):
    form = portal.image_form() | {"last_frame_file": SimpleUploadedFile("note.jpg", b"A letter")}

    answer = portal.order(headers={}, **form)

    assert answer.status_code == 422 and "note.jpg was not added." in words(answer)
    assert not portal.takes.exists()


def test_a_rotated_photograph_is_measured_as_people_see_it(portal, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    data = drawn(tmp_path, "turned.jpg", (800, 400), exif=exif)

    answer = send(portal, data, "turned.jpg")

    assert "400 × 800 px" in words(answer)
