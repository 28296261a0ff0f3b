"""What the roll-ups count, that they count it once, and that they mend what comes late."""

import random
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.models import F

from generations import ledger, pricing, reports
from generations.models import Generation, Movement, RollUpMark, ShotTally, SpendDay, SpendMonth, SpendWeek, TakeTally
from tests.reports.takes import NOON, QUOTE, Takes, differences


def tally(take):
    return TakeTally.objects.get(generation=take)


def test_a_take_is_counted_on_the_day_on_which_it_ended(takes):
    take = takes.take("112.5", held="140", seconds=5)

    assert takes.roll_up() == 1

    found = tally(take)
    assert (found.day, found.fate, found.ended) == (date(2025, 11, 20), "unreviewed", True)
    assert (found.spent, found.overrun, found.refunded) == (112_500, 0, 0)
    assert (found.ms, found.quoted) == (5_000, 140_000)
    assert differences() == []


def test_the_same_figures_stand_in_the_day_the_week_and_the_month(takes):
    takes.take("100")
    takes.take("20", at=NOON - timedelta(days=1))

    takes.roll_up()

    assert sorted(SpendDay.objects.values_list("day", "spent")) == [
        (date(2025, 11, 19), 20_000),
        (date(2025, 11, 20), 100_000),
    ]
    assert list(SpendWeek.objects.values_list("day", "spent")) == [(date(2025, 11, 17), 120_000)]
    assert list(SpendMonth.objects.values_list("day", "spent")) == [(date(2025, 11, 1), 120_000)]


def test_counting_twice_changes_nothing(takes):
    takes.take("100")
    takes.roll_up()
    before = list(SpendDay.objects.values())

    assert takes.roll_up() == 0
    RollUpMark.objects.update(movement_id=0)
    assert takes.roll_up() == 1

    assert list(SpendDay.objects.values()) == before
    assert differences() == []


def test_a_take_under_way_whose_hold_went_back_counts_for_nothing(takes):
    takes.take("0", held="140", status="queued", seconds=0)
    Generation.objects.update(status="queued", finished_at=None)

    takes.roll_up()

    assert TakeTally.objects.count() == 0


def test_an_overrun_and_a_refund_count_on_their_own_days(takes):
    take = takes.take("140", at=NOON)
    takes.roll_up()
    ledger.overrun(generation=take, amount=Decimal("12.5"), key="late", now=NOON + timedelta(days=1))
    capture = Movement.objects.get(generation=take, kind="capture")
    ledger.reverse(
        movement=capture, key="back", now=NOON + timedelta(days=2), actor=takes.member.user, reason="A faulty file"
    )

    takes.roll_up(now=NOON + timedelta(days=3))

    found = TakeTally.objects.order_by("day").values_list("spent", "overrun", "refunded", "ended")
    assert list(found) == [(140_000, 0, 0, True), (0, 12_500, 0, False), (0, 0, 140_000, False)]
    assert differences() == []


def test_a_decision_changes_the_fate_of_what_is_counted(takes):
    take = takes.take("140", seconds=5)
    takes.roll_up()

    takes.decide(take, "approved")
    assert takes.roll_up() == 1
    cell = SpendDay.objects.get()
    assert (cell.approved, cell.unreviewed, cell.approved_ms, cell.approved_cost) == (1, 0, 5_000, 140_000)

    takes.decide(take, "rejected")
    takes.roll_up()
    cell = SpendDay.objects.get()
    assert (cell.approved, cell.rejected, cell.approved_ms, cell.rejected_cost) == (0, 1, 0, 140_000)
    assert differences() == []


def test_what_nobody_decided_on_is_superseded_by_an_approved_take_of_its_shot(takes):
    shot = takes.shot("SH010")
    first, second, rejected = takes.take(shot=shot), takes.take(shot=shot), takes.take(shot=shot)
    takes.take()
    takes.decide(rejected, "rejected")
    takes.roll_up()
    assert takes.fates() == ["unreviewed", "unreviewed", "rejected", "unreviewed"]

    takes.decide(second, "approved")
    takes.roll_up()
    assert takes.fates() == ["superseded", "approved", "rejected", "unreviewed"]

    takes.decide(second, "changes_requested")
    takes.roll_up()
    assert takes.fates() == ["unreviewed", "changes", "rejected", "unreviewed"]
    assert tally(first).fate == "unreviewed"
    assert differences() == []


