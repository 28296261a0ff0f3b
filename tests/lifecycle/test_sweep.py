"""Files without a row go after a day; files with one stay."""

import hashlib
import os
import re
import tempfile
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from generations import lifecycle, media
from generations.lifecycle.sweep_folders import PREFIXES
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


# Folders of killed processes


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """The folder for temporary folders."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def leave_folder(scratch, name, age_seconds):
    folder = scratch / name
    folder.mkdir()
    (folder / "fetch-x").write_bytes(b"half a film")
    then = time.time() - age_seconds
    os.utime(folder, (then, then))
    return folder


@pytest.mark.parametrize("name", ["kling-submit-a1", "kling-ingest-a1", "kling-upload-a1"])
def test_a_folder_of_a_killed_process_goes_after_a_day(scratch, name):
    folder = leave_folder(scratch, name, settings.LIFECYCLE["orphan_seconds"] + 60)

    lifecycle.sweep()

    assert not folder.exists()


@pytest.mark.parametrize(
    ("name", "age"), [("kling-ingest-a1", 60), ("somebody-elses-a1", 10**6), ("my-kling-ingest-", 10**6)]
)
def test_what_is_young_or_not_ours_stays(scratch, name, age):
    folder = leave_folder(scratch, name, age)

    lifecycle.sweep()

    assert folder.exists()


def test_another_users_folder_and_a_link_stay(scratch, monkeypatch):
    old = leave_folder(scratch, "kling-ingest-a1", 10**6)
    target = leave_folder(scratch, "precious", 10**6)
    (scratch / "kling-ingest-link").symlink_to(target)
    monkeypatch.setattr(os, "getuid", lambda: os.stat(old).st_uid + 1)

    lifecycle.sweep()
    monkeypatch.undo()

    assert old.exists() and target.exists()


def test_the_prefixes_are_those_that_are_used():
    """A folder that nobody sweeps would fill the disk."""
    source = "".join(path.read_text() for path in Path("generations/lifecycle").glob("*.py"))

    assert set(re.findall(r'"(kling-[a-z]+-)"', source)) == set(PREFIXES)
