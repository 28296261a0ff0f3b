"""Ten thousand takes in flight on one follow pump: how soon each is noticed, by polling and by webhook, at what cost.

Renders take 60 to 180 s. In the same run, on the same sandbox, fal's own Python client waits for 200 takes as it does
by default: ten scripts with twenty takes each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers.in_flight import launch
from benchmarks.peers.stage import (
    ROOT,
    Sandbox,
    Watched,
    free_port,
    median,
    percentile,
    processes,
    team_with_account,
    wait_until,
)
from benchmarks.report import Figure, Wanted, publish

SCRIPTS = 10  # how many of fal's clients share the peer's takes
_PUMP = "import django; django.setup(); from generations import lifecycle\nwhile True: lifecycle.FollowPump().run()"
_REST_SECONDS = 60  # beyond the longest render


@dataclass(frozen=True)
class Part:
    """What one part of the run came to. Delays are in seconds from the sandbox's "done" to the row that says so."""

    delays: Sequence[float]
    requests_per_take: float
    pump: Watched
    seconds: float
    sandbox_cpu_seconds: float

    @property
    def p95(self) -> float:
        return percentile(self.delays, 0.95)

    def figures(self, name: str) -> list[Figure]:
        return [
            Figure(f"{name}: HTTP requests per take, the submit included", self.requests_per_take, "requests"),
            Figure(f"{name}: noticed after done, p50", median(self.delays), "s"),
            Figure(f"{name}: noticed after done, p95", self.p95, "s"),
            Figure(f"{name}: noticed after done, worst", max(self.delays), "s"),
            Figure(f"{name}: pump, peak memory", self.pump.peak_bytes / 1e6, "MB"),
            Figure(f"{name}: pump, CPU", self.pump.cpu_seconds, "s"),
            Figure(f"{name}: sandbox, CPU", self.sandbox_cpu_seconds, "s"),
            Figure(f"{name}: from the first look to the last take", self.seconds, "s"),
        ]


def main(argv: list[str]) -> None:
    asked = _arguments(argv)
    sandbox = Sandbox(Path(tempfile.mkdtemp(prefix="kling-bench-")), render="tiny")
    with processes(sandbox):
        member = team_with_account(provider="fal", origin=sandbox.origin, max_running=30_000)
        few = _polled(member, sandbox, asked.few, asked)
        many = _polled(member, sandbox, asked.many, asked)
        woken, web = _by_webhook(member, sandbox, asked.many, asked)
        peer_requests, peer_delays = _peer(sandbox, asked.peer, asked)
    times = peer_requests / many.requests_per_take
    pump_mb = max(part.pump.peak_bytes for part in (few, many, woken)) / 1e6
    publish(
        "inflight",
        [
            *few.figures(f"{asked.few:,} polled"),
            *many.figures(f"{asked.many:,} polled"),
            *woken.figures(f"{asked.many:,} by webhook"),
            Figure(f"{asked.many:,} by webhook: web processes, peak memory of one", web.peak_bytes / 1e6, "MB"),
            Figure(f"{asked.many:,} by webhook: web processes, CPU", web.cpu_seconds, "s"),
            Figure("sandbox, peak memory", sandbox.peak_bytes / 1e6, "MB"),
            Figure(f"fal_client, {asked.peer} takes: HTTP requests per take", peer_requests, "requests"),
            Figure(f"fal_client, {asked.peer} takes: result after done, p50", median(peer_delays), "s"),
            Figure(f"fal_client, {asked.peer} takes: result after done, p95", percentile(peer_delays, 0.95), "s"),
            Figure("fal_client's requests per take, of ours polled", times, "times"),
            Figure(
                "fal_client's requests per take, of ours by webhook", peer_requests / woken.requests_per_take, "times"
            ),
        ],
        [
            Wanted(f"noticed p95 at {asked.few:,}, polled", "within 3 s", f"{few.p95:.2f} s", few.p95 <= 3),
            Wanted(f"noticed p95 at {asked.many:,}, polled", "within 10 s", f"{many.p95:.2f} s", many.p95 <= 10),
            Wanted(f"noticed p95 at {asked.many:,}, by webhook", "within 1 s", f"{woken.p95:.2f} s", woken.p95 <= 1),
            Wanted("pump's peak memory", "under 300 MB", f"{pump_mb:.0f} MB", pump_mb < 300),
            Wanted("requests per take of fal_client, of ours", "at least 50 times", f"{times:.0f} times", times >= 50),
        ],
    )


