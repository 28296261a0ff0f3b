"""As root, PostgreSQL refuses to run: which other account it gets, and whether that account reaches a file."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import CannotRun

NAME = "kling-site"


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    @property
    def popen(self) -> dict[str, Any]:
        """Arguments for subprocess that start a program as this account, in a folder that it can enter."""
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "cwd": "/"}

    def become(self) -> None:
        """Give up root for good, in this process."""
        os.setgroups([])
        os.setgid(self.gid)
        os.setuid(self.uid)

    def own(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)

    def reaches(self, path: Path) -> bool:
        """Whether this account may enter the folder, or execute the program, at `path`."""
        return subprocess.run(["test", "-x", str(path)], check=False, **self.popen).returncode == 0  # noqa: S607


def for_data(data: Path) -> Account | None:
    """Whom PostgreSQL runs as: None for ourselves; as root the data's owner, or a system account made for it."""
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return Account(uid=data.stat().st_uid, gid=data.stat().st_gid)
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        _create()
        entry = pwd.getpwnam(NAME)
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def _create() -> None:
    tool = shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    made = tool and subprocess.run(
        [
            tool,
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/bin/false",
            NAME,
        ],
        check=False,
        capture_output=True,
    )
    if not made or made.returncode != 0:
        raise CannotRun(
            "PostgreSQL does not run as root, and the system account kling-site could not be made for it. "
            "Start this as an ordinary user, or set DATABASE_URL to a server of your own."
        )
