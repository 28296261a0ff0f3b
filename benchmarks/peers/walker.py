"""One process of the random walk: it acts on the shared teams until it is killed.

Each act is one the product makes, in the transaction the product makes it in. Time runs an hour a second, so that days
end, budgets begin anew and credits expire while others hold and settle.
"""

from __future__ import annotations

import os
import random
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from generations import ledger
from generations.choices import Window
from generations.errors import Refused
from generations.models import (
    Budget,
    BudgetRaise,
    Generation,
    Movement,
    Project,
    ProviderAccount,
    Status,
    Team,
    User,
)

_EPOCH = datetime(2026, 3, 1, tzinfo=UTC)
# How often each act comes, by weight.
_ACTS = {"order": 40, "settle": 40, "again": 6, "grant": 4, "tend": 4, "raise_limit": 2, "budget": 1, "reverse": 3}


class Walker:
    """Acts at random, always the same ones for the same seed and the same books."""

    def __init__(self, seed: int, began: float) -> None:
        self.random, self.began = random.Random(seed), began
        self.teams = list(Team.objects.filter(slug__startswith="walk-"))
        self.projects = {team.pk: list(Project.objects.filter(team=team)) for team in self.teams}
        self.people = {team.pk: list(User.objects.filter(memberships__team=team)) for team in self.teams}
        self.accounts = {team.pk: ProviderAccount.objects.get(teams=team) for team in self.teams}

    @property
    def now(self) -> datetime:
        return _EPOCH + timedelta(seconds=(time.time() - self.began) * 3600)

    def step(self) -> str:
        """One act; its name, and what refused it."""
        name = self.random.choices(list(_ACTS), weights=list(_ACTS.values()))[0]
        team = self.random.choice(self.teams)
        act: Callable[[Team], str | None] = getattr(self, name)
        try:
            return act(team) or name
        except ledger.ShortfallOpen as refusal:
            self.grant(team)
            return f"{name}: {refusal.code}"
        except Refused as refusal:
            return f"{name}: {refusal.code}"

    def credits(self, most: int) -> Decimal:
        return Decimal(self.random.randint(1, most * 1000)) / 1000

    def order(self, team: Team) -> str:
        with transaction.atomic():
            take = Generation.objects.create(
                team=team,
                project=self.random.choice(self.projects[team.pk]),
                created_by=self.random.choice(self.people[team.pk]),
                account=self.accounts[team.pk],
                idempotency_key=uuid.uuid4().hex,
                recipe_json={},
                recipe_sha256="0" * 64,
                capability="text_to_video",
                model="kling-v1",
                tier=self.random.choice(["std", "pro", "master"]),
                quote_json={},
                hold_credits=self.credits(20),
            )
            ledger.hold(team=team, amount=take.hold_credits, generation=take, now=self.now)
        return "order"

    def find_take(self, team: Team, status: str) -> Generation | None:
        rows = Generation.objects.select_for_update(skip_locked=True).filter(team=team, status=status)
        return rows.order_by("?" if self.random.random() < 0.02 else "pk").first()

    def settle(self, team: Team) -> str | None:
        with transaction.atomic():
            take = self.find_take(team, Status.QUEUED)
            if take is None:
                return self.order(team)
            how = self.random.choice(["all", "all", "all", "part", "part", "part", "nothing", "nothing", "more"])
            held = take.hold_credits
            charged = {"all": held, "part": self.credits(20), "nothing": Decimal(0), "more": held + self.credits(2)}[
                how
            ]
            Generation.objects.filter(pk=take.pk).update(
                status=Status.DONE, finished_at=self.now, charged_credits=charged
            )
            ledger.settle(generation=take, charged=charged, now=self.now, reason=how)
            if charged > held:
                ledger.overrun(generation=take, amount=charged - held, key=f"over:{take.pk}", now=self.now)
        return None

    def again(self, team: Team) -> None:
        with transaction.atomic():
            take = self.find_take(team, Status.QUEUED)
            if take is not None:
                amount = self.credits(20)
                Generation.objects.filter(pk=take.pk).update(hold_credits=amount)
                ledger.hold_again(generation=take, amount=amount, now=self.now, reason="moved")

    def grant(self, team: Team) -> None:
        days = self.random.choice([None, None, 1, 3])
        ledger.grant(
            team=team,
            amount=self.credits(3000),
            key=uuid.uuid4().hex,
            now=self.now,
            expires_at=self.now + timedelta(days=days) if days else None,
            priority=self.random.randint(1, 99),
        )

    def tend(self, team: Team) -> None:
        ledger.bring_up_to_date(team, now=self.now)

    def raise_limit(self, team: Team) -> None:
        budgets = list(Budget.objects.filter(team=team, archived_at=None))
        person = self.people[team.pk][0]
        made = BudgetRaise.objects.filter(budget__team=team, amount__gt=0, ends_at__gt=self.now).last()
        if made and self.random.random() < 0.3:
            ledger.end_raise(made, now=self.now, made_by=person)
        elif budgets:
            until = self.now + timedelta(hours=self.random.randint(1, 40))
            ledger.raise_budget(
                self.random.choice(budgets), amount=self.credits(500), now=self.now, made_by=person, until=until
            )

    def budget(self, team: Team) -> None:
        facts: list[dict[str, Any]] = [
            {},
            {"project": self.random.choice(self.projects[team.pk])},
            {"member": self.random.choice(self.people[team.pk])},
            {"tier": "master"},
        ]
        found = list(Budget.objects.filter(team=team, archived_at=None))
        if len(found) > 6:
            ledger.archive_budget(self.random.choice(found), now=self.now)
        ledger.set_budget(
            team=team,
            window=self.random.choice(list(Window)),
            limit=self.credits(20_000) + 100,
            rollover=self.credits(200),
            now=self.now,
            **self.random.choice(facts),
        )

    def reverse(self, team: Team) -> None:
        kinds = ["grant", "expire", "capture", "overrun"]
        rows = Movement.objects.filter(team=team, kind__in=kinds, reversed_by=None).order_by("-pk")[:50]
        found = list(rows)
        if found:
            movement = self.random.choice(found)
            person = self.people[team.pk][0]
            ledger.reverse(movement=movement, key=uuid.uuid4().hex, now=self.now, actor=person, reason="At random")


def act_until_killed(seed: int, began: float, out: int) -> None:
    """Act for ever, and write what was done into a pipe, a line for each act, once it is committed."""
    walker = Walker(seed, began)
    while True:
        os.write(out, f"{walker.step()}\n".encode())
