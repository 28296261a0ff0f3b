"""Following many takes: how soon a finished one is noticed and stored, at what cost in requests and memory.

Part one: 1,000 takes in flight on one follow pump, found by polling alone (no webhooks). Part two: 50 in flight through
every worker of the product, until their files are stored. Both against the sandbox on this machine.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.peers.stage import (
    Sandbox,
    Watched,
    median,
    percentile,
    processes,
    queue_takes,
    team_with_account,
    wait_until,
)
from benchmarks.report import Figure, Wanted, publish

MANY, MANY_SECONDS = 1_000, (60, 120)
FEW, FEW_SECONDS = 50, (20, 60)
_PUMP = "import django; django.setup(); from generations import lifecycle\nwhile True: lifecycle.{}(seconds=50).run()"


def main(argv: list[str]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="kling-bench-"))
    many, few = _many(folder / "many"), _few(folder / "few")
    figures = [*many["figures"], *few["figures"]]
    noticed, stored, pump = many["p95"], few["p95"], many["pump_mb"]
    publish(
        "follow",
        figures,
        [
            Wanted("noticed p95 at 1,000 in flight", "under 3 s", f"{noticed:.2f} s", noticed < 3),
            Wanted("stored p95 at 50 in flight", "under 5 s", f"{stored:.2f} s", stored < 5),
            Wanted("follow pump's peak memory", "under 200 MB", f"{pump:.0f} MB", pump < 200),
        ],
    )


def _prompts(count: int, span: tuple[int, int]) -> list[str]:
    first, last = span
    return [f"Take {i} [render {first + (last - first) * i / count:.1f}s]" for i in range(count)]


def _many(folder: Path) -> dict[str, Any]:
    from generations.lifecycle import SubmitPump
    from generations.models import Generation, Status

    sandbox = Sandbox(folder, render="tiny")
    with processes(sandbox):
        member = team_with_account(provider="kling", origin=sandbox.origin, max_running=MANY)
        queue_takes(member, _prompts(MANY, MANY_SECONDS))
        takes = Generation.objects.filter(team=member.team)
        while takes.filter(status=Status.QUEUED).exists():
            SubmitPump(seconds=20).run()
        submits = sandbox.requests()
        pump = Watched("follow pump", ["-c", _PUMP.format("FollowPump")], SANDBOX_ORIGIN=sandbox.origin)
        with processes(pump):
            wait_until(lambda: not takes.filter(status=Status.RUNNING).exists(), 300)
            asked = sandbox.requests() - submits
        done_at = sandbox.done_at()
        delays = _delays(takes, "provider_done_at", done_at)
    assert len(delays) == MANY, f"{MANY - len(delays)} takes were not noticed"
    # Their sandbox is gone: nobody is to look for their files in part two.
    takes.update(due_at=None)
    return {
        "p95": percentile(delays, 0.95),
        "pump_mb": pump.peak_bytes / 1e6,
        "figures": [
            Figure(f"{MANY:,} in flight: requests per take", asked / MANY, "requests"),
            Figure(f"{MANY:,} in flight: noticed after done, p50", median(delays), "s"),
            Figure(f"{MANY:,} in flight: noticed after done, p95", percentile(delays, 0.95), "s"),
            Figure("follow pump, peak memory", pump.peak_bytes / 1e6, "MB"),
            Figure("sandbox, peak memory", sandbox.peak_bytes / 1e6, "MB"),
        ],
    }


def _few(folder: Path) -> dict[str, Any]:
    from generations.models import Generation, Status

    sandbox = Sandbox(folder, render="real")
    environment = {"SANDBOX_ORIGIN": sandbox.origin, "PUBLIC_URL": ""}
    queues = ("submit", "follow", "ingest", "ingest", "tick")
    workers = [Watched(f"worker {name}", ["manage.py", "work", name], **environment) for name in queues]
    workers.append(Watched("clock", ["manage.py", "clock"], **environment))
    with processes(sandbox, *workers):
        member = team_with_account(provider="kling", origin=sandbox.origin, max_running=FEW)
        takes = Generation.objects.filter(team=member.team)
        queue_takes(member, _prompts(FEW, FEW_SECONDS))
        wait_until(lambda: not takes.exclude(status=Status.DONE).exists(), 400)
        done_at = sandbox.done_at()
    delays, noticed = _delays(takes, "finished_at", done_at), _delays(takes, "provider_done_at", done_at)
    ends = [moment.timestamp() for moment in takes.values_list("finished_at", flat=True) if moment]
    minutes = (max(ends) - min(ends)) / 60
    return {
        "p95": percentile(delays, 0.95),
        "figures": [
            Figure(f"{FEW} in flight: noticed after done, p95", percentile(noticed, 0.95), "s"),
            Figure(f"{FEW} in flight: stored after done, p50", median(delays), "s"),
            Figure(f"{FEW} in flight: stored after done, p95", percentile(delays, 0.95), "s"),
            Figure("takes ingested", FEW / minutes, "per minute"),
            *(Figure(f"{worker.name}, peak memory", worker.peak_bytes / 1e6, "MB") for worker in workers),
        ],
    }


def _delays(takes: Any, column: str, done_at: dict[str, float]) -> list[float]:
    """Seconds from the sandbox's "done" to a moment on the row, for every take that has come so far."""
    rows = takes.exclude(**{column: None}).values_list("provider_task_id", column)
    return [moment.timestamp() - done_at[task_id] for task_id, moment in rows]


os.environ.setdefault("LOG_LEVEL", "WARNING")
