"""The set-up of a clone: what is current is left alone."""

import subprocess

import pytest

from kling_site.local import install
from kling_site.local.errors import CannotRun


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """An empty clone in which every program that would be started is written down instead."""
    started = []

    def start(command, *rest, **options):
        started.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(install, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(install, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(install, "NODE_MODULES", tmp_path / "node_modules")
    monkeypatch.setattr(install.subprocess, "run", start)
    monkeypatch.setattr(install.shutil, "which", lambda name: "/usr/bin/npm")
    (tmp_path / ".venv").mkdir()
    (tmp_path / "requirements.txt").write_text("one==1 --hash=sha256:00\n")
    (tmp_path / "package-lock.json").write_text("{}")
    return tmp_path, started


def test_packages_are_installed_with_hashes_and_only_once(clone):
    folder, started = clone

    install._ensure_packages(folder / "requirements.txt")
    assert "--require-hashes" in started[-1]
    started.clear()
    install._ensure_packages(folder / "requirements.txt")

    assert started == []


def test_a_changed_lock_is_installed_again(clone):
    folder, started = clone
    install._ensure_packages(folder / "requirements.txt")
    started.clear()

    (folder / "requirements.txt").write_text("one==2 --hash=sha256:11\n")
    install._ensure_packages(folder / "requirements.txt")

    assert started


def test_npm_runs_only_for_a_changed_lock(clone):
    folder, started = clone

    install._ensure_npm(folder / "package-lock.json")
    assert started[-1][:2] == ["/usr/bin/npm", "ci"]
    started.clear()
    install._ensure_npm(folder / "package-lock.json")

    assert started == []


def test_a_failed_installation_leaves_no_stamp(clone, monkeypatch):
    folder, _ = clone
    monkeypatch.setattr(install, "_pip", lambda: ["pip"])
    failed = subprocess.CompletedProcess([], 1, "", "no network")
    monkeypatch.setattr(install.subprocess, "run", lambda *a, **k: failed)

    with pytest.raises(CannotRun, match=r"packages of requirements.txt could not be installed"):
        install._ensure_packages(folder / "requirements.txt")
    with pytest.raises(CannotRun, match="npm says: no network"):
        install._ensure_npm(folder / "package-lock.json")

    assert list((folder / ".venv").iterdir()) == []
    assert not (folder / "node_modules").exists()
