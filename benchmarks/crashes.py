"""Every process killed at every named point of the road of a take, each take in full: what is stored, sent and paid.

Whole sites as `./scripts/run` starts them, with webhooks; SIGKILL to a program and all it has forked. Wanted: one
stored take, one submit at the provider and one resolved hold each time, within 60 s of the restart; `uncertain` with
its hold only where fal took the job, its reply was lost and its webhook does not come.
"""

from __future__ import annotations

import argparse
import itertools
import os
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.report import Figure, Wanted, publish
from benchmarks.road.drivers import Driver

PROVIDERS = ("kling", "fal")
NO_WEBHOOK = "worker-submit, no webhook"


def main(argv: list[str]) -> None:
    from benchmarks.road.crash import ACCEPTED, POINTS, PROGRAMS, WORK_HORSE, Cell

    columns = (*PROGRAMS, WORK_HORSE, NO_WEBHOOK)
    parser = argparse.ArgumentParser(prog="./scripts/bench crashes")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--points", nargs="+", choices=POINTS, default=POINTS, metavar="POINT")
    parser.add_argument("--processes", nargs="+", choices=columns, default=(*PROGRAMS, NO_WEBHOOK), metavar="PROCESS")
    parser.add_argument("--providers", nargs="+", choices=PROVIDERS, default=PROVIDERS)
    parser.add_argument("--stacks", type=int, default=2)
    options = parser.parse_args(argv)
    cells = []
    for _repeat, point, provider, name in itertools.product(
        range(options.repeats), options.points, options.providers, options.processes
    ):
        if name != NO_WEBHOOK:
            cells.append(Cell(provider, point, name))
        elif (provider, point) == ("fal", ACCEPTED):
            cells.append(Cell(provider, point, "worker-submit", webhook=False))
    runs, later = _play([asdict(cell) for cell in cells], options.stacks)
    print(_table(runs, options.processes), flush=True)
    _report(runs, later, planned=len(cells))


def _play(cells: Sequence[dict[str, Any]], stacks: int) -> tuple[list[dict[str, Any]], list[str]]:
    """Play all cells over so many stacks; what came of each, and what a last look at all takes found."""
    waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    for cell in cells:
        waiting.put(cell)
    runs: list[dict[str, Any]] = []
    later: list[str] = []

    def work() -> None:
        while not waiting.empty():
            try:
                with Driver() as driver:
                    _play_on(driver, waiting, runs, later, len(cells))
            except RuntimeError as error:
                # A stack that does not come up again is a finding of its own; the rest goes on with a fresh one.
                later.append(str(error))
                print(error, flush=True)

    threads = [threading.Thread(target=work) for _ in range(stacks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return runs, later


def _play_on(
    driver: Driver, waiting: queue.SimpleQueue[dict[str, Any]], runs: list[dict[str, Any]], later: list[str], of: int
) -> None:
    while True:
        try:
            cell = waiting.get_nowait()
        except queue.Empty:
            break
        runs.append(driver.play("crash", cell=cell))
        print(f"{time.strftime('%H:%M:%S')} {len(runs)}/{of} {_line(runs[-1])}", flush=True)
    later += driver.play("look again")["wrong"]


def _line(run: dict[str, Any]) -> str:
    facts = f"{run['status'] or '-':9} {run['seconds']:5.1f} s, up {run['seconds_up']:4.1f} s"
    line = f"{_row(run):26} {_column(run):26} {facts}, whole {run['wall_seconds']:5.1f} s"
    if not run["wrong"]:
        return line
    return "\n    ".join([f"{line}  VIOLATION", *run["wrong"], *run["story"]])


def _row(run: dict[str, Any]) -> str:
    return f"{run['cell']['provider']}: {run['cell']['point']}"


def _column(run: dict[str, Any]) -> str:
    return str(run["cell"]["program"]) if run["cell"]["webhook"] else NO_WEBHOOK


def _table(runs: Sequence[dict[str, Any]], columns: Sequence[str]) -> str:
    """Rows: provider and point. Columns: the killed process. Cells: how many ended how, and the slowest in seconds."""
    table: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for run in runs:
        table.setdefault((_row(run), _column(run)), []).append(run)
    rows = [("", *columns)]
    for row in sorted({_row(run) for run in runs}, key=_order):
        rows.append((row, *(_cell(table.get((row, column), [])) for column in columns)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _order(row: str) -> tuple[int, int]:
    from benchmarks.road.crash import POINTS

    provider, point = row.split(": ")
    return PROVIDERS.index(provider), POINTS.index(point)


def _cell(runs: Sequence[dict[str, Any]]) -> str:
    if not runs:
        return ""
    good = [run for run in runs if not run["wrong"]]
    how = "/".join(sorted({run["status"] for run in good})) or "bad"
    return f"{len(good)}/{len(runs)} {how} {max(run['seconds'] for run in runs):.0f} s"


def _report(runs: Sequence[dict[str, Any]], later: Sequence[str], *, planned: int) -> None:
    bad = [run for run in runs if run["wrong"]]
    for run in bad:
        print(f"VIOLATION {_row(run)}, {_column(run)}, {run['mark']}: {'; '.join(run['wrong'])}", flush=True)
    for words in later:
        print(f"VIOLATION later: {words}", flush=True)
    slowest = max((run["seconds"] for run in runs), default=0.0)
    since_up = max((max(run["seconds"] - run["seconds_up"], 0.0) for run in runs), default=0.0)
    figures = [
        Figure("runs", len(runs), "runs"),
        Figure("ended with one stored take", len([run for run in runs if run["status"] == "done"]), "runs"),
        Figure("uncertain, with its hold", len([run for run in runs if run["status"] == "uncertain"]), "runs"),
        Figure("submits at the sandbox", sum(run["submits"] for run in runs), "submits"),
        Figure("from the kill to the end, slowest", slowest, "s"),
        Figure("from the restart to the end, slowest", since_up, "s"),
        Figure("runs with a violation", len(bad), "runs"),
        Figure("findings of the last look at all takes", len(later), "findings"),
    ]
    violations = len(bad) + len(later)
    wanted = [
        Wanted("violations", "0", str(violations), violations == 0),
        Wanted("runs played", str(planned), str(len(runs)), len(runs) == planned),
        Wanted("from the restart to the end, slowest", "at most 60 s", f"{since_up:.1f} s", since_up <= 60),
    ]
    publish("crashes", figures, wanted)


os.environ.setdefault("LOG_LEVEL", "WARNING")
