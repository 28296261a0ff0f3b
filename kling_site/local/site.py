"""What the environment asks of a run: where it listens and keeps its data; refusals before anything is started."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import CannotRun
from .processes import MARK

ROOT = Path(__file__).resolve().parents[2]
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Site:
    var_dir: Path
    host: str
    port: int
    sandbox_port: int

    @property
    def address(self) -> str:
        """The URL under which this machine itself reaches the site."""
        host = "127.0.0.1" if self.host in EVERYWHERE else self.host
        return f"http://{_in_url(host)}:{self.port}"

    @property
    def bind(self) -> str:
        return f"{_in_url(self.host)}:{self.port}"

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """What every child gets. What you set yourself stays as you set it."""
        made = {"PUBLIC_URL": self.address, "SANDBOX_ORIGIN": f"http://127.0.0.1:{self.sandbox_port}"}
        if self.host not in EVERYWHERE | LOOPBACK:
            made["ALLOWED_HOSTS"] = f"localhost,127.0.0.1,[::1],{_in_url(self.host)}"
        if sys.platform == "darwin":
            # Without it macOS ends a forked worker as soon as that touches the network.
            made["OBJC_DISABLE_INITIALIZE_FORK_SAFETY"] = "YES"
        missing = {name: value for name, value in made.items() if not given.get(name)}
        own = {"KLING_SITE_VAR": str(self.var_dir), MARK: str(self.var_dir), "PYTHONUNBUFFERED": "1"}
        return {**given, **missing, **own, "DJANGO_SETTINGS_MODULE": "kling_site.settings"}


def read(environment: Mapping[str, str]) -> Site:
    """Raises CannotRun for a port that is none."""
    site = Site(
        var_dir=var_dir(environment),
        host=environment.get("HOST") or "127.0.0.1",
        port=_port(environment, "PORT", 8000),
        sandbox_port=_port(environment, "SANDBOX_PORT", 8100),
    )
    if site.port == site.sandbox_port:
        raise CannotRun(f"PORT and SANDBOX_PORT are both {site.port}. Give each its own.")
    return site


def var_dir(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("KLING_SITE_VAR") or ROOT / "var").resolve()


def check_writable(folder: Path) -> None:
    """Raises CannotRun unless files can be made in `folder` and its parts."""
    try:
        for part in (folder, folder / "run", folder / "log"):
            part.mkdir(mode=0o755 if part == folder else 0o700, parents=True, exist_ok=True)
            probe = part / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
    except OSError as error:
        raise CannotRun(
            f"The data folder {folder} cannot be written ({error.strerror}). "
            "Set KLING_SITE_VAR to a folder of your own, for example KLING_SITE_VAR=$HOME/kling-site ./scripts/run."
        ) from error


def check_ports(site: Site) -> None:
    """Raises CannotRun for a port that another program has, or that this account may not open."""
    for variable, host, port in (("PORT", site.host, site.port), ("SANDBOX_PORT", "127.0.0.1", site.sandbox_port)):
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            socket.create_server((host, port), family=family).close()
        except OSError as error:
            raise CannotRun(_port_refusal(error, variable, host, port)) from error


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Hold the lock of a data folder; gives False when another run holds it. The kernel frees it with the process."""
    with (folder / "run" / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise CannotRun(f"{name} is {text!r}, which is not a port. Give a number from 1 to 65535.")
    return int(text)


def _port_refusal(error: OSError, variable: str, host: str, port: int) -> str:
    # Not the next one: that is where a second copy has its sandbox.
    example = f"{variable}={port + 10 if port < 65525 else 8010} ./scripts/run"
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program. Set {variable} to a free one, for example {example}."
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for root. Set {variable} to one above 1023, for example {variable}=8000."
    return f"{host}:{port} cannot be opened ({error.strerror}). Set HOST to an address of this machine."


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
