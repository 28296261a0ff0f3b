"""A data folder for the length of one test run or benchmark, apart from the site's own."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import site
from .errors import CannotRun

# What would make a run here differ from one on a machine where nothing is set.
OUTER = [
    *["DATABASE_URL", "REDIS_URL", "CONN_MAX_AGE", "SECRET_KEY", "CREDENTIALS_KEYS", "S3_BUCKET"],
    *["EMAIL_URL", "EMAIL_FROM"],
    *["PUBLIC_URL", "SANDBOX_ORIGIN", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "HTTPS"],
    *["DEBUG", "LOG_LEVEL", "TIME_ZONE"],
]


def clear_environment() -> None:
    for name in OUTER:
        os.environ.pop(name, None)


@contextmanager
def data_folder(name: str) -> Iterator[Path]:
    """KLING_SITE_VAR/`name`, kept for the next time; a temporary one where that is in use or not writable."""
    folder = site.var_dir(os.environ) / name
    try:
        site.check_writable(folder)
    except CannotRun:
        with temporary_folder() as other:
            yield other
        return
    with site.locked(folder) as free:
        if free:
            yield folder
            return
    with temporary_folder() as other:
        yield other


def stop_on_terminate() -> None:
    """Make SIGTERM and SIGHUP leave every `with` in order, so that no server stays behind."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A data folder that goes with the `with`, whoever PostgreSQL has to run as."""
    folder = Path(tempfile.mkdtemp(prefix="kling-site-data-"))
    try:
        # As root, the servers' account has to pass through.
        folder.chmod(0o711)
        site.check_writable(folder)
        yield folder.resolve()
    finally:
        servers = folder / "servers"
        if servers.is_symlink():
            shutil.rmtree(servers.resolve(), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
