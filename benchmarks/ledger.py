"""Hold and capture pairs through the ledger's public functions: on one hot team, and spread over as many as threads.

Each hold draws on the team's purse and on three budgets. For scale, in turn on the same server, django-hordak's
`transfer_to` with as many threads: one movement between two accounts.
"""

from __future__ import annotations

import statistics
import time
import uuid
from decimal import Decimal
from typing import Any

from benchmarks.peers.hordak import transfers_per_second
from benchmarks.peers.stage import median, percentile
from benchmarks.report import Figure, Wanted, publish

ROUNDS = 3
SECONDS = 4.0
_TAKES = """
    INSERT INTO generations_generation
        (public_id, team_id, project_id, created_by_id, account_id, idempotency_key, status, recipe_json, recipe_sha256,
         capability, model, tier, quote_json, hold_credits, tries, waiting_for, operation_json, outputs_json,
         is_rendering, failure_code, failure_public, failure_provider_words, lease_token, verdict)
    SELECT gen_random_uuid(), %s, %s, %s, %s, gen_random_uuid()::text, 'queued', '{}', repeat('0', 64),
           'text_to_video', 'kling-v1', 'std', '{}', 1.400, 0, '', '{}', '[]', false, '', '', '', 0, ''
    FROM generate_series(1, %s)
    RETURNING id, public_id
"""


def main(argv: list[str]) -> None:
    figures: list[Figure] = []
    wanted: list[Wanted] = []
    for threads in (1, 8):
        hot, spread, theirs, waits = [], [], [], []
        for _round in range(ROUNDS):
            rate, held = _pairs_per_second(threads, teams=1)
            hot.append(2 * rate)
            waits += held
            theirs.append(transfers_per_second(threads, SECONDS))
            if threads > 1:
                spread.append(2 * _pairs_per_second(threads, teams=threads)[0])
        label = "1 thread" if threads == 1 else f"{threads} threads"
        us, them, p95 = median(hot), median(theirs), percentile(waits, 0.95)
        figures += [
            Figure(f"ours, one team, {label}", us, "movements/s"),
            Figure(f"hordak transfer_to, {label}", them, "movements/s"),
            Figure(f"ratio, {label}", us / them, "times"),
            Figure(f"a hold, p50, {label}", statistics.median(waits) * 1000, "ms"),
            Figure(f"a hold, p95, {label}", p95 * 1000, "ms"),
        ]
        if spread:
            figures.append(Figure(f"ours, {threads} teams, {label}", median(spread), "movements/s"))
        wanted += [
            Wanted(f"at least twice hordak's rate, {label}", "2.0 times", f"{us / them:.2f} times", us >= 2 * them),
            Wanted(f"p95 of a hold, {label}", "10 ms", f"{p95 * 1000:.1f} ms", p95 < 0.010),
        ]
    publish("ledger", figures, wanted)


def _pairs_per_second(threads: int, *, teams: int) -> tuple[float, list[float]]:
    """Pairs of hold and capture in a second, and how long each hold took, in seconds."""
    from django.utils import timezone

    from benchmarks.peers.threads import per_second
    from generations import ledger

    books = [_team(12_000 // teams * 2) for _number in range(teams)]
    held: list[float] = []

    def pair(number: int) -> None:
        team, takes = books[number % teams]
        take = takes.pop()
        started = time.perf_counter()
        ledger.hold(team=team, amount=take.hold_credits, generation=take, now=timezone.now())
        held.append(time.perf_counter() - started)
        ledger.settle(generation=take, charged=take.hold_credits, now=timezone.now())

    return per_second(pair, threads=threads, seconds=SECONDS), held


def _team(count: int) -> tuple[Any, list[Any]]:
    """A fresh team with credits and takes that wait for their holds."""
    from django.db import connection
    from django.utils import timezone

    from generations import ledger
    from generations.choices import Provider, Window
    from generations.management.commands.seed_demo import make_sandbox_account
    from generations.models import Generation, Project, Team, User

    mark = uuid.uuid4().hex[:12]
    team = Team.objects.create(name=mark, slug=mark)
    user = User.objects.create_user(f"{mark}@example.com", name="Bench")
    project = Project.objects.create(team=team, name="Bench")
    account = make_sandbox_account(team, Provider.FAL, f"Bench {mark}")
    ledger.grant(team=team, amount=Decimal("100000000"), key=f"bench:{mark}", now=timezone.now())
    scopes: list[dict[str, Any]] = [{}, {"project": project}, {"member": user}]
    for facts in scopes:
        ledger.set_budget(team=team, window=Window.MONTH, limit=Decimal("50000000"), now=timezone.now(), **facts)
    with connection.cursor() as cursor:
        cursor.execute(_TAKES, [team.pk, project.pk, user.pk, account.pk, count])
        rows = cursor.fetchall()
    shared = {"team": team, "project": project, "created_by": user, "tier": "std", "hold_credits": Decimal("1.400")}
    return team, [Generation(pk=pk, public_id=public_id, **shared) for pk, public_id in rows]
