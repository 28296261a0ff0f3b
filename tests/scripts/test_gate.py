"""What ./scripts/test makes of pip-audit's answer, and how a skip becomes a failure."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kling_site.local import gate

ROOT = Path(__file__).resolve().parents[2]


def answer(*vulns):
    return json.dumps({"dependencies": [{"name": "somelib", "version": "1.0", "vulns": list(vulns)}], "fixes": []})


def test_a_known_vulnerability_fails_and_is_named(capsys):
    assert gate._judge(answer({"id": "PYSEC-1", "fix_versions": ["1.1"]}), "") is False

    assert "somelib 1.0: PYSEC-1, fixed in 1.1" in capsys.readouterr().out


def test_a_clean_lock_passes(capsys):
    assert gate._judge(answer(), "") is True

    assert "1 packages checked, 0 known vulnerabilities" in capsys.readouterr().out


def test_a_source_out_of_reach_passes_and_is_said(capsys):
    assert gate._judge("", "WARNING: x\nERROR: could not connect") is True

    assert "Not checked" in capsys.readouterr().out


def test_a_source_that_knows_nothing_is_no_clean_bill(capsys):
    silent = json.dumps({"dependencies": [{"name": "somelib", "skip_reason": "not found"}]})

    assert gate._judge(silent, "") is True

    assert capsys.readouterr().out.startswith("Not checked")


def test_the_checks_come_in_their_order():
    assert [check.heading.split()[0] for check in gate.checks()] == ["ruff", "ruff", "mypy", "makemigrations", "check"]


@pytest.mark.slow
def test_in_ci_a_browser_test_without_chromium_is_a_failure_that_says_why(tmp_path):
    # Inside the suite's own tree, so that the suite's own conftest applies.
    made = ROOT / "tests" / "scripts" / f"test_made_{os.getpid()}.py"
    made.write_text("import pytest\n@pytest.mark.browser\ndef test_page():\n    pass\n")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(made)],
            cwd=ROOT,
            env={**os.environ, "KLING_SITE_CHROMIUM": "no-such-program", "KLING_SITE_NO_SKIP": "1"},
            capture_output=True,
            text=True,
        )
    finally:
        made.unlink()

    assert done.returncode == 1, done.stdout
    assert "KLING_SITE_NO_SKIP forbids" in done.stdout
    assert "There is no Chromium on this machine" in done.stdout


def test_a_chromium_that_is_named_is_taken(monkeypatch):
    from tests import conftest

    monkeypatch.setenv("KLING_SITE_CHROMIUM", sys.executable)

    assert conftest.find_chromium() == sys.executable
