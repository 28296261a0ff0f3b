"""Blobs in the default storage: on disk and, with the same calls, where there are no local paths."""

import hashlib
import os
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from generations.media import store

DAY = 24 * 3600
CONTENT = b"a take" * 1000
SHA = hashlib.sha256(CONTENT).hexdigest()
KEY = f"blobs/team-1/{SHA[:2]}/{SHA}.mp4"


@pytest.fixture(params=["disk", "elsewhere"])
def storage(request, settings, tmp_path):
    backends = {
        "disk": "django.core.files.storage.FileSystemStorage",
        "elsewhere": "django.core.files.storage.InMemoryStorage",
    }
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": backends[request.param]}}
    return request.param


@pytest.fixture
def disk(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    return tmp_path / "media"


def put(tmp_path, content=CONTENT, **changed):
    path = tmp_path / "local"
    path.write_bytes(content)
    facts = {"team_key": "team-1", "sha256": hashlib.sha256(content).hexdigest(), "extension": "mp4", **changed}
    return store.put(path, **facts)


def sweep(known=(), older_than_seconds=DAY, later=timedelta(days=2)):
    return store.sweep(
        known=lambda keys: set(keys) & set(known), older_than_seconds=older_than_seconds, now=datetime.now(UTC) + later
    )


def test_a_file_is_stored_under_its_hash_and_read_back(storage, tmp_path):
    assert put(tmp_path) == KEY

    assert store.exists(KEY)
    assert store.size(KEY) == len(CONTENT)
    with store.open(KEY) as file:
        assert file.read() == CONTENT
    assert (tmp_path / "local").read_bytes() == CONTENT


def test_storing_twice_keeps_one_file(storage, tmp_path):
    assert put(tmp_path) == put(tmp_path)

    assert default_storage.listdir(f"blobs/team-1/{SHA[:2]}")[1] == [f"{SHA}.mp4"]


def test_teams_do_not_share_files(storage, tmp_path):
    assert put(tmp_path) != put(tmp_path, team_key="team-2")


def test_half_a_file_under_the_key_is_replaced(storage, tmp_path):
    default_storage.save(KEY, ContentFile(CONTENT[:10]))

    put(tmp_path)

    assert store.size(KEY) == len(CONTENT)


def test_a_deleted_file_is_gone_and_deleting_again_is_harmless(storage, tmp_path):
    put(tmp_path)

    store.delete(KEY)
    store.delete(KEY)

    assert not store.exists(KEY)
    with pytest.raises(FileNotFoundError):
        store.materialize(KEY, tmp_path)


def test_a_local_file_to_read_is_always_to_be_had(storage, tmp_path):
    put(tmp_path)
    into = tmp_path / "into"
    into.mkdir()

    assert store.materialize(KEY, into).read_bytes() == CONTENT
    assert (store.local_path(KEY) is None) == (storage == "elsewhere")
    assert store.local_path("blobs/none") is None


@pytest.mark.parametrize(
    "facts", [{"team_key": "../x"}, {"team_key": ""}, {"sha256": "ab"}, {"extension": "mp4/../x"}, {"extension": ""}]
)
def test_a_key_cannot_leave_its_folder(storage, tmp_path, facts):
    with pytest.raises(ValueError, match="key"):
        put(tmp_path, **facts)


def test_bytes_that_are_not_those_of_the_hash_are_not_stored(storage, tmp_path):
    with pytest.raises(ValueError, match="hash"):
        put(tmp_path, sha256=hashlib.sha256(b"else").hexdigest())

    assert sweep() == []


def test_a_copy_that_fails_leaves_nothing(disk, tmp_path, monkeypatch):
    def full(*args):
        raise OSError("No space left on device")

    monkeypatch.setattr(store.shutil, "copyfileobj", full)

    with pytest.raises(OSError, match="No space"):
        put(tmp_path)

    assert [path for path in disk.rglob("*") if path.is_file()] == []


def test_the_file_appears_only_when_it_is_complete(disk, tmp_path, monkeypatch):
    seen = []
    copy = store.shutil.copyfileobj

    def watched(source, target):
        copy(source, target)
        seen.append(store.exists(KEY))

    monkeypatch.setattr(store.shutil, "copyfileobj", watched)

    put(tmp_path)

    assert (seen, store.exists(KEY)) == ([False], True)


def test_a_sweep_removes_old_files_without_a_row_and_no_others(storage, tmp_path):
    named, orphan = put(tmp_path), put(tmp_path, b"nobody's")

    assert sweep(known=[named], later=timedelta(hours=23)) == []
    assert sweep(known=[named]) == [orphan]

    assert (store.exists(named), store.exists(orphan)) == (True, False)


def test_a_sweep_of_an_empty_store_does_nothing(storage):
    assert sweep() == []


def test_a_sweep_asks_in_batches(storage, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "_BATCH", 2)
    keys = {put(tmp_path, bytes([number])) for number in range(5)}
    asked = []

    removed = store.sweep(
        known=lambda batch: asked.append(len(batch)) or set(),
        older_than_seconds=DAY,
        now=datetime.now(UTC) + timedelta(days=2),
    )

    assert set(removed) == keys
    assert sorted(asked) == [1, 2, 2]


def test_a_sweep_removes_what_a_killed_put_left(disk):
    (disk / "blobs/team-1/aa").mkdir(parents=True)
    (disk / "blobs/team-1/aa/.put-x").write_bytes(b"half")

    assert sweep() == ["blobs/team-1/aa/.put-x"]


def test_storing_again_renews_the_age_so_that_a_sweep_waits_for_the_new_row(disk, tmp_path):
    put(tmp_path)
    long_ago = (datetime.now(UTC) - timedelta(days=3)).timestamp()
    os.utime(store.local_path(KEY), (long_ago, long_ago))

    put(tmp_path)

    assert sweep(later=timedelta(0)) == []


def test_a_file_renewed_while_the_sweep_asks_is_kept(disk, tmp_path):
    put(tmp_path)
    long_ago = (datetime.now(UTC) - timedelta(days=3)).timestamp()
    os.utime(store.local_path(KEY), (long_ago, long_ago))

    removed = store.sweep(known=lambda keys: put(tmp_path) and set(), older_than_seconds=DAY, now=datetime.now(UTC))

    assert removed == []


def test_a_copy_for_a_provider_lies_apart_and_is_swept_apart(storage, tmp_path):
    key = put(tmp_path, root=store.SENT)
    put(tmp_path)
    assert (
        key
        == KEY.replace("blobs/", "sent/")
        == store.key_of(team_key="team-1", sha256=SHA, extension="mp4", root=store.SENT)
    )

    sweep()

    assert store.exists(key) and not store.exists(KEY)
    later = datetime.now(UTC) + timedelta(days=2)
    swept = store.sweep(known=lambda keys: set(), older_than_seconds=DAY, now=later, root=store.SENT)
    assert swept == [key] and not store.exists(key)


def test_there_are_no_other_roots(storage, tmp_path):
    with pytest.raises(ValueError, match="No storage key"):
        put(tmp_path, root="static")
