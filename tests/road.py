"""A team on the road of a generation: everything a test of `lifecycle` needs, and questions about where takes stand."""

from __future__ import annotations

from decimal import Decimal

from django.db import connection
from django.db.models.functions import Now

from generations import ledger, lifecycle
from generations.models import Attempt, Generation, Status
from tests.make import (
    make_account,
    make_generation,
    make_member,
    make_price_rules,
    make_project,
    make_recipe,
    make_team,
)

FAST = {
    "pump_seconds": 5,
    "pump_interval_seconds": 0.02,
    "pump_idle_seconds": 0.3,
    "poll_min_seconds": 0.05,
}


class Road:
    """`take()` pays for a take; `send()` and `follow()` each run a pump until it has nothing to do for now."""

    def __init__(self, provider="fal", credits=20_000, **account):
        make_price_rules()
        self.team = make_team(credits=credits)
        self.member = make_member(self.team)
        self.project = make_project(self.team)
        self.account = make_account(self.team, provider, **account)
        self.recipe = make_recipe()

    def take(self, *, member=None, **facts):
        defaults = {"recipe": self.recipe, "project": self.project, "account": self.account}
        return make_generation(member or self.member, **(defaults | facts))

    def running(self, **facts):
        """A take that the provider has: due now, with its attempt closed."""
        take = self.take()
        number = f"task-of-{take.pk}"
        facts = {"provider_task_id": number, "operation_json": {"task_id": number, "state": {}}} | facts
        defaults = {"status": Status.RUNNING, "submitted_at": Now(), "due_at": Now()}
        self.attempt(take, sent_at=Now(), closed_at=Now(), outcome=Attempt.Outcome.ACCEPTED)
        return self.put(take, **(defaults | facts))

    def attempt(self, take, **facts):
        return Attempt.objects.create(generation=take, **({"number": 1, "lease_token": 1} | facts))

    def put(self, take, **facts):
        """Write facts past the state machine, as a process that died would have left them."""
        Generation.objects.filter(pk=take.pk).update(**facts)
        take.refresh_from_db()
        return take

    def due(self, take):
        """Let the time come at which the take is looked at again."""
        return self.put(take, due_at=Now())

    def send(self, seconds=5):
        return lifecycle.SubmitPump(seconds=seconds).run()

    def follow(self, seconds=5):
        return lifecycle.FollowPump(seconds=seconds).run()

    def balances(self):
        found = ledger.balances(self.team)
        return {name: getattr(found, name) for name in ("held", "spent", "shortfall")}

    @property
    def held(self):
        return ledger.balances(self.team).held

    def is_released(self, take):
        take.refresh_from_db()
        resolved = [line for line in ledger.movements_of(take) if line.kind in ("capture", "release")]
        return [line.kind for line in resolved] == ["release"] and take.charged_credits == Decimal(0)


def status_of(take):
    take.refresh_from_db()
    return Status(take.status)


def seconds_until(moment):
    """How far ahead a moment of the database's clock is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM %s::timestamptz - clock_timestamp())::float", [moment])
        return cursor.fetchone()[0]


def pause_of(take):
    """How many seconds the last change of a take put off its next step."""
    take.refresh_from_db()
    return round((take.due_at - take.changed_at).total_seconds(), 1)


def differences():
    return [str(difference) for difference in ledger.check_books()]
