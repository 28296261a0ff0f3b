"""`./scripts/test`: every check in order, each under a heading, on servers and data of its own."""

from __future__ import annotations

import json
import os
import secrets
import ssl
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import session
from .errors import CannotRun
from .servers import Servers

ROOT = Path(__file__).resolve().parents[2]
AUDIT_SECONDS = 180
MOST_WORKERS = 4
OURS = ["kling_site", "generations", "benchmarks", "manage.py"]


@dataclass(frozen=True)
class Check:
    heading: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)

    def run(self) -> bool:
        done = subprocess.run(self.command, cwd=ROOT, env={**os.environ, **self.environment}, check=False)
        return done.returncode == 0


def main(arguments: list[str]) -> int:
    session.stop_on_terminate()
    try:
        with session.data_folder("test") as folder:
            session.clear_environment()
            os.environ["KLING_SITE_VAR"] = os.environ["KLING_SITE_TEST_VAR"] = str(folder)
            with Servers(folder, careless=True):
                return _only_pytest(arguments) if arguments else _everything()
    except CannotRun as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _only_pytest(arguments: list[str]) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, check=False).returncode


def checks() -> list[Check]:
    """In order of their price: the quick ones speak first."""
    python, manage = [sys.executable, "-m"], [sys.executable, "manage.py"]
    production = {"HTTPS": "1", "SECRET_KEY": secrets.token_urlsafe(64), "ALLOWED_HOSTS": "kling.example.com"}
    return [
        Check("ruff check", [*python, "ruff", "check", "."]),
        Check("ruff format --check", [*python, "ruff", "format", "--check", "."]),
        Check("mypy", [*python, "mypy", *OURS]),
        Check("makemigrations --check", [*manage, "makemigrations", "--check", "--dry-run"]),
        Check("check --deploy", [*manage, "check", "--deploy", "--fail-level", "WARNING"], production),
    ]


def workers() -> int:
    """As many as there are processors, within what the servers of each leave of the memory."""
    return max(1, min(os.cpu_count() or 1, MOST_WORKERS))


def _everything() -> int:
    steps: list[tuple[str, Callable[[], bool]]] = [(check.heading, check.run) for check in checks()]
    steps.append(("pip-audit", audit))
    steps.append(("pytest", lambda: _only_pytest(["-n", str(workers()), "--dist", "loadfile"]) == 0))
    failed = [heading for heading, run in steps if not _under_heading(heading, run)]
    print(f"\nFailed: {', '.join(failed)}." if failed else "\nEverything passed.", flush=True)
    return 1 if failed else 0


def _under_heading(heading: str, run: Callable[[], bool]) -> bool:
    print(f"\n== {heading}", flush=True)
    return run()


def audit() -> bool:
    """False only for known vulnerabilities; a source that cannot be reached is said plainly and passes."""
    command = [sys.executable, "-m", "pip_audit", "-r", "requirements.txt", "--require-hashes", "--disable-pip"]
    try:
        done = subprocess.run(
            [*command, "--format", "json", "--progress-spinner", "off", "--timeout", "15"],
            cwd=ROOT,
            env={"REQUESTS_CA_BUNDLE": _certificates(), **os.environ},
            check=False,
            capture_output=True,
            text=True,
            timeout=AUDIT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        print(f"Not checked: the source of advisories did not answer within {AUDIT_SECONDS} seconds.")
        return True
    return _judge(done.stdout, done.stderr)


def _certificates() -> str:
    """The machine's own, as pip and npm use them: a company's network may need them. Empty: those of certifi."""
    places = ssl.get_default_verify_paths()
    return places.cafile or places.capath or ""


def _judge(answer: str, said: str) -> bool:
    # Its exit code is 1 both for a finding and for a source out of reach; only a finding comes with a report.
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (said.strip().splitlines() or ["it said nothing"])[-1]
        print(f"Not checked: pip-audit could not ask its source of advisories ({last[:300]}).")
        return True
    found = [(package, known) for package in packages for known in package.get("vulns", [])]
    for package, known in found:
        fixed = ", ".join(known.get("fix_versions") or []) or "no version yet"
        print(f"{package['name']} {package['version']}: {known['id']}, fixed in {fixed}")
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if len(unknown) == len(packages):
        print("Not checked: the source of advisories that this machine reaches knows none of the packages.")
    else:
        print(f"{len(packages) - len(unknown)} packages checked, {len(found)} known vulnerabilities.")
        if unknown:
            print(f"Not checked, because the source does not know them: {', '.join(unknown)}.")
    return not found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
