"""Ten thousand takes in flight on one process that follows them: how soon each is noticed, and at what cost.

Once by polling alone, once by webhook; renders take 60 to 180 s. In the same run, on the same sandbox, fal's own Python
client waits for 200 takes as it does by default: ten scripts with twenty takes each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

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
            Figure(f"{name}: from the first submit to the last take", self.seconds, "s"),
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
    """No address for webhooks: everything is found by asking."""
    workers = _workers(SANDBOX_ORIGIN=sandbox.origin, PUBLIC_URL="")
    with processes(*workers):
        return _noticed(member, sandbox, count, workers[0], asked)


def _by_webhook(member: Any, sandbox: Sandbox, count: int, asked: Namespace) -> tuple[Part, Watched]:
    """The site's web server hears the callbacks, as `scripts/run` starts it; the pump is woken by them."""
    from django.urls import reverse

    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {"SANDBOX_ORIGIN": sandbox.origin, "PUBLIC_URL": address}
    serve = ["-m", "gunicorn", "kling_site.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    web = Watched("web", [*serve, "--workers", "2", "--threads", "8", "--no-control-socket"], **environment)
    workers = _workers(**environment)
    with processes(web, *workers):
        wait_until(lambda: _answers(address + reverse("callback", args=["fal", uuid4(), uuid4()])), 60)
        _callbacks_at(address)
        part = _noticed(member, sandbox, count, workers[0], asked)
    _callbacks_at("")
    return part, web


def _workers(**environment: str) -> list[Watched]:
    """One process that follows, first, and the clock with its worker; ready to work."""
    from rq import Worker

    from generations import queue

    commands = (["work", "follow"], ["work", "tick"], ["clock"])
    workers = [Watched(" ".join(command), ["manage.py", *command], **environment) for command in commands]
    wait_until(lambda: Worker.count(connection=queue.connection()) >= 2, 60)
    return workers


def _noticed(member: Any, sandbox: Sandbox, count: int, pump: Watched, asked: Namespace) -> Part:
    """Put takes in flight and wait until the last is noticed."""
    from generations.models import Status

    asked_before, began, cpu = sandbox.requests(), time.monotonic(), sandbox.cpu_seconds
    takes = launch(member, sandbox, count=count, span=asked.span)
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


def _answers(address: str) -> bool:
    """Whether the web server's workers are there, too; its socket is before them."""
    try:
        urllib.request.urlopen(address, timeout=10).close()
    except OSError as error:  # also an HTTP status, which is an answer
        return isinstance(error, urllib.error.HTTPError)
    return True


os.environ.setdefault("LOG_LEVEL", "WARNING")
