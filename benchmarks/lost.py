"""A random tenth of all replies is lost after the provider took the job: is anything paid twice, is anything forgotten?

A thousand submits per provider, sent by the product's own pump. The sandbox takes the job, bills it, and cuts the
connection without a byte. Its own bill is compared with our rows and our ledger, from outside:

- every job is on the bill at most once per take, and no billed job belongs to no take;
- where the provider has a webhook, our own id or a history, all takes are resolved without a person;
- where it has none of them, every lost one waits for a person, with its hold in place;
- the books agree.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from argparse import ArgumentParser
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers.stage import (
    ROOT,
    Sandbox,
    Watched,
    free_port,
    processes,
    queue_takes,
    team_with_account,
    wait_until,
)
from benchmarks.report import Figure, Wanted, publish

SHARE, SEED = 0.1, 1_729
_SEND = "import django; django.setup(); from generations import lifecycle\nwhile True: lifecycle.SubmitPump().run()"
_REST_SECONDS = 900


@dataclass(frozen=True)
class Case:
    """A provider, a route of it, and what is to tell us about a job whose reply was lost."""

    name: str
    provider: str
    model: str
    tier: str
    told_by: str  # "" where nothing does

    @property
    def has_webhook(self) -> bool:
        return self.told_by == "webhook"


CASES = (
    Case("fal, webhooks", "fal", "kling-v2-master", "master", "webhook"),
    Case("fal, no public address", "fal", "kling-v2-master", "master", ""),
    Case("kling, new API", "kling", "kling-v2-6", "std", "our own id"),
    Case("kling, legacy API", "kling", "kling-v2-master", "master", "our own id"),
    Case("wavespeed, history", "wavespeed", "kling-v2-master", "master", "its history"),
    Case("gateway", "gateway", "kling-v2-1-master", "master", ""),
)


@dataclass(frozen=True)
class Outcome:
    """What one case came to, counted from the sandbox's bill, our rows and our ledger."""

    submits: int
    lost: int
    billed_twice: int
    billed_without_take: int
    resolved: int
    waiting: int
    waiting_with_hold: int
    differences: list[str]
    seconds: float


def main(argv: list[str]) -> None:
    parser = ArgumentParser(prog="./scripts/bench lost")
    parser.add_argument("--submits", type=int, default=1_000)
    parser.add_argument("--only", help="a part of a case's name")
    asked = parser.parse_args(argv)
    cases = [case for case in CASES if not asked.only or asked.only in case.name]
    found = {case: _play(case, asked.submits) for case in cases}
    figures, wanted = [], []
    for case, outcome in found.items():
        figures += _figures(case, outcome)
        wanted += _wanted(case, outcome)
    publish("lost", figures, wanted)


def _figures(case: Case, outcome: Outcome) -> list[Figure]:
    return [
        Figure(f"{case.name}: replies lost after acceptance", outcome.lost, f"of {outcome.submits} submits"),
        Figure(f"{case.name}: takes billed more than once", outcome.billed_twice, "takes"),
        Figure(f"{case.name}: billed jobs that no take knows", outcome.billed_without_take, "jobs"),
        Figure(f"{case.name}: resolved without a person", outcome.resolved, "takes"),
        Figure(f"{case.name}: waiting for a person, with their hold", outcome.waiting_with_hold, "takes"),
        Figure(f"{case.name}: differences in the books", len(outcome.differences), "differences"),
        Figure(f"{case.name}: from the first submit to rest", outcome.seconds, "s"),
    ]


def _wanted(case: Case, outcome: Outcome) -> list[Wanted]:
    for sentence in outcome.differences:
        print(f"DIFFERENCE {case.name}: {sentence}", flush=True)
    at_most_once = outcome.billed_twice == 0 and outcome.billed_without_take == 0
    expected = 0 if case.told_by else outcome.lost
    rest = outcome.waiting == outcome.waiting_with_hold == expected and outcome.lost > 0
    target = f"none waits, by {case.told_by}" if case.told_by else f"{outcome.lost} wait with their holds"
    return [
        Wanted(f"{case.name}: billed at most once, none lost", "0", f"{outcome.billed_twice}", at_most_once),
        Wanted(f"{case.name}: the lost tenth", target, f"{outcome.waiting} wait", rest),
        Wanted(f"{case.name}: check_books", "0", f"{len(outcome.differences)}", not outcome.differences),
    ]