def test_a_shot_keeps_its_first_approved_day_and_all_that_its_takes_cost(takes):
    shot = takes.shot("SH010")
    keeper = takes.take("140", shot=shot)
    takes.take("60", shot=shot, at=NOON - timedelta(days=3))
    takes.decide(keeper, "approved")
    takes.roll_up()

    found = ShotTally.objects.get()
    assert (found.takes, found.approved, found.cost, found.approved_day) == (2, 1, 200_000, date(2025, 11, 20))

    takes.decide(keeper, "rejected")
    takes.roll_up()
    found = ShotTally.objects.get()
    assert (found.approved, found.approved_day, found.slice_id) == (0, None, None)


def test_a_take_that_cost_nothing_is_counted_too(takes):
    free = takes.take("0", held="0")

    assert takes.roll_up() == 1

    assert (tally(free).fate, tally(free).spent, SpendDay.objects.get().unreviewed) == ("unreviewed", 0, 1)
    assert takes.roll_up() == 0


def test_a_late_success_without_a_charge_is_found(takes):
    take = takes.take("0", status="failed")
    takes.roll_up()
    assert tally(take).fate == "failed"

    Generation.objects.filter(pk=take.pk).update(status="done", finished_at=NOON + timedelta(days=2))
    takes.roll_up(now=NOON + timedelta(days=2, minutes=1))

    assert [(row.fate, row.day.day) for row in TakeTally.objects.all()] == [("unreviewed", 22)]
    assert differences() == []


def test_the_day_is_the_teams_own(db):
    takes = Takes(time_zone="Pacific/Auckland")
    take = takes.take(at=datetime(2025, 11, 20, 12, tzinfo=UTC))

    takes.roll_up()

    assert tally(take).day == date(2025, 11, 21)


def test_another_time_zone_asks_for_a_new_count(takes):
    take = takes.take()
    takes.roll_up()
    takes.team.time_zone = "Pacific/Auckland"
    takes.team.save()

    assert takes.roll_up() == 1

    assert tally(take).day == date(2025, 11, 21)
    assert [cell.day for cell in SpendDay.objects.filter(unreviewed__gt=0)] == [date(2025, 11, 21)]
    assert differences() == []


def test_it_stops_after_so_many_and_says_until_when_it_has_counted(takes):
    for hour in range(3):
        takes.take(at=NOON + timedelta(hours=hour))

    assert takes.roll_up(at_most=1) == 1
    assert reports.counted_until(takes.team) == NOON

    takes.roll_up()
    assert reports.counted_until(takes.team) == NOON + timedelta(hours=3)
    assert len(takes.fates()) == 3


def test_all_teams_with_news_are_counted_at_once(takes):
    other = Takes()
    takes.take()
    other.take()

    assert reports.roll_up(now=NOON + timedelta(hours=1)) == 2
    assert reports.roll_up(now=NOON + timedelta(hours=1)) == 0


def test_a_new_count_from_the_beginning_gives_the_same(takes):
    shot = takes.shot("SH010")
    takes.decide(takes.take("140", shot=shot), "approved")
    takes.take("20", shot=shot, cost={"amount": "0.25", "currency": "usd"})
    takes.take("5", status="failed", at=NOON - timedelta(days=40))
    takes.roll_up()
    before = sorted(SpendMonth.objects.values_list("day", "spent", "approved", "compared", "failed_cost"))

    assert reports.rebuild(takes.team, now=NOON + timedelta(hours=3)) == 3

    after = sorted(SpendMonth.objects.values_list("day", "spent", "approved", "compared", "failed_cost"))
    assert after == before
    assert differences() == []


@pytest.mark.parametrize(
    ("cost", "quote"),
    [
        ({"amount": "0.28", "currency": "usd"}, QUOTE),
        ({"amount": "0.33333", "currency": "usd"}, {**QUOTE, "markup_percent": "12.5", "credits_per_usd": "95.5"}),
        ({"amount": "5", "currency": "fal_unit"}, QUOTE),
        ({"amount": "2.5", "currency": "kling_unit"}, {**QUOTE, "currency": "kling_unit", "usd_per_unit": "0.126"}),
        ({"amount": "3", "currency": "kling_unit"}, QUOTE),
        ({"amount": "0", "currency": "kling_unit"}, QUOTE),
        ({"amount": "1", "currency": "roubles"}, QUOTE),
        ({"amount": "0.28", "currency": "usd"}, {**QUOTE, "is_placeholder": True}),
        ({"amount": "0.28", "currency": "usd"}, {**QUOTE, "is_placeholder": False}),
    ],
)
def test_what_a_provider_reported_becomes_the_credits_that_pricing_says(takes, cost, quote):
    take = takes.take("1", cost=cost, quote_json=quote)

    takes.roll_up()

    exact = pricing.charged_credits(quote, Decimal(cost["amount"]), cost["currency"])
    if not Decimal(cost["amount"]):
        exact = Decimal(0)
    assert tally(take).reported == (None if exact is None else int(exact * 1000))


