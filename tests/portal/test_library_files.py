"""Files of the library: added from its page or a drop zone, listed with poster or waveform, refused with a sentence."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from generations.choices import MediaKind
from generations.models import Asset, Blob
from generations.portal.uploads import BoundedUpload
from tests.make import make_asset
from tests.media_files import make_sound, make_video
from tests.portal.conftest import HTMX, words

PAGE = "/library/files/"


@pytest.fixture
def video(tmp_path):
    return make_video(tmp_path / "harbour.mp4", seconds=2).read_bytes()


@pytest.fixture
def sound(tmp_path):
    return make_sound(tmp_path / "horn.mp3").read_bytes()


@pytest.fixture
def send(portal):
    def run(data, name, role="library", headers=HTMX, client=None):
        fields = {"role": role, "file": SimpleUploadedFile(name, data)}
        return (client or portal.client).post(reverse("portal:upload"), fields, headers=headers)

    return run


def test_a_video_for_a_slot_is_answered_with_its_tile(portal, send, video):
    answer = send(video, "harbour.mp4", "source_video")

    asset = Asset.objects.get()
    assert answer.status_code == 200 and asset.kind == MediaKind.VIDEO
    page = answer.content.decode()
    assert f'name="source_video" value="{asset.public_id}"' in page
    assert reverse("portal:media", args=[asset.public_id, "poster"]) in page
    assert reverse("portal:media", args=[asset.public_id, "preview"]) in page
    assert "0:02" in words(answer)


def test_a_sound_for_a_slot_is_answered_with_its_waveform(portal, send, sound):
    answer = send(sound, "horn.mp3", "audio")

    asset = Asset.objects.get()
    assert asset.kind == MediaKind.AUDIO
    assert reverse("portal:media", args=[asset.public_id, "poster"]) in answer.content.decode()
    assert "data-preview" not in answer.content.decode()


def test_the_library_lists_what_was_added_and_no_takes(portal, send, video, sound):
    send(video, "harbour.mp4"), send(sound, "horn.mp3"), portal.image()
    make_asset(portal.owner, generation=portal.take(), name="a take's film")

    said = words(portal.client.get(PAGE))

    assert "3 files" in said and "harbour.mp4" in said and "horn.mp3" in said and "rocket.jpg" in said
    assert "Video" in said and "Sound" not in said and "Audio" in said
    assert "a take's film" not in said


def test_what_another_team_added_is_not_listed(portal, stranger, send, video):
    send(video, "harbour.mp4")

    assert "harbour.mp4" not in words(stranger.get(PAGE))


def test_an_empty_library_says_what_is_kept_there(portal):
    assert "No files yet" in words(portal.client.get(PAGE))


def test_its_page_leads_to_the_takes_and_back(portal):
    assert PAGE in portal.client.get("/library/").content.decode()
    assert 'href="/library/"' in portal.client.get(PAGE).content.decode()


def test_without_a_script_the_page_says_what_became_of_it(portal, send, sound):
    answer = send(sound, "horn.mp3", headers={})

    assert answer.status_code == 302 and answer.url == PAGE
    assert "horn.mp3 was added." in words(portal.client.get(PAGE))
    send(b"A letter", "note.txt", headers={})
    said = words(portal.client.get(PAGE))
    assert "note.txt was not added. The file is a text file. Upload a JPG or PNG image" in said


@pytest.mark.parametrize(
    ("role", "name", "sentence"),
    [
        ("source_video", "horn.mp3", "The file is an MP3 sound. Upload an MP4 or MOV video."),
        ("audio", "harbour.mp4", "The file is a video and not a sound."),
    ],
)
def test_another_kind_than_the_slot_takes_is_refused(send, video, sound, role, name, sentence):
    answer = send({"horn.mp3": sound, "harbour.mp4": video}[name], name, role)

    assert answer.status_code == 422
    assert f"{name} was not added. {sentence}" in words(answer)
    assert not Asset.objects.exists() and not Blob.objects.exists()


def test_a_video_above_the_limit_is_refused(send, video, settings):
    settings.LIMITS = {**settings.LIMITS, "video_upload_bytes": 4_000}

    answer = send(video, "harbour.mp4", "source_video")

    assert answer.status_code == 422 and "The video has more than 0.1 MB" in words(answer)
    assert not Asset.objects.exists()


def test_a_viewer_sees_the_files_and_adds_none(portal, send, viewer, sound):
    send(sound, "horn.mp3")

    page = viewer.get(PAGE)
    assert "horn.mp3" in words(page) and '<input type="file"' not in page.content.decode()
    assert send(sound + b"\0", "b.mp3", client=viewer).status_code == 403


def test_nobody_adds_nothing(send, sound):
    assert send(sound, "horn.mp3", client=Client()).status_code == 401
    assert not Asset.objects.exists()


class _Anyone:
    def __init__(self, is_authenticated):
        self.user = self
        self.is_authenticated = is_authenticated


@pytest.mark.parametrize(
    ("head", "signed_in", "limit"),
    [
        (b"\0\0\0\x18ftypmp42" + bytes(2000), True, "video_upload_bytes"),
        (b"\0\0\0\x18ftypmp42" + bytes(2000), False, "image_upload_bytes"),
        (b"ID3\4" + bytes(2000), True, "audio_upload_bytes"),
        (b"\xff\xd8\xff\xe0" + bytes(2000), True, "image_upload_bytes"),
        (b"anything" + bytes(2000), True, "image_upload_bytes"),
    ],
)
def test_no_more_reaches_the_disk_than_twice_what_it_may_be(settings, head, signed_in, limit):
    handler, bound = BoundedUpload(_Anyone(signed_in)), 2 * settings.LIMITS[limit]

    assert handler.receive_data_chunk(head, 0) == head
    assert handler.receive_data_chunk(b"more", bound - 1) == b"more"
    assert handler.receive_data_chunk(b"more", bound) is None
