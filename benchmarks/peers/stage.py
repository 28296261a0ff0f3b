"""What benchmarks of the road set up: a sandbox, a team with credits, queued takes, and processes that are watched."""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from json import loads
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]


class Watched:
    """A process of the product whose memory and CPU time are looked at every quarter of a second, with its children.

    `peak_bytes` is the most that one of them held; `cpu_seconds` is what they used together.
    """

    def __init__(self, name: str, command: Sequence[str], **environment: str) -> None:
        self.name, self.peak_bytes, self.cpu_seconds = name, 0, 0.0
        self._process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env={**os.environ, **environment})
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self._process.pid)
            while not self._over.wait(0.25):
                used = 0.0
                for process in [parent, *parent.children(recursive=True)]:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        self.peak_bytes = max(self.peak_bytes, process.memory_info().rss)
                        used += sum(process.cpu_times()[:4])  # its own, and of its children that have ended
                self.cpu_seconds = max(self.cpu_seconds, used)

    def stop(self) -> None:
        """Ask it and its children to stop, and wait. A worker would otherwise finish the job that it has begun."""
        self._over.set()
        everybody: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self._process.pid)
            everybody = [parent, *parent.children(recursive=True)]
        for process in everybody:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        for process in psutil.wait_procs(everybody, timeout=10)[1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()


class Sandbox(Watched):
    """The sandbox on a free port. `bill` is what it says it rendered, `requests` how often it was asked."""

    def __init__(self, folder: Path, *, render: str) -> None:
        port = free_port()
        self.origin = f"http://127.0.0.1:{port}"
        command = ["-m", "generations.sandbox", f"--port={port}", f"--data={folder}", f"--render={render}"]
        slots = [f"--{provider}-concurrency=20000" for provider in ("fal", "kling", "wavespeed", "gateway")]
        super().__init__("sandbox", [*command, *slots, "--speed=1"])
        for _try in range(200):
            with contextlib.suppress(OSError):
                self.get("/_state.json")
                return
            time.sleep(0.1)
        raise RuntimeError("The sandbox did not answer.")

    def get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(self.origin + path, timeout=30) as answer:
            found: dict[str, Any] = loads(answer.read())
            return found

    def done_at(self) -> dict[str, float]:
        """When each task was done, by task id, in seconds since the epoch."""
        return {task["task_id"]: task["done_at"] for task in self.get("/_bill.json")["tasks"] if task["done_at"]}

    def requests(self) -> int:
        """How often it was asked, whatever it sent itself."""
        counts = self.get("/_state.json")["requests"]
        return sum(count for name, count in counts.items() if not name.startswith("webhook."))


@contextlib.contextmanager
def processes(*watched: Watched) -> Iterator[None]:
    """Stop them all in the end."""
    try:
        yield
    finally:
        for process in watched:
            process.stop()


def team_with_account(*, provider: str, origin: str, max_running: int) -> Any:
    """A member of a fresh team with plenty of credits and one sandbox account."""
    from django.conf import settings
    from django.utils import timezone

    from generations import access, ledger
    from generations.choices import Provider, Role
    from generations.management.commands.seed_demo import make_sandbox_account, seed_prices
    from generations.models import Membership, Project, Team, User

    settings.SANDBOX_ORIGIN = origin
    seed_prices()
    mark = uuid.uuid4().hex[:12]
    team = Team.objects.create(name=mark, slug=mark)
    user = User.objects.create_user(f"{mark}@example.com", name="Bench")
    Membership.objects.create(team=team, user=user, roles=[Role.OWNER])
    Project.objects.create(team=team, name="Bench")
    account = make_sandbox_account(team, Provider(provider), f"Bench {mark}")
    account.max_running = max_running
    account.save()
    ledger.grant(team=team, amount=Decimal("100000000"), key=f"bench:{mark}", now=timezone.now())
    return access.get_member(user, mark)


def queue_takes(member: Any, prompts: Sequence[str], *, model: str = "kling-v2-master", tier: str = "master") -> None:
    """Queue a text-to-video take of five seconds for each prompt."""
    from django.utils import timezone

    from generations import catalog, lifecycle
    from generations.models import Project, ProviderAccount

    project = Project.objects.get(team=member.team)
    account = ProviderAccount.objects.get(teams=member.team)
    for prompt in prompts:
        facts = {"capability": "text_to_video", "model": model, "tier": tier, "prompt": prompt}
        recipe = catalog.Recipe.model_validate({**facts, "duration_seconds": 5, "aspect_ratio": "16:9"})
        key = uuid.uuid4().hex
        now = timezone.now()
        lifecycle.submit(member=member, project=project, recipe=recipe, account=account, idempotency_key=key, now=now)


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait_until(is_over: Callable[[], bool], seconds: float) -> None:
    """Look twice a second until something is so. Raises RuntimeError after so many seconds."""
    end = time.monotonic() + seconds
    while not is_over():
        if time.monotonic() > end:
            raise RuntimeError(f"Not over after {seconds:.0f} s; the run is not valid.")
        time.sleep(0.5)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else float("nan")


def median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else float("nan")
