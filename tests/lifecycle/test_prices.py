"""The price book: one price for one thing at a time, new prices from a date, nothing changed that a take rests on."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from generations import catalog, lifecycle
from generations.models import AuditEvent, PriceRule
from tests.make import make_account, make_user

D = Decimal
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def make_rule(**facts):
    given = {"provider": "fal", "model": "kling-v3", "tier": "std", "amount": D("0.07"), "currency": "usd"}
    return PriceRule.objects.create(
        **{**given, "per": "second", "valid_from": BEGIN, "source": "A list", **facts},
    )


def replace(rule, amount="0.08", valid_from=BEGIN + 30 * DAY, source="Invoice of March", **facts):
    amount = D(amount)
    return lifecycle.replace_price(
        rule,
        amount=amount,
        valid_from=valid_from,
        source=source,
        actor=make_user(),
        now=timezone.now(),
        **facts,
    )


def refused_by_the_database(**facts):
    with pytest.raises(IntegrityError, match="price_rule_never_twice"), transaction.atomic():
        make_rule(**facts)


@pytest.mark.django_db
class TestOneAtATime:
    def test_two_prices_for_exactly_the_same_do_not_overlap(self):
        make_rule(valid_until=BEGIN + 10 * DAY)

        refused_by_the_database(valid_from=BEGIN + 9 * DAY)
        refused_by_the_database(valid_from=BEGIN - DAY, valid_until=BEGIN + timedelta(seconds=1))
        refused_by_the_database()

    def test_a_price_begins_in_the_moment_in_which_another_ends(self):
        make_rule(valid_until=BEGIN + 10 * DAY)

        make_rule(valid_from=BEGIN + 10 * DAY)
        make_rule(valid_from=BEGIN - DAY, valid_until=BEGIN)

        assert PriceRule.objects.count() == 3

    @pytest.mark.parametrize(
        "other",
        [
            {"model": "kling-v2-6"},
            {"tier": "pro"},
            {"provider": "kling"},
            {"capability": "text_to_video"},
            {"variant": "sound"},
            {"resolution": "720p"},
            {"duration_seconds": 5},
        ],
        ids=lambda other: next(iter(other)),
    )
    def test_a_price_for_something_else_stands_beside_it(self, other):
        make_rule()

        make_rule(**other)
        refused_by_the_database(**other)

    def test_an_account_has_prices_of_its_own(self, desk):
        one, two = desk.account, make_account(desk.team)
        for account in (None, one, two):
            make_rule(model="kling-v9", account=account)

        refused_by_the_database(model="kling-v9", account=two)

    def test_the_constraint_knows_no_collision_of_words_that_are_put_together(self):
        make_rule(model="kling-v3", tier="std", capability="")

        make_rule(model="kling-v3-std", tier="std")

        assert PriceRule.objects.count() == 2


class TestReplace:
    def test_the_old_price_ends_where_the_new_one_begins(self, db):
        rule = make_rule(resolution="720p", duration_seconds=5, variant="sound")

        new = replace(rule, note="By mail")

        assert rule.valid_until == new.valid_from == BEGIN + 30 * DAY and new.valid_until is None
        assert (new.amount, new.resolution, new.duration_seconds, new.variant) == (D("0.08"), "720p", 5, "sound")
        assert (rule.amount, new.note, new.source) == (D("0.07"), "By mail", "Invoice of March")
        said = AuditEvent.objects.get(verb="replace_price")
        assert said.facts["was"] == "0.07000" and said.facts["amount"] == "0.08" and said.target_id == str(new.pk)

    def test_the_new_price_lasts_as_long_as_the_old_one_was_to_last(self, db):
        rule = make_rule(valid_until=BEGIN + 60 * DAY)
        make_rule(valid_from=BEGIN + 60 * DAY, amount=D("0.09"))

        assert replace(rule).valid_until == BEGIN + 60 * DAY

    @pytest.mark.parametrize("amount", ["0", "-0.07", "0.070001", "10000000", "NaN", "Infinity"])
    def test_what_is_no_price_is_refused_and_nothing_changes(self, db, amount):
        rule = make_rule()

        with pytest.raises(lifecycle.BadPrice):
            replace(rule, amount)

        assert PriceRule.objects.get().valid_until is None and not AuditEvent.objects.exists()

    def test_six_places_are_named(self, db):
        with pytest.raises(lifecycle.BadPrice, match="at most 5 decimal places; 0.123456 has more"):
            replace(make_rule(), "0.123456")

    def test_it_cannot_begin_before_the_old_one_or_after_its_end(self, db):
        rule = make_rule(valid_until=BEGIN + 10 * DAY)

        with pytest.raises(lifecycle.PriceNotReplaced, match="begins at 2026-01-01"):
            replace(rule, valid_from=BEGIN)
        with pytest.raises(lifecycle.PriceNotReplaced, match="ends at 2026-01-11"):
            replace(rule, valid_from=BEGIN + 10 * DAY)

    def test_a_source_is_needed(self, db):
        with pytest.raises(lifecycle.PriceNotReplaced, match="Say who"):
            replace(make_rule(), source=" ")

    def test_a_time_before_the_last_take_that_was_quoted_is_refused(self, desk):
        take = desk.take()

        with pytest.raises(lifecycle.PriceNotReplaced, match="A take was quoted with this price"):
            replace(take.price_rule, valid_from=take.created_at - timedelta(seconds=1))
        assert replace(take.price_rule, valid_from=take.created_at + timedelta(seconds=1))

        take.refresh_from_db()
        assert take.price_rule.amount != D("0.08")

    def test_a_take_that_moved_to_the_route_counts_from_then(self, desk):
        take = desk.take()
        moved_at = timezone.now() + timedelta(hours=2)
        take.log("moved")
        take.events.filter(kind="moved").update(happened_at=moved_at)

        assert take.price_rule.last_used_at() == moved_at

    def test_two_at_once_leave_one_new_price(self, db):
        rule = make_rule()
        replace(rule)

        with pytest.raises(lifecycle.PriceNotReplaced):
            replace(rule)

        assert PriceRule.objects.count() == 2


class TestWithdraw:
    def test_a_price_that_has_not_begun_is_taken_back_and_the_old_one_goes_on(self, db):
        rule = make_rule(valid_until=BEGIN + 3650 * DAY)
        new = replace(rule, valid_from=BEGIN + 3600 * DAY)

        lifecycle.withdraw_price(new, now=timezone.now(), actor_id=None)

        assert PriceRule.objects.get().valid_until == BEGIN + 3650 * DAY
        assert AuditEvent.objects.filter(verb="withdraw_price", target_id=str(new.pk)).exists()

    def test_one_that_has_begun_stays(self, db):
        rule = make_rule()

        with pytest.raises(lifecycle.NotInForce, match="has begun"):
            lifecycle.withdraw_price(rule, now=timezone.now(), actor_id=None)

        assert PriceRule.objects.exists()


class TestKept:
    def test_the_database_keeps_a_price_that_a_take_was_quoted_with(self, desk):
        rule = desk.take().price_rule

        for change in ({"amount": D(1)}, {"currency": "kling_unit"}, {"model": "other"}, {"valid_from": BEGIN - DAY}):
            with pytest.raises(IntegrityError, match="it only ends"), transaction.atomic():
                PriceRule.objects.filter(pk=rule.pk).update(**change)
        assert PriceRule.objects.filter(pk=rule.pk).update(valid_until=timezone.now()) == 1

    def test_a_new_price_is_what_the_next_take_is_quoted(self, desk):
        first = desk.take()
        at = timezone.now() + timedelta(milliseconds=5)
        replace(first.price_rule, first.price_rule.amount * 2, at)

        offer = lifecycle.quote(team=desk.team, recipe=desk.recipe, now=at)

        assert offer.quotes[0].credits == first.hold_credits * 2


@pytest.fixture
def listed(monkeypatch):
    """The catalog with the prices that a test gives it: (amount, date) of one route."""

    price = catalog.load().prices[0]

    def put(*rows, of=None):
        facts = [{**(of or {}), "amount": D(amount), "valid_from": day} for amount, day in rows]
        prices = tuple(price.model_copy(update=fact) for fact in facts)
        monkeypatch.setattr(catalog, "load", lambda: SimpleNamespace(prices=prices))

    return put


def book():
    rows = PriceRule.objects.order_by("valid_from")
    return [(row.amount, row.valid_from.date(), row.valid_until and row.valid_until.date()) for row in rows]


def day(month, number=1):
    return datetime(2026, month, number, tzinfo=UTC).date()


@pytest.mark.django_db
class TestSeed:
    def test_dated_prices_end_where_the_next_begins_whatever_their_order(self, listed):
        listed(("3", day(5)), ("1", day(1)), ("2", day(3)))

        assert lifecycle.seed_prices(now=timezone.now()) == 3

        assert book() == [(1, day(1), day(3)), (2, day(3), day(5)), (3, day(5), None)]
        assert lifecycle.seed_prices(now=timezone.now()) == 0

    def test_a_newer_price_of_the_catalog_ends_the_older_one(self, listed):
        listed(("1", day(1)))
        lifecycle.seed_prices(now=timezone.now())
        listed(("1", day(1)), ("2", day(3)))

        assert lifecycle.seed_prices(now=timezone.now()) == 1

        assert book() == [(1, day(1), day(3)), (2, day(3), None)]

    def test_a_price_that_a_person_decided_stays(self, listed):
        listed(("1", day(1)))
        lifecycle.seed_prices(now=timezone.now())
        replace(PriceRule.objects.get(), "0.5", datetime(2026, 2, 1, tzinfo=UTC))
        before = book()
        listed(("1", day(1)), ("2", day(1, 20)), ("3", day(3)))

        assert lifecycle.seed_prices(now=timezone.now()) == 0

        assert book() == before


def test_a_newer_price_of_the_catalog_does_not_reach_back_before_a_take(desk, listed):
    first, now = desk.take(), timezone.now()
    rule = first.price_rule
    listed(
        (rule.amount, day(1)),
        (rule.amount * 2, day(3)),
        of={"provider": rule.provider, "model": rule.model, "tier": rule.tier, "capability": None, "variant": None},
    )

    lifecycle.seed_prices(now=now)

    rule.refresh_from_db()
    assert rule.valid_until == now > first.created_at
    assert PriceRule.objects.saying_the_same(rule).get(valid_until=None).amount == rule.amount * 2


def test_prices_from_before_say_the_same_at_every_time(db):
    """What the migration does with rules of which the newest that had begun counted."""
    migration = import_module("generations.migrations.0007_price_book")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE generations_pricerule DROP CONSTRAINT price_rule_never_twice")
    make_rule(amount=D(1))
    make_rule(amount=D(2), valid_from=BEGIN + 10 * DAY, valid_until=BEGIN + 20 * DAY)
    make_rule(amount=D(3), valid_from=BEGIN + 15 * DAY, valid_until=BEGIN + 17 * DAY)
    make_rule(amount=D(4), valid_from=BEGIN + 40 * DAY)
    make_rule(amount=D(9), model="another")
    moments = [BEGIN + hours * timedelta(hours=7) for hours in range(200)]
    before = [counted(moment) for moment in moments]

    migration.end_where_the_next_begins(apps, None)

    assert [counted(moment) for moment in moments] == before
    for moment in moments:
        assert PriceRule.objects.in_force(moment).filter(model="kling-v3").count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(migration.NEVER_TWICE.split("CREATE FUNCTION price_words")[1].split("$$;")[1].split(";")[0])


def counted(moment):
    return PriceRule.objects.in_force(moment).filter(model="kling-v3").order_by("valid_from", "pk").last().amount
