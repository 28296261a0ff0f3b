"""Asking the provider how a take stands: when to ask again, and what each answer leads to."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from redis import Redis
from rq import Queue

from generations import lifecycle
from generations.models import Status
from generations.providers import Busy, Callback, Cost, Failed, Garbled, Misconfigured, Pending, Rejected, Unreachable
from tests.fakes import finished
from tests.road import pause_of, seconds_until, status_of

SAID = {"provider": "fal"}
NO_MATTER = "an answer"


@pytest.fixture(autouse=True)
def usual_pace(settings):
    settings.LIFECYCLE = {**settings.LIFECYCLE, "poll_min_seconds": 2.0}


def ago(seconds):
    return timezone.now() - timedelta(seconds=seconds)


# Not finished


def test_a_pending_take_is_asked_about_again_later(road, script):
    take = road.running()
    script.says("follow", Pending(rendering=True))

    road.follow()

    assert status_of(take) == Status.RUNNING
    assert script.count("follow") == 1
    assert pause_of(take) > 1
    assert (take.lease_until, take.is_rendering, take.provider_position) == (None, True, None)


def test_the_place_in_the_providers_line_is_shown(road, script):
    take = road.running()
    script.says("follow", Pending(rendering=False, position=12))

    road.follow()

    take.refresh_from_db()
    assert (take.is_rendering, take.provider_position) == (False, 12)


def test_the_pause_is_short_around_the_usual_time_and_grows_after_it(road, script):
    pauses = []
    for age in (19, 55, 200, 1_000, 10_000):
        take = road.running(submitted_at=ago(age))
        road.follow()
        pauses.append(round(pause_of(take)))

    assert pauses == [2, 2, 10, 50, 60]


def test_many_at_once_are_followed_in_one_go(road, script):
    takes = [road.running() for _ in range(30)]

    road.follow()

    assert script.count("follow") == 30
    assert all(pause_of(take) > 1 for take in takes)


def test_a_batch_touches_only_takes_whose_lease_is_still_ours(road, script):
    take, other = road.running(), road.running()

    def somebody_takes_over(operation):
        road.put(take, lease_token=99, lease_until=timezone.now() + timedelta(seconds=50))
        return Pending(rendering=True)

    script.says("follow", somebody_takes_over)
    road.follow()

    take.refresh_from_db()
    assert (take.lease_token, take.is_rendering) == (99, False)
    assert take.lease_until is not None
    other.refresh_from_db()
    assert other.is_rendering


def test_a_webhook_during_the_question_keeps_the_take_due(road, script):
    take = road.running()

    def hear(operation):
        callback = Callback("delivery-1", operation.task_id, verified=True)
        lifecycle.wake(
            account=road.account, generation=take, callback=callback, body_sha256="0" * 64, now=timezone.now()
        )
        return Pending(rendering=True)

    script.says("follow", hear)
    road.follow()

    assert script.count("follow") == 2


def test_a_take_that_is_out_for_a_day_waits_for_a_person_with_its_hold(road, script):
    take = road.running(submitted_at=ago(24 * 3600 + 5))

    road.follow()
    before = script.count("follow")
    for _ in range(3):
        lifecycle.tick()
        road.follow()

    assert status_of(take) == Status.UNCERTAIN
    assert take.due_at is None
    assert "day" in take.waiting_for
    assert script.count("follow") == before == 1
    assert road.held == take.hold_credits


# Finished


def test_a_finished_take_is_brought_home_next(road, script):
    take = road.running()
    script.says("follow", finished("https://files.test/a.mp4", cost=Cost(Decimal(5), "fal_unit")))

    road.follow()

    assert status_of(take) == Status.INGESTING
    assert [output["url"] for output in take.outputs_json] == ["https://files.test/a.mp4"]
    assert take.provider_cost_json == {"amount": "5", "currency": "fal_unit"}
    assert take.provider_done_at is not None
    assert seconds_until(take.due_at) <= 0
    assert road.held == take.hold_credits


def test_an_answer_about_a_take_that_went_on_is_dropped(road, script):
    take = road.running()

    def somebody_was_faster(operation):
        road.put(take, lease_token=99, lease_until=None)
        return finished("https://files.test/a.mp4")

    script.says("follow", somebody_was_faster)
    road.follow()

    assert status_of(take) == Status.RUNNING
    assert take.outputs_json == []


# Failed


@pytest.mark.parametrize(
    ("charged", "share"),
    [(None, 0), (Cost(Decimal(0), "fal_unit"), 0), (Cost(Decimal(2), "fal_unit"), Decimal("0.4"))],
    ids=["unknown", "nothing", "two of five seconds"],
)
def test_a_failure_costs_what_the_provider_says_it_charged(road, script, charged, share):
    take = road.running()
    script.says("follow", Failed("internal_error", "the runner broke", charged))

    road.follow()

    assert status_of(take) == Status.FAILED
    assert take.charged_credits == take.hold_credits * share
    assert road.balances() == {"held": 0, "spent": take.charged_credits, "shortfall": 0}
    assert "the runner broke." in take.failure_public
    assert (take.failure_code, take.failure_provider_words) == ("internal_error", "the runner broke")


def test_a_refusal_by_the_content_rules_says_what_to_change(road, script):
    take = road.running()
    script.says("follow", Failed("content_policy_violation", "not that", None, moderated=True))

    road.follow()

    assert status_of(take) == Status.FAILED
    assert "content rules" in take.failure_public
    assert "Change the prompt" in take.failure_public
    assert road.is_released(take)


def test_a_very_long_reason_is_shortened(road, script):
    take = road.running()
    script.says("follow", Failed("internal_error", "why " * 500, None))

    road.follow()

    assert status_of(take) == Status.FAILED
    assert len(take.failure_public) <= 400


# No answer


@pytest.mark.parametrize("kind", [Unreachable, Garbled, Busy, Misconfigured])
def test_a_question_that_fails_is_asked_again_and_ends_nothing(road, script, kind):
    take = road.running()
    script.says("follow", *[kind("fal sent an answer that cannot be used.", **SAID) for _ in range(6)])

    waits = []
    for _ in range(6):
        road.follow()
        waits.append(pause_of(take))
        assert take.waiting_for == "fal sent an answer that cannot be used."
        road.due(take)

    assert waits == [1, 2, 4, 8, 16, 32]
    road.follow()
    assert status_of(take) == Status.RUNNING
    assert (take.tries, take.waiting_for) == (0, "")
    assert road.held == take.hold_credits


def test_a_busy_provider_is_asked_again_when_it_says(road, script):
    take = road.running()
    script.says("follow", Busy("fal asks us to wait.", retry_after_seconds=33, **SAID))

    road.follow()

    assert pause_of(take) == 33


def test_a_provider_that_denies_the_take_leaves_it_to_a_person(road, script):
    take = road.running()
    script.says("follow", Rejected("fal does not know this.", **SAID))

    road.follow()

    assert status_of(take) == Status.UNCERTAIN
    assert take.due_at is None
    assert road.held == take.hold_credits


def test_a_defect_of_ours_with_one_take_does_not_stop_the_others(road, script):
    broken, well = road.running(), road.running()
    script.says("follow", ValueError("a bug"), Pending(rendering=True))

    road.follow()

    assert sorted(take.is_rendering for take in (broken, well) if take.refresh_from_db() is None) == [False, True]
    assert status_of(broken) == Status.RUNNING


def test_an_answer_that_cannot_be_written_does_not_lose_the_others(road, script, monkeypatch):
    from generations.lifecycle import follow

    takes = [road.running() for _ in range(3)]
    script.says("follow", *[Failed("internal_error", NO_MATTER, None) for _ in range(3)])
    real = follow.failed

    def failed(generation, *args):
        if generation.pk == takes[0].pk:
            raise ValueError("a bug")
        return real(generation, *args)

    monkeypatch.setattr(follow, "failed", failed)
    road.follow()

    assert [status_of(take) for take in takes] == [Status.RUNNING, Status.FAILED, Status.FAILED]


def test_a_finished_take_that_cannot_be_written_does_not_lose_the_others(road, script, monkeypatch):
    from generations.lifecycle import follow

    takes = [road.running() for _ in range(3)]
    script.says("follow", *[finished("https://files.test/a.mp4") for _ in range(3)])
    together, alone = follow.ingesting_each, follow.ingesting

    def ingesting_each(answers):
        together(answers)
        raise ValueError("a bug")

    def ingesting(generation, answer):
        if generation.pk == takes[0].pk:
            raise ValueError("a bug")
        return alone(generation, answer)

    monkeypatch.setattr(follow, "ingesting_each", ingesting_each)
    monkeypatch.setattr(follow, "ingesting", ingesting)
    road.follow()

    assert [status_of(take) for take in takes] == [Status.RUNNING, Status.INGESTING, Status.INGESTING]


def test_many_finished_takes_keep_each_its_own_result(road, script):
    takes = [road.running() for _ in range(5)]
    costs = {take.provider_task_id: Cost(Decimal(take.pk), "fal_unit") for take in takes[:4]}

    def answer(operation):
        return finished(f"https://files.test/{operation.task_id}.mp4", cost=costs.get(operation.task_id))

    script.says("follow", *[answer] * 5)
    road.follow()

    for take in takes:
        assert status_of(take) == Status.INGESTING
        assert take.outputs_json[0]["url"] == f"https://files.test/{take.provider_task_id}.mp4"
        assert [event.kind for event in take.events.order_by("pk")][-1] == Status.INGESTING
    assert [take.provider_cost_json for take in takes] == [
        *({"amount": str(take.pk), "currency": "fal_unit"} for take in takes[:4]),
        None,
    ]


# Order and turns


def test_what_a_webhook_told_of_is_asked_first(road, script, monkeypatch):
    monkeypatch.setattr(lifecycle.FollowPump, "at_once", 1)
    waiting = [road.running(due_at=ago(30)) for _ in range(2)]
    woken = road.running(due_at=ago(1), woken_at=ago(1))

    road.follow()

    asked = [operation.task_id for operation in script.about("follow")]
    assert asked[0] == woken.provider_task_id
    assert set(asked[1:]) == {take.provider_task_id for take in waiting}


def test_a_turn_that_ends_with_work_left_asks_for_the_next_one(road, script, settings):
    settings.LIFECYCLE = {**settings.LIFECYCLE, "poll_min_seconds": 0.05}
    road.running(submitted_at=ago(15))

    with Redis.from_url(settings.REDIS_URL) as client:
        client.flushall()
        road.follow(seconds=0.3)
        jobs = [job.func_name for job in Queue("follow", connection=client).jobs]

    assert script.count("follow") > 1
    assert jobs == ["generations.jobs.follow"]


# Cancel


def test_a_cancel_is_sent_once_and_settled_on_the_providers_end(road, script):
    take = road.running()
    lifecycle.cancel(generation=take, member=road.member, now=timezone.now())

    for _ in range(3):
        road.due(take)
        road.follow()

    assert script.count("cancel") == 1
    assert status_of(take) == Status.RUNNING
    assert take.cancel_sent_at is not None
    assert road.held == take.hold_credits

    script.says("follow", Failed("client_cancelled", "Request was cancelled", Cost(Decimal(0), "fal_unit")))
    road.due(take)
    road.follow()
    assert status_of(take) == Status.CANCELED
    assert road.is_released(take)


def test_a_cancel_that_came_too_late_is_a_take_all_the_same(road, script):
    take = road.running()
    lifecycle.cancel(generation=take, member=road.member, now=timezone.now())
    script.says("cancel", False)
    script.says("follow", finished("https://files.test/a.mp4"))

    road.follow()

    assert status_of(take) == Status.INGESTING
    assert road.held == take.hold_credits


def test_a_cancel_that_cannot_be_sent_does_not_stop_the_following(road, script):
    take = road.running()
    lifecycle.cancel(generation=take, member=road.member, now=timezone.now())
    script.says("cancel", Unreachable("fal could not be reached.", **SAID))

    road.follow()
    take.refresh_from_db()
    assert (script.count("follow"), take.cancel_sent_at) == (1, None)

    road.due(take)
    road.follow()
    take.refresh_from_db()
    assert (script.count("cancel"), take.cancel_sent_at is not None) == (2, True)


def test_a_cancel_makes_a_running_take_due_at_once(road, script):
    take = road.running(due_at=timezone.now() + timedelta(seconds=50))

    lifecycle.cancel(generation=take, member=road.member, now=timezone.now())
    road.follow()

    assert script.count("cancel") == 1


def test_the_pump_ends_when_nothing_is_due_soon(road, script):
    import time

    road.running(due_at=Now() + timedelta(seconds=30))
    begin = time.monotonic()

    road.follow(seconds=20)

    assert time.monotonic() - begin < 3
    assert script.calls == []
