"""Random acts on shared books by processes that are killed in the middle of them; then the books must add up.

`./scripts/bench walk [ACTS [SEED]]`: so many acts (100,000 unless told), on three teams, by four processes; every half
second one of them gets SIGKILL and another takes its place. In the end `check_books` looks for a difference, and no
hold may be resolved twice.
"""

from __future__ import annotations

import os
import random
import select
import signal
import time
import uuid
from collections import Counter
from decimal import Decimal

from django.db import connections

from benchmarks.peers.walker import act_until_killed
from benchmarks.report import Figure, Wanted, publish

PROCESSES = 4
TEAMS = 3
KILL_EVERY_SECONDS = 0.5


def main(argv: list[str]) -> None:
    acts = int(argv[0]) if argv else 100_000
    seed = int(argv[1]) if len(argv) > 1 else 20261121
    began = time.time()
    _teams()
    done, kills = walk(acts, seed, began)
    seconds = time.time() - began
    differences = _differences()
    for difference in differences[:20]:
        print(difference)
    figures = [
        Figure("acts", sum(done.values()), "acts"),
        Figure("acts a second", sum(done.values()) / seconds, "acts/s"),
        Figure("processes killed", kills, "kills"),
        *(Figure(name, count, "acts") for name, count in sorted(done.items())),
    ]
    clean = not differences
    wanted = [
        Wanted("acts made", f"{acts:,}", f"{sum(done.values()):,}", sum(done.values()) >= acts),
        Wanted("differences found by check_books", "0", str(len(differences)), clean),
    ]
    publish("walk", figures, wanted)


class _Process:
    """A walker, forked so that it begins at once."""

    def __init__(self, seed: int, began: float) -> None:
        self.reads, writes = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            act_until_killed(seed, began, writes)
        os.close(writes)

    def kill(self) -> bytes:
        """Kill it where it stands; what it had still said. Raises RuntimeError where it had ended by itself."""
        os.kill(self.pid, signal.SIGKILL)
        _pid, status = os.waitpid(self.pid, 0)
        if not os.WIFSIGNALED(status):
            raise RuntimeError("A walker ended by itself; the run is not valid.")
        said = b"".join(iter(lambda: os.read(self.reads, 65536), b""))
        os.close(self.reads)
        return said


def walk(acts: int, seed: int, began: float) -> tuple[Counter[str], int]:
    """Let processes act until so many acts are done, killing one after another; what was done, and how many died."""
    chance, done, kills = random.Random(seed), Counter[str](), 0
    connections.close_all()
    running = [_Process(seed + number, began) for number in range(PROCESSES)]
    next_kill = time.monotonic() + KILL_EVERY_SECONDS

    def count(said: bytes) -> None:
        done.update(said.decode().splitlines())

    while done.total() < acts:
        ready, _writes, _errors = select.select([process.reads for process in running], [], [], 0.05)
        for pipe in ready:
            count(os.read(pipe, 65536))
        if time.monotonic() > next_kill:
            victim = chance.randrange(PROCESSES)
            count(running[victim].kill())
            kills += 1
            running[victim] = _Process(seed + PROCESSES + kills, began)
            next_kill = time.monotonic() + KILL_EVERY_SECONDS
    for process in running:
        count(process.kill())
    time.sleep(0.5)  # the server notices that they are gone
    return done, kills + PROCESSES


def _teams() -> None:
    from django.utils import timezone

    from generations import ledger
    from generations.choices import Provider, Role
    from generations.management.commands.seed_demo import make_sandbox_account
    from generations.models import Membership, Project, Team, User

    for number in range(TEAMS):
        mark = f"walk-{number}-{uuid.uuid4().hex[:6]}"
        team = Team.objects.create(name=mark, slug=mark, time_zone=["UTC", "Europe/Stockholm", "Asia/Tokyo"][number])
        for name in ("Ada", "Ben"):
            user = User.objects.create_user(f"{name}.{mark}@example.com", name=name)
            Membership.objects.create(team=team, user=user, roles=[Role.OWNER])
            Project.objects.create(team=team, name=f"{name}'s film")
        make_sandbox_account(team, Provider.FAL, f"Walk {mark}")
        ledger.grant(team=team, amount=Decimal(5000), key=f"walk:{mark}", now=timezone.now())


def _differences() -> list[str]:
    from generations import ledger
    from generations.models import Movement

    found = [str(difference) for difference in ledger.check_books()]
    holds = Movement.objects.filter(kind="hold").count()
    resolved = Movement.objects.filter(kind__in=("capture", "release"))
    if resolved.count() != resolved.values("resolves").distinct().count() or resolved.count() > holds:
        found.append("A hold was resolved twice.")
    return found