def _play(case: Case, submits: int) -> Outcome:
    folder = Path(tempfile.mkdtemp(prefix="kling-bench-"))
    sandbox = Sandbox(folder, render="tiny")
    with processes(sandbox):
        member = team_with_account(provider=case.provider, origin=sandbox.origin, max_running=submits)
        port = free_port()
        address = f"http://127.0.0.1:{port}" if case.has_webhook else ""
        environment = {"SANDBOX_ORIGIN": sandbox.origin, "PUBLIC_URL": address}
        _order(sandbox, {"lose": {"provider": case.provider, "share": SHARE, "seed": SEED}})
        takes = _queue(member, case, submits)
        running = [Watched(name, command, **environment) for name, command in _crew(port, case)]
        with processes(*running):
            began = time.monotonic()
            wait_until(lambda: _rests(takes), _REST_SECONDS)
            return _outcome(takes, sandbox, time.monotonic() - began)


def _crew(port: int, case: Case) -> list[tuple[str, list[str]]]:
    """The product's own processes; a web server only where somebody is to call back."""
    crew = [
        ("submit pump", ["-c", _SEND]),
        ("follow pump", ["-c", _SEND.replace("SubmitPump", "FollowPump")]),
        ("clock", ["manage.py", "clock"]),
        ("worker", ["manage.py", "work", "tick"]),
    ]
    if case.has_webhook:
        serve = ["-m", "gunicorn", "kling_site.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
        crew.insert(0, ("web", [*serve, "--workers", "1", "--threads", "8", "--no-control-socket"]))
    return crew


def _queue(member: Any, case: Case, count: int) -> Any:
    from generations.models import Generation

    # Each prompt is another one: a history can then tell the jobs apart, as with real work.
    prompts = [f"Take {number} of a lost tenth [render 5s]" for number in range(count)]
    queue_takes(member, prompts, model=case.model, tier=case.tier)
    return Generation.objects.filter(team=member.team)


def _rests(takes: Any) -> bool:
    """Whether nothing moves any more without a person."""
    from generations.models import Status

    # Bringing the files home is not what is measured: a take whose job has ended is resolved.
    ends = (Status.INGESTING, Status.DONE, Status.FAILED, Status.CANCELED)
    moving = takes.exclude(status__in=ends).exclude(status=Status.UNCERTAIN, due_at=None)
    return not moving.exists()


def _outcome(takes: Any, sandbox: Sandbox, seconds: float) -> Outcome:
    from generations.models import Status

    bill = sandbox.get("/_bill.json")["tasks"]
    billed = Counter(row["prompt"] for row in bill)
    prompts = {take.recipe_json["prompt"]: take for take in takes}
    known = {take.provider_task_id for take in prompts.values() if take.provider_task_id}
    lost = sandbox.get("/_state.json")["losing"]
    waiting = [take for take in prompts.values() if take.status == Status.UNCERTAIN]
    waiting_prompts = {take.recipe_json["prompt"] for take in waiting}
    with_hold = [take for take in waiting if _is_held(take)]
    return Outcome(
        submits=len(prompts),
        lost=sum(rule["lost"] for rule in lost.values()),
        billed_twice=sum(1 for count in billed.values() if count > 1),
        billed_without_take=sum(
            1 for row in bill if row["task_id"] not in known and row["prompt"] not in waiting_prompts
        ),
        resolved=sum(1 for take in prompts.values() if take.status in (Status.INGESTING, Status.DONE)),
        waiting=len(waiting),
        waiting_with_hold=len(with_hold),
        differences=_differences(),
        seconds=seconds,
    )


def _is_held(take: Any) -> bool:
    """Whether our ledger still holds the take's price, and has not resolved it."""
    from generations import ledger

    return [line.kind for line in ledger.movements_of(take)] == ["hold"]


def _differences() -> list[str]:
    """What `check_books` finds, in a process of its own, as an administrator asks it."""
    command = [sys.executable, "manage.py", "check_books"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return [] if answer.returncode == 0 else (answer.stdout + answer.stderr).splitlines()


def _order(sandbox: Sandbox, order: dict[str, Any]) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{sandbox.origin}/_control", json.dumps(order).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()


os.environ.setdefault("LOG_LEVEL", "WARNING")
