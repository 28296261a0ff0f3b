"""One crash: a take comes to a named point, a program is killed there, and the take has to end well all the same."""

from __future__ import annotations

import time
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.road.stack import Stack, kill_process
from benchmarks.road.takes import Maker, faults_of, patiently, story, submits, waits_for_a_person
from generations.models import Generation, Status

ACCEPTED = "provider accepted"
POINTS = (
    "attempt committed",
    ACCEPTED,
    "reply read",
    "operation stored",
    "file downloaded",
    "file stored",
    "before settle",
)
PROGRAMS = (
    "web",
    "worker-submit",
    "worker-follow",
    "worker-ingest",
    "worker-tick",
    "cron",
    "sandbox",
    "postgres",
    "redis",
)
# Not of the nine: the worker lives on, only the child dies that stands at the point.
WORK_HORSE = "work-horse"
REPLY_SECONDS = 5  # how long the sandbox holds its reply back once it has taken the job
REACH_SECONDS, END_SECONDS = 60.0, 60.0
STAYS_SECONDS = 4.0  # an uncertain take without a webhook has to be uncertain still after this time
LATE_SECONDS = 180.0  # a take that is late is watched on, so that the report can say whether it ever ended


@dataclass(frozen=True)
class Cell:
    provider: str
    point: str
    program: str
    webhook: bool = True

    @property
    def may_stay_uncertain(self) -> bool:
        """Without a webhook nothing but a person can tell what fal took: it has no lookup by our own id."""
        return self.provider == "fal" and self.point == ACCEPTED and not self.webhook


@dataclass
class Verdict:
    cell: Cell
    mark: str
    status: str = ""
    seconds: float = 0.0  # from the kill to the end
    seconds_up: float = 0.0  # from the kill until everything ran again
    submits: int = 0
    wrong: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def crash(stack: Stack, maker: Maker, cell: Cell) -> Verdict:
    """Play one cell once. What went wrong stands in the verdict; a stack that does not come up raises RuntimeError."""
    verdict = Verdict(cell, f"crash-{uuid.uuid4().hex[:8]}")
    stack.wait_until_up()
    logs = _log_sizes(stack)
    point = stack.checkpoints / cell.point.replace(" ", "-")
    if cell.point != ACCEPTED:
        point.touch()
    take = maker.make(cell.provider, f"The cat looks up. {verdict.mark}{_asked(cell)}")
    standing = _wait_for_point(stack, cell, verdict.mark, point)
    if standing is None:
        verdict.wrong.append("the take never came to the point")
    else:
        killed_at = time.time()
        killed = stack.kill(cell.program) if cell.program != WORK_HORSE else [standing]
        if cell.program == WORK_HORSE:
            kill_process(standing)
        # Whoever stands at the point and lives goes on at once, while the other is still away.
        point.with_suffix(".reached").unlink(missing_ok=True)
        stack.wait_until_up(killed)
        _watch(stack, take, cell, verdict, killed_at)
    for left in stack.checkpoints.iterdir():
        left.unlink()
    if verdict.wrong:
        verdict.story = [*story(take), *_new_log_lines(stack, logs)]
    return verdict


def _asked(cell: Cell) -> str:
    asked = f" [slow reply {REPLY_SECONDS}s]" if cell.point == ACCEPTED else ""
    return asked if cell.webhook else f"{asked} [no webhook]"


def _wait_for_point(stack: Stack, cell: Cell, mark: str, point: Path) -> int | None:
    """The process that has come to the point; for `provider accepted` the child of the submit worker."""
    until = time.monotonic() + REACH_SECONDS
    while time.monotonic() < until:
        if cell.point == ACCEPTED:
            if any(mark in task["prompt"] for task in stack.bill()):
                return stack.horse("worker-submit")
        else:
            reached = point.with_suffix(".reached")
            if reached.exists() and (text := reached.read_text()):
                return int(text)
        time.sleep(0.02)
    return None


def _watch(stack: Stack, take: Generation, cell: Cell, verdict: Verdict, killed_at: float) -> None:
    up_at = time.time()
    verdict.seconds_up = up_at - killed_at
    ended_at = _wait_for_end(take, cell, up_at + LATE_SECONDS)
    if ended_at is None:
        verdict.wrong.append(f"not at an end {LATE_SECONDS:.0f} s after the restart")
        ended_at = time.time()
    elif ended_at > up_at + END_SECONDS:
        verdict.wrong.append(f"ended {ended_at - up_at:.0f} s after the restart")
    verdict.seconds, verdict.status = ended_at - killed_at, take.status
    counted = submits(take, verdict.mark, stack.bill())
    verdict.submits = counted["by prompt"]
    if take.status != Status.DONE and not (cell.may_stay_uncertain and waits_for_a_person(take)):
        verdict.wrong.append(f"ended as {take.status}")
    verdict.wrong += patiently(lambda: faults_of(take, counted))


def _wait_for_end(take: Generation, cell: Cell, until: float) -> float | None:
    """When the take came to its end, by the row, or None.

    `uncertain` is an end only where no webhook can change it any more, and only if it lasts.
    """
    uncertain_since: float | None = None
    while time.time() < until:
        patiently(take.refresh_from_db)
        if take.is_terminal and take.finished_at:
            return take.finished_at.timestamp()
        stays = cell.may_stay_uncertain and waits_for_a_person(take)
        uncertain_since = (uncertain_since or time.time()) if stays else None
        if uncertain_since and time.time() - uncertain_since > STAYS_SECONDS:
            return uncertain_since
        time.sleep(0.1)
    return None


def _log_sizes(stack: Stack) -> dict[Path, int]:
    return {path: path.stat().st_size for path in (stack.folder / "log").glob("*.log")}


def _new_log_lines(stack: Stack, before: dict[Path, int]) -> list[str]:
    found = []
    for path in sorted((stack.folder / "log").glob("*.log")):
        with path.open("rb") as file:
            file.seek(before.get(path, 0))
            lines = file.read().decode(errors="replace").splitlines()
        found += [f"{path.stem}: {line}" for line in lines[-60:]]
    return found


def look_again(stack: Stack, verdicts: list[Verdict]) -> list[str]:
    """At the very end: has any take that had ended got a second submit, asset or movement since?"""
    stack.wait_until_up()
    bill, found = stack.bill(), []
    for verdict in verdicts:
        for take in Generation.objects.filter(recipe_json__prompt__contains=verdict.mark).select_related("account"):
            wrong = faults_of(take, submits(take, verdict.mark, bill))
            if take.status != verdict.status:
                wrong.append(f"{verdict.status} has become {take.status}")
            found += [f"{verdict.cell} {verdict.mark}: {words}" for words in wrong if words not in verdict.wrong]
    return found
