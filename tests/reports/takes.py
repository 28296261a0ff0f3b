"""Takes that have ended, as reports see them: their money through the ledger, the rest as bare rows."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from generations import ledger, reports
from generations.choices import Role
from generations.models import Generation, ReviewDecision, Shot, TakeTally
from tests.make import make_account, make_asset, make_member, make_project, make_team

NOON = datetime(2025, 11, 20, 12, tzinfo=UTC)
SECONDS_OF_WAIT, SECONDS_OF_RENDERING = 100, 60
QUOTE = {
    "amount": "0.28",
    "currency": "usd",
    "usd_per_unit": "1",
    "credits_per_usd": "100",
    "markup_percent": "0",
}


class Takes:
    def __init__(self, **facts):
        self.team = make_team(**facts)
        self.member = make_member(self.team, Role.OWNER)
        self.project = make_project(self.team, name="The Last Ferry")
        self.account = make_account(self.team)
        ledger.grant(team=self.team, amount=Decimal(100_000), key=uuid.uuid4().hex, now=NOON - timedelta(days=1000))

    def shot(self, code, project=None):
        return Shot.objects.create(project=project or self.project, code=code)

    def take(self, charged="140", *, held="140", status="done", at=NOON, seconds=5, cost=None, **facts):
        """A take that was held for, and ended `at` with so many credits charged; its result has so many seconds."""
        take = Generation.objects.create(
            **{
                "team": self.team,
                "project": self.project,
                "created_by": self.member.user,
                "account": self.account,
                "idempotency_key": uuid.uuid4().hex,
                "recipe_json": {},
                "recipe_sha256": "0" * 64,
                "capability": "text_to_video",
                "model": "kling-v2-master",
                "tier": "master",
                "quote_json": QUOTE,
                "hold_credits": Decimal(held),
                "provider_cost_json": cost,
                **facts,
            }
        )
        if Decimal(held):
            ledger.hold(team=self.team, amount=take.hold_credits, generation=take, now=at - timedelta(minutes=10))
        self.end(take, charged, status=status, at=at, seconds=seconds)
        return take

    def end(self, take, charged, *, status="done", at=NOON, seconds=5):
        if take.hold_credits:
            ledger.settle(generation=take, charged=Decimal(charged), now=at)
        Generation.objects.filter(pk=take.pk).update(
            status=status,
            charged_credits=Decimal(charged),
            created_at=at - timedelta(seconds=SECONDS_OF_WAIT),
            submitted_at=at - timedelta(seconds=SECONDS_OF_RENDERING),
            provider_done_at=at,
            finished_at=at,
        )
        if status == "done" and seconds:
            make_asset(self.member, generation=take, duration_seconds=Decimal(seconds))

    def decide(self, take, verdict, at=NOON):
        ReviewDecision.objects.create(generation=take, verdict=verdict, decided_by=self.member.user, decided_at=at)
        Generation.objects.filter(pk=take.pk).update(verdict=verdict)

    def roll_up(self, **facts):
        return reports.roll_up(**{"now": NOON + timedelta(hours=3), "team": self.team, **facts})

    def filters(self, now=NOON, **params):
        return reports.Filters.read(self.member, params, now=now)

    def fates(self):
        """What became of each take, in the order of their numbers."""
        rows = TakeTally.objects.filter(generation__team=self.team, ended=True).order_by("generation_id")
        return list(rows.values_list("fate", flat=True))


def differences():
    return [str(difference) for difference in reports.differences()]


def cells(sheet, *keys):
    """Some columns of every row, as text."""
    places = [[column.key for column in sheet.columns].index(key) for key in keys]
    return [tuple(str(row[place]) for place in places) for row in sheet.rows]
