"""Files without a row go after a day; files with one stay."""

import hashlib
import os
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from generations import lifecycle, media
from tests.make import make_member, make_project, make_team
from tests.media_files import make_image

pytestmark = pytest.mark.django_db


def stray(folder, age_seconds):
    path = folder / "stray.jpg"
    path.write_bytes(b"nobody knows me")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    key = media.store.put(path, team_key="0" * 32, sha256=sha256, extension="jpg")
    then = time.time() - age_seconds
    os.utime(media.store.local_path(key), (then, then))
    return key


def test_a_file_without_a_row_goes_after_a_day(tmp_path):
    key = stray(tmp_path, settings.LIFECYCLE["orphan_seconds"] + 60)

    assert lifecycle.sweep() == 1
    assert not media.store.exists(key)


def test_a_young_file_stays_because_its_row_may_be_on_the_way(tmp_path):
    key = stray(tmp_path, 60)

    assert lifecycle.sweep() == 0
    assert media.store.exists(key)


def test_a_file_with_a_row_stays_however_old(tmp_path):
    member = make_member(make_team(credits=1))
    picture = make_image(tmp_path / "picture.png", size=(640, 360))
    asset = lifecycle.upload_image(
        member=member,
        project=make_project(member.team),
        name="picture.png",
        chunks=[Path(picture).read_bytes()],
        now=timezone.now(),
    )
    old = time.time() - 10 * settings.LIFECYCLE["orphan_seconds"]
    os.utime(media.store.local_path(asset.blob.storage_key), (old, old))

    assert lifecycle.sweep() == 0
    assert media.store.exists(asset.blob.storage_key)
