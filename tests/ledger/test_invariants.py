"""Random walks over the ledger's verbs, beside a model in plain Python that knows what must come out."""

from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from generations import ledger
from generations.models import Movement, Purse
from tests.ledger.books import Books, differences

D = Decimal
# Small and round amounts meet each other's edges often; thousandths make rounding visible.
AMOUNTS = st.one_of(st.integers(1, 20).map(D), st.integers(1, 30_000).map(lambda thousandths: D(thousandths) / 1000))
PICK = st.integers(0, 10_000)


class Walk(RuleBasedStateMachine):
    @initialize()
    def open(self):
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.books = Books()
        self.available = self.spent = self.shortfall = self.given = self.expired = D(0)
        self.holds = []
        self.resolved = []
        self.calls = []
        self.movements = 0

    def teardown(self):
        if not hasattr(self, "undo"):
            return
        try:
            assert differences() == []
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        finally:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    def make(self, call):
        """A movement that must be new; the call is kept so that it can be repeated."""
        posted = call()
        assert posted.is_new
        self.movements += 1
        self.calls.append((call, posted.movement_id))

    def refuse(self, error, call):
        with pytest.raises(error) as refused, transaction.atomic():
            call()
        return refused.value

    @rule(amount=AMOUNTS, kind=st.sampled_from([Movement.Kind.GRANT, Movement.Kind.PURCHASE]))
    def grant(self, amount, kind):
        key = f"grant {self.movements}"
        self.make(lambda: self.books.grant(amount, key=key, kind=kind))
        covered = min(amount, self.shortfall)
        self.given += amount
        self.shortfall -= covered
        self.available += amount - covered

    @rule(amount=AMOUNTS)
    def expire(self, amount):
        key = f"expire {self.movements}"
        if amount > self.available:
            error = self.refuse(ledger.InsufficientCredits, lambda: self.books.expire(amount, key=key))
            assert (error.needed, error.available) == (amount, self.available)
            return
        self.make(lambda: self.books.expire(amount, key=key))
        self.available -= amount
        self.expired += amount

    @rule(amount=AMOUNTS)
    def hold(self, amount):
        take = self.books.take(amount)
        if amount > self.available or self.shortfall:
            error = self.refuse((ledger.InsufficientCredits, ledger.ShortfallOpen), lambda: self.books.hold(take))
            assert isinstance(error, ledger.ShortfallOpen) == (self.shortfall > 0)
            take.delete()
            return
        self.make(lambda: self.books.hold(take))
        self.available -= amount
        self.holds.append(take)

    @precondition(lambda self: self.holds)
    @rule(pick=PICK, how=st.sampled_from(["nothing", "part", "all", "more"]), beyond=AMOUNTS)
    def settle(self, pick, how, beyond):
        take = self.holds.pop(pick % len(self.holds))
        part = min(beyond, take.hold_credits)
        charged = {"nothing": D(0), "part": part, "all": take.hold_credits, "more": take.hold_credits + beyond}[how]
        captured = min(charged, take.hold_credits)
        self.books.close(take, captured)
        self.make(lambda: ledger.settle(generation=take, charged=charged, now=timezone.now()))
        self.spent += captured
        self.available += take.hold_credits - captured
        self.resolved.append(take)
        if charged > captured:
            self.overrun_of(take, charged - captured)

    @precondition(lambda self: self.resolved)
    @rule(pick=PICK, amount=AMOUNTS)
    def late_charge(self, pick, amount):
        self.overrun_of(self.resolved[pick % len(self.resolved)], amount)

    def overrun_of(self, take, amount):
        key = f"overrun {self.movements}"
        self.books.close(take, take.charged_credits + amount)
        self.make(lambda: ledger.overrun(generation=take, amount=amount, key=key, now=timezone.now()))
        self.spent += amount
        self.shortfall += amount

    @precondition(lambda self: self.calls)
    @rule(pick=PICK)
    def repeat(self, pick):
        call, movement_id = self.calls[pick % len(self.calls)]
        assert call() == ledger.Posted(movement_id, False)

    @precondition(lambda self: self.resolved)
    @rule(pick=PICK)
    def hold_again(self, pick):
        take = self.resolved[pick % len(self.resolved)]
        self.refuse(ledger.KeyReused, lambda: self.books.hold(take, take.hold_credits + 1))

    @invariant()
    def the_balances_are_those_of_the_model(self):
        if not hasattr(self, "books"):
            return
        held = sum((take.hold_credits for take in self.holds), D(0))
        model = ledger.Balances(self.available, held, self.spent, self.shortfall, self.given, self.expired)
        assert ledger.balances(self.books.team) == model
        assert min(self.available, held, self.spent, self.shortfall, self.expired) >= 0
        assert self.available + held + self.spent + self.expired == self.given + self.shortfall

    @invariant()
    def every_refusal_left_nothing_behind(self):
        if hasattr(self, "books"):
            assert self.books.count() == self.movements
            assert sum(sum(row) for row in Purse.objects.values_list(*ledger.Account.values)) == 0


@pytest.mark.django_db
class TestWalk(Walk.TestCase):
    settings = settings(
        max_examples=25,
        stateful_step_count=30,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow],
    )
