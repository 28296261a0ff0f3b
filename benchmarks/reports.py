"""Every report over ten million entries, 200 projects and 24 months; the statement; what a roll-up costs per entry.

`./scripts/bench reports 0.05` does the same with a twentieth of the entries.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.peers.stage import percentile
from benchmarks.report import Figure, Wanted, publish
from benchmarks.years.build import Studio, build

ENTRIES = 10_000_000
ROUNDS = 1
NEW_TAKES = 1_000
_MOST_DAYS = {"day": 100, "week": 400}  # that a report takes by this step


def main(argv: list[str]) -> None:
    from django.utils import timezone

    from generations import reports

    share = float(argv[0]) if argv else 1.0
    now = timezone.now()
    studio = build(int(ENTRIES * share), now)
    started = time.perf_counter()
    counted = reports.roll_up(now=now, team=studio.team, at_most=2**62)
    whole = time.perf_counter() - started
    _vacuum()
    print(f"rolled up {counted:,} takes in {whole:.0f} s", flush=True)
    figures = [
        Figure("entries", studio.entries, ""),
        Figure("takes", studio.takes, ""),
        Figure("built in", studio.seconds, "s"),
        *_sizes(),
        Figure("roll-up of everything, per entry", whole * 1e6 / studio.entries, "microseconds"),
    ]
    publish("reports", *measure(studio, figures))


def measure(studio: Studio, figures: list[Figure]) -> tuple[list[Figure], list[Wanted]]:
    """What is to be known of a studio whose books are counted, after the figures that there are."""
    from generations import reports

    figures += _new_entries(studio)
    wanted: list[Wanted] = []
    measured = {slug: (_runs_of(studio, slug), 0.2) for slug in reports.REPORTS}
    measured["headlines"] = (_headlines_of(studio), 0.2)
    measured["statement, first page"] = (_statements_of(studio, None), 0.1)
    measured["statement, deep page"] = (_statements_of(studio, studio.takes), 0.1)
    for name, (runs, most) in measured.items():
        times = _times(runs)
        figures += _figures(name, times)
        p95 = percentile([each.wall for each in times], 0.95)
        wanted.append(Wanted(f"p95 of {name}", f"{most * 1000:.0f} ms", f"{p95 * 1000:.0f} ms", p95 < most))
    started = time.perf_counter()
    wrong = list(reports.differences())
    figures.append(Figure("proving the roll-ups", time.perf_counter() - started, "s"))
    wanted.append(Wanted("roll-ups equal to the entries", "no difference", f"{len(wrong)}", not wrong))
    return figures, wanted


Run = tuple[str, Callable[[], Any]]


class Timed(NamedTuple):
    """Seconds of one run by the clock, and seconds for which this process and its database server were at work."""

    wall: float
    busy: float
    name: str


def _times(runs: Iterator[Run]) -> list[Timed]:
    """Each run once to warm up, then a few times."""
    found = []
    for name, call in runs:
        call()
        for _round in range(ROUNDS):
            started, worked = time.perf_counter(), _busy()
            call()
            found.append(Timed(time.perf_counter() - started, _busy() - worked, name))
    return found


def _busy() -> float:
    """Processor time so far: what a run costs on a machine that has other things to do as well."""
    from django.db import connection

    server = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()[0]
    return time.process_time() + int(server) / 1e9


def _figures(name: str, times: list[Timed]) -> Iterator[Figure]:
    wall, busy = [each.wall * 1000 for each in times], [each.busy * 1000 for each in times]
    yield Figure(f"{name}, runs", len(times), f"slowest: {max(times).name}")
    yield Figure(f"{name}, p50", statistics.median(wall), "ms")
    yield Figure(f"{name}, p95", percentile(wall, 0.95), "ms")
    yield Figure(f"{name}, p50 of processor time", statistics.median(busy), "ms")
    yield Figure(f"{name}, p95 of processor time", percentile(busy, 0.95), "ms")


def _filters_of(studio: Studio) -> Iterator[dict[str, str]]:
    """All 24 months, a year, one month, a hundred days; and of all of them one project, person, model, tier, route."""
    from generations import reports

    last = studio.last_day
    found = reports.options(studio.team)
    spans = [last - timedelta(days=days) for days in (729, 364, 99, 29)]
    some: list[dict[str, str]] = [
        {},
        {"project": found.projects[100].id},
        {"member": found.members[7].id},
        {"model": found.models[2].id},
        {"tier": found.tiers[0].id},
        {"account": found.accounts[1].id},
        {"capability": found.capabilities[0].id},
    ]
    for first, chosen in itertools.product(spans, some):
        yield {"from": first.isoformat(), "to": last.isoformat(), **chosen}


def _runs_of(studio: Studio, slug: str) -> Iterator[Run]:
    from django.utils import timezone

    from generations import reports

    report = reports.REPORTS[slug]
    for params in _filters_of(studio):
        for by in report.dimensions or ("",):
            for step in ("day", "week", "month") if "step" in report.uses else ("",):
                days = (studio.last_day - date.fromisoformat(params["from"])).days
                if days >= _MOST_DAYS.get(step, 2000) or (by == "shot" and "project" not in params):
                    continue
                wish = {**params, "by": by, "step": step}
                now = timezone.now()
                filters = reports.Filters.read(studio.member, wish, now=now)
                name = " ".join(f"{key} {value}" for key, value in filters.as_params().items())
                yield name, partial(report.run, filters, now=now)


def _headlines_of(studio: Studio) -> Iterator[Run]:
    from django.utils import timezone

    from generations import reports

    for params in _filters_of(studio):
        now = timezone.now()
        filters = reports.Filters.read(studio.member, params, now=now)
        yield str(params), partial(reports.headlines, filters, now=now)


def _statements_of(studio: Studio, before: int | None) -> Iterator[Run]:
    from generations import ledger

    for page in range(200):
        start = None if before is None else before - page * 1000
        yield str(page), partial(ledger.statement, team=studio.team, before=start)


def _new_entries(studio: Studio) -> Iterator[Figure]:
    """What a roll-up costs once it runs every minute: some hundred takes at a time, through the ledger."""
    from django.utils import timezone

    from generations import ledger, reports
    from generations.models import Entry, Generation

    model = Generation.objects.filter(team=studio.team, status="done").order_by("-pk")[0]
    spent: list[float] = []
    worked = 0.0
    entries = 0
    for _minute in range(NEW_TAKES // 200):
        last = Entry.objects.order_by("-pk").values_list("pk", flat=True)[0]
        for _number in range(200):
            _end_one(model, ledger, timezone.now())
        entries += Entry.objects.filter(pk__gt=last).count()
        started, before = time.perf_counter(), _busy()
        reports.roll_up(now=timezone.now(), team=studio.team)
        spent.append(time.perf_counter() - started)
        worked += _busy() - before
    yield Figure("roll-up of a minute (200 takes), per new entry", sum(spent) * 1e6 / entries, "microseconds")
    yield Figure("the same in processor time", worked * 1e6 / entries, "microseconds")
    yield Figure("roll-up of a minute (200 takes)", statistics.median(spent) * 1000, "ms")
    idle = []
    for _time in range(20):
        started = time.perf_counter()
        reports.roll_up(now=timezone.now(), team=studio.team)
        idle.append(time.perf_counter() - started)
    yield Figure("roll-up with nothing new", statistics.median(idle) * 1000, "ms")


def _end_one(model: Any, ledger: Any, now: Any) -> None:
    import uuid

    from generations.models import Generation

    take = Generation.objects.get(pk=model.pk)
    take.pk = None
    take._state.adding = True
    take.public_id, take.idempotency_key = uuid.uuid4(), uuid.uuid4().hex
    take.number, take.provider_task_id = Generation._meta.get_field("number").db_default, None  # type: ignore[assignment]
    take.hold_credits = take.charged_credits = Decimal(28)
    take.finished_at, take.verdict = now, ""
    take.save()
    ledger.hold(team=take.team, amount=take.hold_credits, generation=take, now=now)
    ledger.settle(generation=take, charged=take.hold_credits, now=now)


def _sizes() -> Iterator[Figure]:
    from generations.models import ShotTally, Slice, SpendDay, SpendMonth, SpendWeek, TakeTally, TimingDay

    for table in (Slice, TakeTally, SpendDay, SpendWeek, SpendMonth, ShotTally, TimingDay):
        yield Figure(f"rows of {table._meta.db_table.removeprefix('generations_')}", table.objects.count(), "")


def _vacuum() -> None:
    """What autovacuum does in its own time."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
