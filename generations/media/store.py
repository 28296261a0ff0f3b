"""Blobs in Django's default storage: a local folder, or S3 through django-storages. Named by content, never changed.

The key is `blobs/<team>/<first two of the hash>/<hash>.<extension>`, so equal bytes of a team are one file. What is
made only to be fetched by a provider lies the same way below `sent/`, has no row, and goes after a while.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage

ROOT = "blobs"
SENT = "sent"
_TEAM = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_EXTENSION = re.compile(r"[a-z0-9]{1,8}")
_BATCH = 500
_FRESH = timedelta(hours=1)
_FILE_MODE = 0o644


def put(path: Path, *, team_key: str, sha256: str, extension: str, root: str = ROOT) -> str:
    """Store a copy of a local file and return its key. Safe to repeat: a file of the same size under the key stays.

    The file appears under its key complete or not at all. Raises ValueError for a key that cannot be built and for
    bytes that do not match the hash: both are errors of the program or of a disk, not of a person.
    """
    key = key_of(team_key=team_key, sha256=sha256, extension=extension, root=root)
    _check_hash(path, sha256)
    target = _local(key)
    if target:
        _put_local(path, target)
    elif not _is_fresh(key, path.stat().st_size):
        _put_remote(path, key)
    return key


def open(key: str) -> File:  # noqa: A001 - read as store.open(key)
    """The stored file for reading; close it after use. Raises FileNotFoundError where there is none."""
    return default_storage.open(key, "rb")


def exists(key: str) -> bool:
    """Whether a file is stored under the key."""
    return default_storage.exists(key)


def size(key: str) -> int:
    """The stored file's size in bytes. Raises FileNotFoundError where there is none."""
    return default_storage.size(key)


def delete(key: str) -> None:
    """Remove the file; nothing happens where there is none."""
    default_storage.delete(key)


def local_path(key: str) -> Path | None:
    """Where the stored file lies on this machine; None where it is missing or stored elsewhere. Never write to it."""
    path = _local(key)
    return path if path and path.is_file() else None


def materialize(key: str, into: Path) -> Path:
    """A local file to read: the stored one itself where it is local, else a copy in the folder `into`. Never write.

    Raises FileNotFoundError where nothing is stored under the key.
    """
    if path := local_path(key):
        return path
    target = into / Path(key).name
    with open(key) as stored, target.open("wb") as file:
        shutil.copyfileobj(stored, file)
    return target


def sweep(
    *, known: Callable[[list[str]], set[str]], older_than_seconds: float, now: datetime, root: str = ROOT
) -> list[str]:
    """Remove files below `root` that no row names and that are older than a time, and return their keys.

    `known` answers, for a list of keys, which of them a row names. The age protects a file whose row is not committed
    yet; `put` renews it.
    """
    before = now - timedelta(seconds=older_than_seconds)
    removed: list[str] = []
    batch: list[str] = []
    for key in [*_old_keys(root, before), None]:
        if key:
            batch.append(key)
        if len(batch) == _BATCH or key is None:
            removed += _remove_unknown(batch, known, before)
            batch = []
    return removed


def _remove_unknown(keys: list[str], known: Callable[[list[str]], set[str]], before: datetime) -> list[str]:
    named = known(keys) if keys else set()
    # Asked again: a put in the meantime has renewed the file for a row that is about to be written.
    orphans = [key for key in keys if key not in named and _modified_at(key) < before]
    for key in orphans:
        delete(key)
    return orphans


def _old_keys(folder: str, before: datetime) -> Iterator[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in folders:
        yield from _old_keys(f"{folder}/{name}", before)
    for key in (f"{folder}/{name}" for name in files):
        if _modified_at(key) < before:
            yield key


def _modified_at(key: str) -> datetime:
    moment = default_storage.get_modified_time(key)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def key_of(*, team_key: str, sha256: str, extension: str, root: str = ROOT) -> str:
    """The key under which such a file lies, whether or not it does. Raises ValueError where it could not be one."""
    parts = ((_TEAM, team_key), (_SHA256, sha256), (_EXTENSION, extension))
    if root not in (ROOT, SENT) or not all(pattern.fullmatch(text) for pattern, text in parts):
        raise ValueError(f"No storage key can be built from {team_key!r}, {sha256!r}, {extension!r}.")
    return f"{root}/{team_key}/{sha256[:2]}/{sha256}.{extension}"


def _check_hash(path: Path, sha256: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise ValueError(f"The file to store has the hash {found}, not {sha256}.")


def _local(key: str) -> Path | None:
    """Where a key lies, or would lie, where the storage is a local folder."""
    return Path(default_storage.path(key)) if isinstance(default_storage, FileSystemStorage) else None


def _put_local(path: Path, target: Path) -> None:
    if target.is_file() and target.stat().st_size == path.stat().st_size:
        os.utime(target)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".put-", dir=target.parent)
    try:
        with path.open("rb") as source, os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(_FILE_MODE)
        Path(name).replace(target)
        _flush_folder(target.parent)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _flush_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_fresh(key: str, size_bytes: int) -> bool:
    """Whether the same file is there and young. An old one is written again: that alone renews its age on S3."""
    if not (default_storage.exists(key) and default_storage.size(key) == size_bytes):
        return False
    return datetime.now(UTC) - _modified_at(key) < _FRESH


def _put_remote(path: Path, key: str) -> None:
    with path.open("rb") as source:
        if default_storage.exists(key):
            default_storage.delete(key)
        stored = default_storage.save(key, File(source))
    if stored != key:
        default_storage.delete(stored)
        raise ValueError(f"The storage wrote {stored} instead of {key}.")
