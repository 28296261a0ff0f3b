"""Stored files: whole, in part, or not again; and for members only."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from generations.models import Blob
from tests.make import make_member, make_team
from tests.portal.conftest import PHOTO

DATA = Path(PHOTO).read_bytes()
SIZE = len(DATA)


@pytest.fixture
def asset(portal):
    return portal.image()


@pytest.fixture
def address(asset):
    return reverse("portal:media", args=[asset.public_id, "original"])


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_the_original_comes_whole_and_unaltered(portal, asset, address):
    answer = portal.client.get(address)

    assert answer.status_code == 200 and body(answer) == DATA
    assert answer["Content-Type"] == "image/jpeg" and answer["Content-Length"] == str(SIZE)
    assert answer["ETag"] == f'"{asset.blob.sha256}"' and answer["Accept-Ranges"] == "bytes"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"].startswith("private")
    assert answer["Content-Disposition"] == 'inline; filename="rocket.jpg"'


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, SIZE - 1),
        ("bytes=-50", SIZE - 50, SIZE - 1),
        (f"bytes=10-{SIZE * 9}", 10, SIZE - 1),
        (f"bytes=-{SIZE * 9}", 0, SIZE - 1),
    ],
)
def test_a_part_is_exactly_that_part(portal, address, asked, first, last):
    answer = portal.client.get(address, headers={"Range": asked})

    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert body(answer) == DATA[first : last + 1] and answer["Content-Length"] == str(last + 1 - first)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 5}-{SIZE + 9}", "bytes=-0"])
def test_a_part_beyond_the_end_is_416(portal, address, asked):
    answer = portal.client.get(address, headers={"Range": asked})

    assert answer.status_code == 416 and answer["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked", ["bytes=5-2", "bytes=0-1,5-6", "bytes=-", "lines=1-2", "bytes=a-b", "bytes=" + "9" * 99 + "-"]
)
def test_what_is_no_range_gets_the_whole(portal, address, asked):
    assert portal.client.get(address, headers={"Range": asked}).status_code == 200


def test_what_a_browser_has_is_not_sent_again(portal, address):
    etag = portal.client.get(address)["ETag"]

    for known in (etag, f'"other", {etag}', "*", f"W/{etag}"):
        answer = portal.client.get(address, headers={"If-None-Match": known})
        assert answer.status_code == 304 and not answer.content and answer["ETag"] == etag, known


def test_a_part_of_something_else_is_the_whole(portal, address):
    answer = portal.client.get(address, headers={"Range": "bytes=0-9", "If-Range": '"another"'})

    assert answer.status_code == 200


def test_head_says_the_same_without_a_body(portal, address):
    answer = portal.client.head(address)

    assert answer.status_code == 200 and answer["Content-Length"] == str(SIZE) and not body(answer)


def test_the_poster_is_small(portal, asset):
    answer = portal.client.get(reverse("portal:media", args=[asset.public_id, "poster"]))

    assert answer.status_code == 200 and answer["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize("kind", ["preview", "blob", "original.jpg"])
def test_what_it_does_not_have_is_404(portal, asset, kind):
    assert portal.client.get(f"/media/{asset.public_id}/{kind}/").status_code == 404


def test_strangers_and_nobody_get_404(portal, address, stranger):
    assert stranger.get(address).status_code == 404
    assert Client().get(address).status_code == 404


def test_a_member_of_the_team_gets_it_while_working_in_another(portal, address):
    other = make_team()
    make_member(other, user=portal.owner.user)
    portal.client.post(reverse("portal:team"), {"team": other.slug})

    assert portal.client.get(address).status_code == 200


def test_a_file_that_is_gone_is_404(portal, asset, address):
    Blob.objects.filter(pk=asset.blob_id).update(storage_key="blobs/x/00/gone.jpg")

    assert portal.client.get(address).status_code == 404


def test_an_unknown_type_is_only_saved(portal, asset, address):
    Blob.objects.filter(pk=asset.blob_id).update(media_type="text/html")

    answer = portal.client.get(address)

    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")


def test_another_storage_signs_the_way_to_it(portal, address, monkeypatch):
    class Signing:
        def url(self, key):
            return f"https://bucket.test/{key}?signature=1"

    monkeypatch.setattr("generations.portal.files.default_storage", Signing())

    answer = portal.client.get(address)

    assert answer.status_code == 302 and answer.url.startswith("https://bucket.test/blobs/")


def test_nothing_is_posted(portal, address):
    assert portal.client.post(address).status_code == 405
