"""A thousand submits at once against a budget that has room for fifty, at each level in turn.

Each level has a team of its own with one budget of 5.000 credits there and plenty in its purse; the recipe costs 0.100.
The submits come from four processes with eight threads each, every thread with a connection of its own.
"""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import connection, connections

from benchmarks.report import Figure, Wanted, publish

SUBMITS, PROCESSES, THREADS = 1_000, 4, 8
LIMIT, PRICE = Decimal("5.000"), Decimal("0.100")
FIT = int(LIMIT / PRICE)
LEVELS = ("team", "project", "shot", "member", "tier")


def main(argv: list[str]) -> None:
    figures, wanted = [], []
    for level in LEVELS:
        stage = _stage(level)
        started = time.perf_counter()
        answers = _at_once(stage)
        seconds = time.perf_counter() - started
        passed, refused = answers["passed"], answers["budget_exceeded"]
        figures += [
            Figure(f"{level}: passed", passed, "takes"),
            Figure(f"{level}: refused by the budget", refused, "submits"),
            Figure(f"{level}: submits a second", SUBMITS / seconds, "submits/s"),
        ]
        held, overspent, twice, differences = _after(stage)
        is_exact = (passed, refused) == (FIT, SUBMITS - FIT)
        wanted += [
            Wanted(f"{level}: pass", str(FIT), f"{passed} of {answers.total()}", is_exact),
            Wanted(f"{level}: held beyond the limit", "0", f"{overspent:f}", overspent == 0 and held == LIMIT),
            Wanted(
                f"{level}: holds not resolved once, differences",
                "0",
                f"{twice + differences}",
                twice + differences == 0,
            ),
        ]
    publish("limits", figures, wanted)


def _stage(level: str) -> dict[str, Any]:
    """A team with one budget at a level, an account whose price is a tenth of a credit, and what a submit needs."""
    from django.utils import timezone

    from generations import access, ledger
    from generations.choices import Currency, PriceUnit, Provider, Role, Tier, Window
    from generations.management.commands.seed_demo import make_sandbox_account, seed_prices
    from generations.models import Membership, PriceRule, Project, Shot, Team, User

    seed_prices()
    mark, now = uuid.uuid4().hex[:12], timezone.now()
    team = Team.objects.create(name=mark, slug=mark)
    user = User.objects.create_user(f"{mark}@example.com", name="Bench")
    Membership.objects.create(team=team, user=user, roles=[Role.OWNER])
    project = Project.objects.create(team=team, name="Bench")
    shot = Shot.objects.create(project=project, code="SH010")
    account = make_sandbox_account(team, Provider.FAL, f"Bench {mark}")
    PriceRule.objects.create(
        provider=Provider.FAL,
        account=account,
        model="kling-v2-master",
        tier=Tier.MASTER,
        amount=Decimal("0.001"),
        currency=Currency.USD,
        per=PriceUnit.CALL,
        valid_from=now,
        source="A made-up price",
    )
    ledger.grant(team=team, amount=Decimal(1_000_000), key=f"bench:{mark}", now=now)
    scopes: dict[str, dict[str, Any]] = {
        "team": {},
        "project": {"project": project},
        "shot": {"shot": shot},
        "member": {"member": user},
        "tier": {"tier": Tier.MASTER},
    }
    budget = ledger.set_budget(team=team, window=Window.MONTH, limit=LIMIT, now=now, **scopes[level])
    member = access.get_member(user, mark)
    return {"team": team, "member": member, "project": project, "shot": shot, "account": account, "budget": budget}


def _at_once(stage: dict[str, Any]) -> Counter[str]:
    """What became of every submit."""
    connections.close_all()
    pipes = []
    for process in range(PROCESSES):
        reads, writes = os.pipe()
        if os.fork() == 0:
            try:
                os.write(writes, json.dumps(_submit_many(stage, process)).encode())
            finally:
                os._exit(0)
        os.close(writes)
        pipes.append(reads)
    answers: Counter[str] = Counter()
    for reads in pipes:
        answers.update(json.loads(b"".join(iter(partial(os.read, reads, 65536), b""))))
        os.close(reads)
        os.wait()
    return answers


def _submit_many(stage: dict[str, Any], process: int) -> dict[str, int]:
    answers: Counter[str] = Counter()
    count = SUBMITS // PROCESSES // THREADS + (1 if process < SUBMITS // THREADS % PROCESSES else 0)

    def work() -> None:
        for _number in range(count):
            answers[_submit(stage)] += 1
        connection.close()

    _in_threads(work)
    return dict(answers)


def _in_threads(work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _submit(stage: dict[str, Any]) -> str:
    from django.utils import timezone

    from generations import catalog, lifecycle
    from generations.errors import PortalError

    facts = {"capability": "text_to_video", "model": "kling-v2-master", "tier": "master", "prompt": "A ferry turns."}
    try:
        lifecycle.submit(
            member=stage["member"],
            project=stage["project"],
            shot=stage["shot"],
            recipe=catalog.Recipe.model_validate({**facts, "duration_seconds": 5, "aspect_ratio": "16:9"}),
            account=stage["account"],
            idempotency_key=uuid.uuid4().hex,
            now=timezone.now(),
        )
    except PortalError as refusal:
        return refusal.code
    return "passed"


def _after(stage: dict[str, Any]) -> tuple[Decimal, Decimal, int, int]:
    """What is held, what is beyond the limit, holds that were not resolved once after all takes ended, differences."""
    from django.db.models import Count
    from django.utils import timezone

    from generations import ledger
    from generations.lifecycle import cancel
    from generations.models import Generation, Movement

    period = ledger.current_period(stage["budget"])
    assert period is not None
    held, overspent = period.held, max(period.used - period.limit, Decimal(0))
    for take in Generation.objects.filter(team=stage["team"]).order_by("pk"):
        cancel(generation=take, member=stage["member"], now=timezone.now())
    holds = Movement.objects.filter(team=stage["team"], kind="hold").annotate(ends=Count("resolved_by"))
    twice = sum(hold.ends != 1 for hold in holds)
    return held, overspent, twice, len(list(ledger.check_books()))