def _arguments(argv: list[str]) -> Namespace:
    parser = ArgumentParser(prog="./scripts/bench inflight")
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--few", type=int, default=1_000)
    parser.add_argument("--peer", type=int, default=200)
    parser.add_argument("--span", type=float, nargs=2, default=(60.0, 180.0), help="shortest and longest render, s")
    return parser.parse_args(argv)


def _polled(member: Any, sandbox: Sandbox, count: int, asked: Namespace) -> Part:
    """One pump process and no address for webhooks."""
    _callbacks_at("")
    asked_before = sandbox.requests()
    takes = launch(member, sandbox, count=count, span=asked.span)
    pump = Watched("follow pump", ["-c", _PUMP], SANDBOX_ORIGIN=sandbox.origin, PUBLIC_URL="")
    with processes(pump):
        return _noticed(takes, sandbox, pump, asked_before, asked)


def _by_webhook(member: Any, sandbox: Sandbox, count: int, asked: Namespace) -> tuple[Part, Watched]:
    """The site's web server hears the callbacks; a worker follows, woken by them and by the clock."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {"SANDBOX_ORIGIN": sandbox.origin, "PUBLIC_URL": address}
    serve = ["-m", "gunicorn", "kling_site.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    web = Watched("web", [*serve, "--workers", "2", "--threads", "8", "--no-control-socket"], **environment)
    others = [Watched(name, ["manage.py", *command], **environment) for name, *command in _CLOCKWORK]
    with processes(web, *others):
        wait_until(lambda: _answers(port), 30)
        _callbacks_at(address)
        asked_before = sandbox.requests()
        takes = launch(member, sandbox, count=count, span=asked.span)
        pump = Watched("worker follow", ["manage.py", "work", "follow"], **environment)
        with processes(pump):
            part = _noticed(takes, sandbox, pump, asked_before, asked)
    _callbacks_at("")
    return part, web


_CLOCKWORK = (("clock", "clock"), ("worker tick", "work", "tick"))


def _noticed(takes: Any, sandbox: Sandbox, pump: Watched, asked_before: int, asked: Namespace) -> Part:
    from generations.models import Status

    count, began, cpu = takes.count(), time.monotonic(), sandbox.cpu_seconds
    assert takes.filter(status=Status.RUNNING).count() == count, "not all were in flight at once"
    wait_until(lambda: not takes.filter(status=Status.RUNNING).exists(), asked.span[1] + _REST_SECONDS)
    seconds = time.monotonic() - began
    requests, done_at = sandbox.requests() - asked_before, sandbox.done_at()
    rows = takes.filter(status=Status.INGESTING).values_list("provider_task_id", "provider_done_at")
    delays = [moment.timestamp() - done_at[task_id] for task_id, moment in rows]
    assert len(delays) == count, f"{count - len(delays)} takes were not noticed"
    takes.update(due_at=None)  # nobody is to look for their files
    return Part(delays, requests / count, pump, seconds, sandbox.cpu_seconds - cpu)


def _peer(sandbox: Sandbox, count: int, asked: Namespace) -> tuple[float, list[float]]:
    """Requests per take of fal's client, and the delays until its results were there."""
    asked_before, each = sandbox.requests(), count // SCRIPTS
    command = [sys.executable, "-m", "benchmarks.peers.fal_client_peer", sandbox.origin, str(each)]
    scripts = [
        subprocess.Popen([*command, *map(str, asked.span)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(SCRIPTS)
    ]
    answers = [script.communicate(timeout=asked.span[1] * 3)[0] for script in scripts]
    assert all(script.returncode == 0 for script in scripts), "fal_client failed; the run is not valid"
    there_at = {task_id: moment for answer in answers for task_id, moment in json.loads(answer).items()}
    requests, done_at = sandbox.requests() - asked_before, sandbox.done_at()
    return requests / len(there_at), [moment - done_at[task_id] for task_id, moment in there_at.items()]


def _callbacks_at(address: str) -> None:
    from django.conf import settings

    settings.PUBLIC_URL = address


def _answers(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


os.environ.setdefault("LOG_LEVEL", "WARNING")
