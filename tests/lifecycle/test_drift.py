"""The daily look at prices: counted once, compared, told once, and closing a route where the account says so."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from generations import lifecycle
from generations.errors import Retry
from generations.models import AuditEvent, ClosedRoute, DriftCheck, DriftReading, Generation, Mail, Status
from generations.providers import ADAPTERS, ListPrice, Unreachable
from tests.fakes import ScriptedAdapter
from tests.make import make_account, make_user

D = Decimal
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Telling(ScriptedAdapter):
    """A provider that tells its price."""

    async def read_list_price(self, prepared):
        return await self.script.answer("read_list_price", prepared)


@pytest.fixture
def prices(script, monkeypatch):
    """What fal answers when it is asked for a price; nothing unless a test says so."""
    monkeypatch.setitem(ADAPTERS, "fal", type("Telling", (Telling,), {"script": script}))
    return script


@pytest.fixture
def later():
    """An hour from now: everything that a test ended has settled."""
    return timezone.now() + HOUR


def end(desk, reported=None, to=Status.DONE, currency="usd", task=True, **facts):
    """A take that ended, with the US dollars that the provider reported."""
    take = desk.take()
    cost = None if reported is None else {"amount": str(reported), "currency": currency}
    task_id = f"task-{take.pk}" if task else None
    lifecycle.finish(take, to=Status.CANCELED, charged=D(0), now=timezone.now())
    return desk.put(take, status=to, provider_cost_json=cost, provider_task_id=task_id, **facts)


def usd(take, percent=0):
    return take.hold_credits / 100 * (100 + percent) / 100


@pytest.fixture
def price(desk):
    return desk.take().hold_credits / 100


def test_takes_are_counted_by_account_and_route(desk, prices, price, later):
    end(desk, price), end(desk, price * D("1.5"))
    other = make_account(desk.team)
    take = end(desk, price)
    desk.put(take, account=other)

    lifecycle.check_drift(later)

    mine, others = DriftReading.objects.order_by("account_id")
    assert (mine.account, mine.takes, mine.percent) == (desk.account, 2, D(25))
    assert (mine.quoted_credits, mine.reported_credits) == (price * 200, price * 250)
    assert (others.account, others.takes, others.percent) == (other, 1, 0)
    assert mine.route_key == take.quote_json["route"] and not mine.is_past_threshold


def test_fal_units_and_amounts_that_say_nothing_are_told_apart(desk, prices, price, later):
    take = end(desk, "5", currency="fal_unit")
    end(desk, "3", currency="yuan"), end(desk)

    lifecycle.check_drift(later)

    reading = DriftReading.objects.get()
    assert (reading.takes, reading.silent_takes) == (1, 2)
    assert reading.reported_credits == take.hold_credits and reading.percent == 0


def test_what_a_failure_cost_is_no_price_and_what_nobody_knows_is_listed(desk, prices, price, later):
    end(desk, price)
    end(desk, price * 3, to=Status.FAILED)
    unknown = [end(desk, to=Status.FAILED), end(desk, to=Status.CANCELED)]
    end(desk, to=Status.CANCELED, task=False)  # was never sent
    given_up = end(desk, to=Status.FAILED, task=False)
    desk.attempt(given_up, sent_at=timezone.now(), closed_at=timezone.now(), outcome="given_up")

    lifecycle.check_drift(later)

    reading = DriftReading.objects.get()
    assert (reading.takes, reading.percent) == (1, 0)
    assert reading.unknown_takes == [take.number for take in (*unknown, given_up)]


def test_it_counts_once_a_day_and_goes_on_where_it_ended(desk, prices, price, later):
    end(desk, price)
    lifecycle.check_drift(later)
    lifecycle.check_drift(later + timedelta(minutes=1))
    late = end(desk, price)
    Generation.objects.filter(pk=late.pk).update(finished_at=later)

    lifecycle.check_drift(later + DAY)

    first, second = DriftCheck.objects.order_by("day")
    assert first.until == second.since
    assert [reading.takes for reading in DriftReading.objects.order_by("day")] == [1, 1]


def test_a_take_that_has_just_ended_is_counted_the_next_day(desk, prices, price):
    end(desk, price)
    now = timezone.now()

    lifecycle.check_drift(now)
    assert not DriftReading.objects.exists()
    lifecycle.check_drift(now + DAY)

    assert DriftReading.objects.get().takes == 1


def test_past_the_threshold_administrators_are_told_once(desk, prices, price, later, settings):
    settings.LIFECYCLE = {**settings.LIFECYCLE, "drift_takes": 2, "drift_percent": 5}
    chief = make_user(is_superuser=True)
    end(desk, price), end(desk, price * D("1.2"))

    assert lifecycle.check_drift(later) == 1
    assert lifecycle.check_drift(later) == 0

    mails = Mail.objects.all()
    assert {mail.to for mail in mails} == {chief, desk.member.user} and len(mails) == 2
    assert "2 takes were quoted" in mails[0].text and "(+10%)" in mails[0].text
    event = AuditEvent.objects.get(verb="price_drift")
    assert event.target_id == str(desk.account.public_id) and "+10%" in event.facts["said"]
    assert not ClosedRoute.objects.exists()
    assert lifecycle.quote(team=desk.team, recipe=desk.recipe, now=later).quotes


@pytest.mark.parametrize(("takes", "percent"), [(1, 50), (2, 4)])
def test_few_takes_or_little_drift_disturb_nobody(desk, prices, price, later, settings, takes, percent):
    settings.LIFECYCLE = {**settings.LIFECYCLE, "drift_takes": 2, "drift_percent": 5}
    for _ in range(takes):
        end(desk, price * (100 + percent) / 100)

    assert lifecycle.check_drift(later) == 0

    assert not Mail.objects.exists() and not AuditEvent.objects.filter(verb="price_drift").exists()


def test_a_route_closes_where_the_account_says_so_and_opens_again(desk, prices, price, later):
    end(desk, price)
    desk.account.pauses_on_drift = True
    desk.account.save()
    prices.says("read_list_price", ListPrice(D("1000"), "usd", "call"))

    lifecycle.check_drift(later)

    closed = ClosedRoute.objects.get()
    (blocked,) = lifecycle.quote(team=desk.team, recipe=desk.recipe, now=later).blocked
    assert blocked.is_closed and blocked.reason == closed.reason and "has drifted" in blocked.reason
    with pytest.raises(lifecycle.RouteClosed, match="has drifted"):
        desk.take()
    assert "The route is closed" in Mail.objects.get().text
    lifecycle.open_route(closed, now=later, actor_id=desk.member.user.pk)
    assert desk.take()
    with pytest.raises(lifecycle.AlreadySo):
        lifecycle.open_route(closed, now=later, actor_id=None)


def test_a_route_that_is_closed_leaves_the_others_open(desk, later):
    take = desk.take()
    other = make_account(desk.team)
    lifecycle.close_route(
        desk.account, take.quote_json["route"], reason="We talk about its price.", now=later, actor_id=None
    )

    offer = lifecycle.quote(team=desk.team, recipe=desk.recipe, now=later)

    assert [quote.account_id for quote in offer.quotes] == [other.pk]
    with pytest.raises(lifecycle.AlreadySo, match="We talk about its price"):
        lifecycle.close_route(desk.account, take.quote_json["route"], reason="Again", now=later, actor_id=None)
    with pytest.raises(lifecycle.NoSuchRoute):
        lifecycle.close_route(other, "kling:kling-v1:text_to_video:std", reason="Not its own", now=later, actor_id=None)


def test_the_list_price_is_compared_for_the_whole_take_or_for_its_unit(desk, prices, price, later):
    take = end(desk, price)
    rule = take.price_rule
    prices.says("read_list_price", ListPrice(rule.amount * 2, "usd", "seconds"))

    assert lifecycle.check_drift(later) == 1

    reading = DriftReading.objects.get()
    assert (reading.list_usd, reading.our_usd, reading.list_percent) == (rule.amount * 2, rule.amount, 100)
    (asked,) = prices.about("read_list_price")
    assert asked.task.recipe == take.recipe and asked.task.files == ()
    assert "The provider asks for 0.56 US dollars per seconds; our price is 0.28 (+100%)." in Mail.objects.get().text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (ListPrice(D(1), "eur", "second"), "eur"),
        (ListPrice(D(1), "usd", "megapixel"), "megapixel"),
        (Unreachable("fal does not answer.", provider="fal"), "fal does not answer."),
    ],
)
def test_a_list_price_that_cannot_be_compared_says_why_and_alarms_nobody(desk, prices, price, later, answer, words):
    end(desk, price)
    prices.says("read_list_price", answer)

    assert lifecycle.check_drift(later) == 0

    reading = DriftReading.objects.get()
    assert words in reading.list_problem and reading.list_percent is None
    assert isinstance(answer, ListPrice) or answer.retry == Retry.LATER


def test_a_crash_after_the_count_is_made_up_for(desk, prices, price, later, monkeypatch):
    end(desk, price)
    prices.says("read_list_price", ListPrice(D("1000"), "usd", "call"))
    monkeypatch.setattr("generations.lifecycle.drift.read_list_prices", stop)
    with pytest.raises(SystemExit):
        lifecycle.check_drift(later)
    monkeypatch.undo()
    monkeypatch.setitem(ADAPTERS, "fal", type("Telling", (Telling,), {"script": prices}))

    assert lifecycle.check_drift(later + DAY) == 1

    assert DriftReading.objects.get().is_past_threshold


def stop(*_):
    raise SystemExit