@pytest.mark.django_db(transaction=True)
def test_a_team_that_somebody_else_is_counting_is_left_out(commits):
    takes = Takes()
    takes.take()
    reports.roll_up(now=NOON, team=takes.team)
    takes.take()
    counted = []

    def count():
        counted.append(reports.roll_up(now=NOON, team=takes.team))
        connection.close()

    with transaction.atomic():
        RollUpMark.objects.select_for_update().get(team=takes.team)
        other = threading.Thread(target=count)
        other.start()
        other.join(10)

    assert counted == [0]
    assert reports.roll_up(now=NOON, team=takes.team) == 1


@pytest.mark.django_db(transaction=True)
def test_counting_while_the_team_spends_loses_nothing(commits):
    takes = Takes()
    done = threading.Event()
    errors = []

    def spend():
        try:
            for _number in range(25):
                takes.take("3", held="5")
        except BaseException as error:
            errors.append(error)
            raise
        finally:
            connection.close()

    def count():
        while not done.is_set():
            reports.roll_up(now=NOON + timedelta(hours=1), team=takes.team, at_most=7)
        connection.close()

    spenders = [threading.Thread(target=spend) for _number in range(2)]
    counters = [threading.Thread(target=count) for _number in range(2)]
    for thread in (*spenders, *counters):
        thread.start()
    for thread in spenders:
        thread.join()
    done.set()
    for thread in counters:
        thread.join()
    takes.roll_up()

    assert errors == []
    assert sum(cell.spent for cell in SpendDay.objects.all()) == 150_000
    assert differences() == []


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_in_whatever_order_the_count_is_that_of_a_new_beginning(takes, seed):
    dice = random.Random(seed)
    shots = [takes.shot("SH010"), takes.shot("SH020"), None]
    made = []

    def pay():
        held, status = dice.choice([0, 5, 28]), dice.choice(["done", "done", "done", "failed", "canceled"])
        charged = dice.choice([0, held, Decimal(held) / 3]) if held else 0
        charged = Decimal(charged).quantize(Decimal("0.001"))
        # What has no movement is found by its end, which is never long ago when it is written.
        at = NOON - timedelta(days=dice.randrange(40)) if held else NOON + timedelta(hours=2.5)
        made.append(takes.take(str(charged), held=str(held), status=status, at=at, shot=dice.choice(shots)))

    def decide():
        done = [take for take in made if Generation.objects.get(pk=take.pk).status == "done"]
        if done:
            takes.decide(dice.choice(done), dice.choice(["approved", "rejected", "changes_requested"]))

    def overrun():
        if made:
            take = dice.choice(made)
            ledger.overrun(generation=take, amount=Decimal("0.7"), key=str(dice.random()), now=NOON)
            Generation.objects.filter(pk=take.pk).update(charged_credits=F("charged_credits") + Decimal("0.7"))
            ledger.grant(
                team=takes.team, amount=Decimal(1), key=str(dice.random()), now=NOON
            )  # a shortfall stops holds

    def reverse():
        open_ones = Movement.objects.filter(kind__in=["capture", "overrun"], reversed_by=None)
        if open_ones:
            facts = {"key": str(dice.random()), "now": NOON, "actor": takes.member.user, "reason": "A fault"}
            ledger.reverse(movement=dice.choice(open_ones), **facts)

    def come_late():
        Generation.objects.filter(pk__in=[take.pk for take in made[:3]], status="failed").update(
            status="done", finished_at=NOON + timedelta(hours=2.5)
        )

    def count():
        takes.roll_up(at_most=dice.choice([1, 3, 100]))

    for _step in range(60):
        dice.choice([pay, pay, pay, decide, decide, overrun, reverse, come_late, count])()
    takes.roll_up()

    assert differences() == []
    columns = (
        "day",
        "slice__model",
        "approved",
        "superseded",
        "failed",
        "spent",
        "overrun",
        "refunded",
        "canceled_cost",
    )
    before = sorted(map(str, SpendDay.objects.filter(spent__gt=0).values_list(*columns)))
    reports.rebuild(takes.team, now=NOON + timedelta(hours=3))
    assert sorted(map(str, SpendDay.objects.filter(spent__gt=0).values_list(*columns))) == before
    assert differences() == []
