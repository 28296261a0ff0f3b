"""A team's books as a story tells them: amounts as plain numbers, takes as bare rows that only the ledger looks at."""

import uuid
from decimal import Decimal

from django.utils import timezone

from generations import ledger
from generations.models import Generation, Movement, Status, Team
from tests.make import make_account, make_member, make_project, make_team


class Books:
    def __init__(self):
        self.team = make_team(name="Harbour", slug=f"harbour-{uuid.uuid4().hex[:8]}")
        self.member = make_member(self.team)
        self.project = make_project(self.team)
        self.account = make_account(self.team)

    def take(self, credits):
        """A take that needs a hold of so many credits and has none yet."""
        return Generation.objects.create(
            team=self.team,
            project=self.project,
            created_by=self.member.user,
            account=self.account,
            idempotency_key=uuid.uuid4().hex,
            recipe_json={},
            recipe_sha256="0" * 64,
            capability="text_to_video",
            model="kling-v1",
            tier="std",
            quote_json={},
            hold_credits=Decimal(credits),
        )

    def grant(self, credits, key=None, **facts):
        key = key or uuid.uuid4().hex
        return ledger.grant(team=self.team, amount=Decimal(credits), key=key, now=timezone.now(), **facts)

    def expire(self, credits, key=None, **facts):
        key = key or uuid.uuid4().hex
        return ledger.expire(team=self.team, amount=Decimal(credits), key=key, now=timezone.now(), **facts)

    def hold(self, take, credits=None):
        amount = take.hold_credits if credits is None else Decimal(credits)
        return ledger.hold(team=Team.objects.get(pk=take.team_id), amount=amount, generation=take, now=timezone.now())

    def settle(self, take, charged, reason=""):
        """The take's end: its row and its hold, as `lifecycle` joins them, without the overrun."""
        self.close(take, min(Decimal(charged), take.hold_credits))
        return ledger.settle(generation=take, charged=Decimal(charged), now=timezone.now(), reason=reason)

    def overrun(self, take, credits, key=None):
        self.close(take, (take.charged_credits or Decimal(0)) + Decimal(credits))
        key = key or uuid.uuid4().hex
        return ledger.overrun(generation=take, amount=Decimal(credits), key=key, now=timezone.now())

    def close(self, take, charged):
        take.charged_credits = charged
        rows = Generation.objects.filter(pk=take.pk)
        rows.update(status=Status.DONE, finished_at=timezone.now(), charged_credits=charged)

    def held_take(self, credits):
        take = self.take(credits)
        self.hold(take)
        return take

    def balances(self):
        """Every balance that is not zero, as plain text."""
        found = ledger.balances(self.team)
        names = ("available", "held", "spent", "shortfall", "given", "expired")
        return {name: ledger.plain(getattr(found, name)) for name in names if getattr(found, name)}

    def lines(self):
        """The statement, oldest first: what, how much, from where, to where."""
        shown = reversed(ledger.statement(team=self.team))
        return [(line.kind.value, ledger.plain(line.amount), line.sources, line.targets) for line in shown]

    def count(self):
        return Movement.objects.filter(team=self.team).count()


def differences():
    return [str(difference) for difference in ledger.check_books()]
