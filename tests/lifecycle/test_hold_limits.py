"""Every hold ends: by a stated rule where nothing else ends it, and a charge that comes later is booked apart."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from generations import catalog, lifecycle
from generations.choices import Provider, Role
from generations.models import Approval, AuditEvent, CallbackReceipt, Generation, GenerationEvent, Status
from generations.providers import Busy, Cost, Failed, Garbled, Operation, Unreachable
from tests.fakes import finished
from tests.make import make_member
from tests.road import status_of

DAY = timedelta(days=1)
RULE = catalog.load().last_charge["fal"].days * DAY


def unclear(road, days_ago, account=None):
    """A take whose submit left so many days ago, and of which nothing was heard."""
    sent_at = timezone.now() - days_ago
    take = road.take(account=account or road.account)
    road.attempt(take, sent_at=sent_at)
    return road.put(take, status=Status.UNCERTAIN, due_at=None, created_at=sent_at)


def taken(road, days_ago, **facts):
    """A take that the provider took so many days ago and has not ended."""
    sent_at = timezone.now() - days_ago
    take = road.running(**{"status": Status.UNCERTAIN, "due_at": None, "created_at": sent_at, **facts})
    take.attempts.update(sent_at=sent_at)
    return road.put(take, submitted_at=sent_at)


def let_time_pass(take, days):
    """As if a take had been asked about so many days ago."""
    for event in GenerationEvent.objects.filter(generation=take, kind="asked_at_end"):
        event.happened_at -= days
        event.save()


def release():
    return lifecycle.release_timed_out(timezone.now())


# The rules


def test_every_provider_has_a_rule_with_where_it_comes_from():
    rules = catalog.load().last_charge

    assert set(rules) == set(Provider.values)
    for rule in rules.values():
        assert 1 <= rule.days <= 30
        assert rule.source.startswith("Our own rule:"), "no source states one; say so when one does"


def test_every_state_with_a_hold_has_an_end(road):
    now = timezone.now()
    for status in Status:
        take = unclear(road, DAY)
        road.put(take, status=status, finished_at=now, provider_task_id=f"job-{take.pk}", results_expire_at=now + DAY)
        if status == Status.AWAITING_APPROVAL:
            Approval.objects.create(generation=take, why="", asked_at=now, expires_at=now + DAY)

        assert (lifecycle.end_of_hold(take) is None) == take.is_terminal, status
        lifecycle_end(road, take)


def lifecycle_end(road, take):
    """Settle a take whose status was put there, for the books."""
    road.put(take, status=Status.RUNNING)
    lifecycle.finish(take, to=Status.FAILED, charged=Decimal(0), now=timezone.now())


def test_what_waits_for_approval_ends_with_it(desk):
    desk.project.approval_above_credits = Decimal(1)
    desk.project.save()
    take = desk.take(member=make_member(desk.team, Role.CREATOR))

    assert lifecycle.end_of_hold(take) == take.approval.expires_at


def test_what_may_be_at_the_provider_ends_by_its_rule_from_when_it_was_sent(road, script):
    take = unclear(road, DAY)

    assert lifecycle.end_of_hold(take) == take.attempts.get().sent_at + RULE


# Not confirmed


def test_before_its_time_nothing_is_asked_or_returned(road, script):
    take = unclear(road, RULE - timedelta(hours=1))

    assert release() == 0

    assert status_of(take) == Status.UNCERTAIN
    assert road.held == take.hold_credits
    assert script.calls == []


def test_what_nobody_can_be_asked_about_ends_with_its_hold_returned(road, script):
    take = unclear(road, RULE)

    assert release() == 1
    assert release() == 0

    assert status_of(take) == Status.FAILED
    assert road.is_released(take)
    assert take.failure_code == lifecycle.TIMED_OUT
    assert f"neither confirmed nor finished this take in {RULE.days} days" in take.failure_public
    assert take.attempts.get().outcome == "uncertain"
    assert take.events.get(kind="failed").note == take.failure_public
    assert AuditEvent.objects.get(verb="hold_timed_out").target_id == str(take.public_id)


def test_it_is_asked_about_once_more_and_goes_on_where_it_is_found(kling_road, asked):
    take = unclear(kling_road, RULE)
    asked.says("find", Operation("job-9"))

    assert release() == 0

    assert status_of(take) == Status.RUNNING
    assert take.provider_task_id == "job-9"
    assert kling_road.held == take.hold_credits


def test_it_ends_where_the_provider_does_not_find_it(kling_road, asked):
    take = unclear(kling_road, RULE)

    assert release() == 1

    assert asked.about("find") == [take.our_id]
    assert kling_road.is_released(take)
    assert take.attempts.get().evidence["lookups"][-1]["how"] == "our_id"


def test_while_the_provider_cannot_be_asked_the_hold_stays_until_twice_the_time(kling_road, asked):
    take = unclear(kling_road, RULE)
    asked.says("find", *[Unreachable("The provider does not answer.", provider="kling")] * 2)

    assert release() == release() == 0, "and it is asked once a day"
    assert asked.count("find") == 1
    assert status_of(take) == Status.UNCERTAIN
    event = take.events.get(kind="asked_at_end")
    assert "does not answer" in event.note
    assert lifecycle.end_of_hold(take) == event.happened_at + DAY

    let_time_pass(take, DAY)
    take.attempts.update(sent_at=timezone.now() - 2 * RULE)

    assert release() == 1
    assert asked.count("find") == 2
    assert kling_road.is_released(take)


# Taken, and never ended


def test_a_job_that_is_done_after_all_is_brought_home(road, script):
    take = taken(road, RULE)
    script.says("follow", finished("https://files.test/film.mp4"))

    assert release() == 0

    assert status_of(take) == Status.INGESTING
    assert road.held == take.hold_credits


def test_a_job_that_has_failed_is_settled_on_what_it_cost(road, script):
    take = taken(road, RULE)
    script.says("follow", Failed("timeout", "Too long.", Cost(Decimal(0), "fal_unit")))

    assert release() == 0

    assert status_of(take) == Status.FAILED
    assert take.failure_code == "timeout"
    assert road.is_released(take)


def test_a_job_that_is_still_being_made_keeps_its_hold_until_twice_the_time(road, script):
    take = taken(road, RULE)

    assert release() == 0
    assert status_of(take) == Status.UNCERTAIN
    assert road.held == take.hold_credits
    assert "is still making it" in take.events.get(kind="asked_at_end").note

    let_time_pass(take, DAY)
    take.attempts.update(sent_at=timezone.now() - 2 * RULE)
    assert release() == 1
    assert road.is_released(take)


@pytest.mark.parametrize("status", [Status.RUNNING, Status.UNCERTAIN])
def test_a_job_that_the_provider_does_not_know_any_more_is_let_go(road, script, status):
    take = taken(road, RULE, status=status)
    script.says("follow", Garbled("fal does not know it.", provider="fal", status=404))

    assert release() == 1

    assert road.is_released(take)
    assert take.failure_code == lifecycle.TIMED_OUT


def test_a_busy_provider_has_not_answered(road, script):
    take = taken(road, RULE)
    script.says("follow", Busy("Later.", provider="fal"))

    assert release() == 0
    assert road.held == take.hold_credits


def test_the_clocks_minute_does_it(road, script):
    take = unclear(road, RULE)

    lifecycle.tend_books(timezone.now())

    assert status_of(take) == Status.FAILED


# What comes later


def late(road, script, charged):
    """A take of which the provider speaks after its hold went back, and which was then brought home."""
    take = taken(road, RULE)
    script.says("follow", Garbled("fal does not know it.", provider="fal", status=404))
    release()
    take.refresh_from_db()
    script.says("follow", *[finished("https://files.test/film.mp4")] * 2)
    facts = {"task_id": take.provider_task_id, "reason": "It is there.", "now": timezone.now(), "actor_id": None}
    assert lifecycle.recover(take, **facts)
    assert status_of(take) == Status.INGESTING
    lifecycle.finish(take, to=Status.DONE, charged=charged, now=timezone.now())
    return take


def test_a_charge_that_comes_later_is_an_overrun(road, script):
    take = late(road, script, charged=Decimal(90))

    assert status_of(take) == Status.DONE
    assert take.charged_credits == 90
    assert road.balances() == {"held": 0, "spent": 90, "shortfall": 90}


def test_word_of_it_shows_it_to_who_decides(road, script):
    take = taken(road, RULE)
    script.says("follow", Garbled("fal does not know it.", provider="fal", status=404))
    release()
    take.refresh_from_db()

    CallbackReceipt.objects.create(
        account=road.account,
        generation=take,
        delivery_id="d-1",
        task_id=take.provider_task_id,
        body_sha256="0" * 64,
        received_at=timezone.now(),
    )

    assert list(lifecycle.heard_of_late(Generation.objects.all())) == [take]


# In line


def test_what_nobody_sends_for_a_week_leaves_the_line(desk):
    week = 7 * DAY
    old, young = desk.take(), desk.take()
    desk.put(old, created_at=timezone.now() - week)
    desk.put(young, created_at=timezone.now() - week + timedelta(hours=1))
    assert lifecycle.end_of_hold(young) == young.created_at + week

    assert release() == 1

    assert desk.is_released(old)
    assert (old.status, old.failure_code) == (Status.FAILED, lifecycle.LEFT_IN_LINE)
    assert status_of(young) == Status.QUEUED


def test_a_take_that_came_back_in_line_waits_from_then_on(desk):
    take = desk.put(desk.take(), created_at=timezone.now() - 20 * DAY)
    take.log(Status.QUEUED)

    assert release() == 0
    assert lifecycle.end_of_hold(take) == take.events.get().happened_at + 7 * DAY
