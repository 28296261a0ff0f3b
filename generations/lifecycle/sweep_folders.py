"""Temporary folders of processes that were killed: nobody is left who would remove them."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

PREFIXES = ("kling-submit-", "kling-ingest-", "kling-upload-")


def sweep_folders() -> int:
    """Remove our own temporary folders that are older than a day; how many. Those of other users are left alone."""
    before = time.time() - settings.LIFECYCLE["orphan_seconds"]
    return sum(_remove(folder) for folder in _old_folders(Path(tempfile.gettempdir()), before))


def _old_folders(root: Path, before: float) -> Iterator[Path]:
    with os.scandir(root) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIXES) and _is_ours(entry, before):
                yield Path(entry.path)


def _is_ours(entry: os.DirEntry[str], before: float) -> bool:
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # it has just gone by itself
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and found.st_mtime < before


def _remove(folder: Path) -> bool:
    try:
        shutil.rmtree(folder)
    except OSError as error:
        log.warning("folder_not_removed", folder=folder.name, why=error.strerror)
        return False
    return True
