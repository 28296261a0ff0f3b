"""Unclear takes: what counts as an answer to "did you take it?", and what does not."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from generations import lifecycle, providers
from generations.errors import Refused
from generations.lifecycle import reconcile
from generations.models import ProviderAccount, Status
from generations.providers import Busy, Callback, Candidate, Garbled, Misconfigured, Operation, Unreachable
from tests.make import make_recipe
from tests.road import seconds_until, status_of

SAID = {"provider": "kling"}


@pytest.fixture
def unclear(kling_road):
    """A take on Kling that was sent a minute ago without an answer, due for a lookup."""
    return _unclear(kling_road)


def _unclear(road, **attempt):
    take = road.put(road.take(), status=Status.UNCERTAIN, due_at=Now(), lease_token=1)
    road.attempt(take, **({"sent_at": Now() - timedelta(seconds=61)} | attempt))
    return take


def hear(road, take, task_id, delivery="delivery-1", **facts):
    callback = Callback(delivery, task_id, verified=True)
    return lifecycle.wake(
        account=road.account, generation=take, callback=callback, body_sha256="0" * 64, now=timezone.now(), **facts
    )


def ask_until_nothing_is_due(road, take):
    asked = 0
    while status_of(take) == Status.UNCERTAIN and take.due_at:
        road.put(take, due_at=Now(), lease_until=None)
        road.follow()
        asked += 1
        assert asked < 20
    return asked


# By our own number


def test_what_the_provider_finds_by_our_number_is_followed(kling_road, asked, unclear):
    asked.says("find", Operation("task-9", {"x": 1}))

    kling_road.follow()

    assert status_of(unclear) == Status.RUNNING
    assert unclear.provider_task_id == "task-9"
    assert unclear.attempts.get().outcome == "found"
    assert asked.about("find") == [unclear.our_id]
    assert asked.count("submit") == 0
    assert kling_road.held == unclear.hold_credits


def test_not_found_proves_nothing_on_this_route(kling_road, asked, unclear):
    times = ask_until_nothing_is_due(kling_road, unclear)

    assert times == asked.count("find") > 2
    assert status_of(unclear) == Status.UNCERTAIN
    assert "person" in unclear.waiting_for
    assert unclear.attempts.get().absent_count == asked.count("find")
    assert asked.count("submit") == 0
    assert kling_road.held == unclear.hold_credits


def test_it_is_asked_less_and_less_often(kling_road, asked, unclear):
    waits = []
    for _ in range(4):
        kling_road.follow()
        unclear.refresh_from_db()
        waits.append(round(seconds_until(unclear.due_at)))
        kling_road.due(unclear)

    assert waits == [5, 15, 60, 60]


def test_absence_counts_when_the_route_promises_it_and_it_was_asked_twice(kling_road, trusted, unclear):
    kling_road.follow()
    assert status_of(unclear) == Status.UNCERTAIN

    kling_road.due(unclear)
    kling_road.follow()

    assert status_of(unclear) == Status.QUEUED
    assert unclear.attempts.get().outcome == "absent"
    kling_road.send()
    assert [task.our_id for task in trusted.about("submit")] == [unclear.our_id], "sent again with the same number"
    assert status_of(unclear) == Status.RUNNING
    assert unclear.attempts.count() == 2


def test_absence_does_not_count_before_the_stated_time(kling_road, trusted):
    unclear = _unclear(kling_road, sent_at=Now())

    for _ in range(3):
        kling_road.follow()
        kling_road.due(unclear)

    assert trusted.count("find") == 3
    assert status_of(unclear) == Status.UNCERTAIN
    assert unclear.attempts.get().absent_count == 0


def test_both_absences_must_be_later_than_that(kling_road, trusted):
    unclear = _unclear(kling_road, sent_at=Now())
    kling_road.follow()
    unclear.attempts.update(sent_at=Now() - timedelta(seconds=61))

    kling_road.due(unclear)
    kling_road.follow()
    assert status_of(unclear) == Status.UNCERTAIN, "the first was too early to count"

    kling_road.due(unclear)
    kling_road.follow()
    assert status_of(unclear) == Status.QUEUED


@pytest.mark.parametrize("kind", [Unreachable, Garbled, Busy, Misconfigured])
def test_a_lookup_that_fails_is_not_an_absence(kling_road, trusted, unclear, kind):
    trusted.says("find", *[kind("No answer.", **SAID) for _ in range(3)])

    for _ in range(3):
        kling_road.follow()
        kling_road.due(unclear)

    assert status_of(unclear) == Status.UNCERTAIN
    assert unclear.attempts.get().absent_count == 0
    assert trusted.count("submit") == 0


def test_a_job_that_another_take_holds_is_not_bound(kling_road, asked, unclear):
    other = kling_road.running(provider_task_id="task-9", due_at=None)
    asked.says("find", Operation("task-9"))

    kling_road.follow()

    assert status_of(unclear) == Status.UNCERTAIN
    assert unclear.provider_task_id is None
    assert unclear.attempts.get().closed_at is None
    assert status_of(other) == Status.RUNNING


def test_a_cancel_ends_what_the_provider_never_took(kling_road, trusted, unclear):
    lifecycle.cancel(generation=unclear, member=kling_road.member, now=timezone.now())
    for _ in range(2):
        kling_road.follow()
        kling_road.put(unclear, due_at=Now()) if status_of(unclear) == Status.UNCERTAIN else None

    assert status_of(unclear) == Status.CANCELED
    assert kling_road.is_released(unclear)


def test_credentials_that_no_key_opens_leave_the_question_open(kling_road, asked, unclear):
    ProviderAccount.objects.update(credentials_encrypted="not a token")

    kling_road.follow()

    assert status_of(unclear) == Status.UNCERTAIN
    assert 4 < seconds_until(unclear.due_at) <= 5
    assert asked.calls == []


def test_a_hint_outweighs_a_second_absence(kling_road, trusted, unclear):
    kling_road.follow()
    kling_road.due(unclear)
    trusted.says("find", lambda our_id: hear(kling_road, unclear, "task-9") and None)

    kling_road.follow()

    assert status_of(unclear) == Status.RUNNING
    assert unclear.provider_task_id == "task-9"
    assert trusted.count("submit") == 0


# By a webhook's hint


@pytest.fixture
def unclear_on_fal(road):
    return _unclear(road)


def test_a_hint_is_bound_after_a_read_with_our_key(road, script, unclear_on_fal):
    assert hear(road, unclear_on_fal, "task-3")

    road.follow()

    assert status_of(unclear_on_fal) == Status.RUNNING
    assert unclear_on_fal.provider_task_id == "task-3"
    assert unclear_on_fal.attempts.get().outcome == "found"
    assert script.about("follow")[0] == Operation("task-3")
    assert script.count("submit") == 0


def test_a_hint_wakes_a_take_that_waits_for_a_person(road, script, unclear_on_fal):
    road.follow()
    assert status_of(unclear_on_fal) == Status.UNCERTAIN
    assert unclear_on_fal.due_at is None

    hear(road, unclear_on_fal, "task-3")
    road.follow()

    assert status_of(unclear_on_fal) == Status.RUNNING


def test_a_hint_that_the_provider_does_not_know_is_refused(road, script, unclear_on_fal):
    script.says("follow", Garbled("fal sent an answer that cannot be used.", provider="fal", status=404))
    hear(road, unclear_on_fal, "task-of-a-stranger")

    road.follow()

    assert status_of(unclear_on_fal) == Status.UNCERTAIN
    evidence = unclear_on_fal.attempts.get().evidence
    assert evidence["refused_hint"] == "task-of-a-stranger"
    assert "hint_task_id" not in evidence


def test_the_true_hint_after_a_false_one_is_bound(road, script, unclear_on_fal):
    script.says("follow", Garbled("fal sent an answer that cannot be used.", provider="fal", status=404))
    hear(road, unclear_on_fal, "task-of-a-stranger")
    road.follow()

    hear(road, unclear_on_fal, "task-3", "delivery-2")
    road.due(unclear_on_fal)
    road.follow()

    assert status_of(unclear_on_fal) == Status.RUNNING
    assert unclear_on_fal.provider_task_id == "task-3"


def test_a_hint_that_could_not_be_checked_is_kept(road, script, unclear_on_fal):
    script.says("follow", Unreachable("fal could not be reached.", provider="fal"))
    script.says("follow", Garbled("fal sent an answer that cannot be used.", provider="fal", status=502))
    hear(road, unclear_on_fal, "task-3")

    for _ in range(3):
        road.put(unclear_on_fal, due_at=Now(), lease_until=None)
        road.follow()

    assert status_of(unclear_on_fal) == Status.RUNNING
    assert unclear_on_fal.provider_task_id == "task-3"


def test_a_hint_to_another_takes_job_is_refused(road, script, unclear_on_fal):
    other = road.running(provider_task_id="task-3", due_at=None)
    hear(road, unclear_on_fal, "task-3")

    road.follow()

    assert status_of(unclear_on_fal) == Status.UNCERTAIN
    assert unclear_on_fal.attempts.get().evidence["refused_hint"] == "task-3"
    assert status_of(other) == Status.RUNNING


def test_where_our_number_can_be_asked_a_refused_hint_is_followed_by_that(kling_road, asked, unclear):
    asked.says("follow", Garbled("Kling sent an answer that cannot be used.", provider="kling", status=404))
    asked.says("find", Operation("task-9"))
    hear(kling_road, unclear, "task-of-a-stranger")

    kling_road.follow()
    kling_road.due(unclear)
    kling_road.follow()

    assert status_of(unclear) == Status.RUNNING
    assert unclear.provider_task_id == "task-9"


def test_a_hint_that_came_while_a_lookup_ran_is_not_lost(kling_road, asked, unclear):
    asked.says("find", lambda our_id: hear(kling_road, unclear, "task-9") and None)

    kling_road.follow()
    kling_road.put(unclear, due_at=Now(), lease_until=None)
    kling_road.follow()

    assert status_of(unclear) == Status.RUNNING
    assert unclear.provider_task_id == "task-9"


def test_a_hint_that_came_as_a_lookup_ended_makes_it_look_again_at_once(road, script, unclear_on_fal):
    """Between "nothing to ask" and writing that down."""
    lookups = reconcile.claim_lookups({road.account.pk: road.account}, 5)
    assert lookups == []
    hear(road, unclear_on_fal, "task-3")

    road.put(unclear_on_fal, lease_until=None)
    road.follow()

    assert status_of(unclear_on_fal) == Status.RUNNING


def test_a_job_without_our_own_number_is_refused_though_our_key_reads_it(kling_road, asked, unclear):
    asked.says("confirm", False)
    hear(kling_road, unclear, "task-of-the-same-account")

    kling_road.follow()

    assert status_of(unclear) == Status.UNCERTAIN
    assert unclear.provider_task_id is None
    assert unclear.attempts.get().evidence["refused_hint"] == "task-of-the-same-account"


def test_a_hint_that_cannot_be_a_task_id_is_refused(road, script, unclear_on_fal, monkeypatch):
    def refuse(task_id, route, account):
        raise Refused("This is not a request id.")

    monkeypatch.setattr(providers.adapter_class("fal"), "operation_for", staticmethod(refuse))
    hear(road, unclear_on_fal, "a b c")

    road.follow()

    assert status_of(unclear_on_fal) == Status.UNCERTAIN
    assert unclear_on_fal.attempts.get().evidence["refused_hint"] == "a b c"
    assert unclear_on_fal.lease_until is None


# In the provider's history


def job(task_id, same=True):
    return Candidate(Operation(task_id, {"get": "https://x.test"}), has_same_input=same)


def test_the_only_job_that_can_be_it_is_bound(kling_road, history, unclear):
    history.says("search", (job("job-1"),))

    kling_road.follow()

    assert status_of(unclear) == Status.RUNNING
    assert (unclear.provider_task_id, unclear.operation_json["state"]) == ("job-1", {"get": "https://x.test"})
    assert unclear.attempts.get().outcome == "found"
    sought = history.about("search")[0]
    assert (sought.our_id, sought.recipe, sought.route) == (unclear.our_id, unclear.recipe, unclear.route)
    start, end = sought.sent_between
    assert start < unclear.attempts.get().sent_at < end
    assert history.count("submit") == 0


def test_a_job_that_another_take_holds_does_not_count(kling_road, history, unclear):
    kling_road.running(provider_task_id="job-1", due_at=None)
    answered_late = kling_road.take()
    kling_road.attempt(answered_late, provider_task_id="job-2", closed_at=Now(), outcome="given_up")
    history.says("search", (job("job-1"), job("job-2"), job("job-3")))

    kling_road.follow()

    assert status_of(unclear) == Status.RUNNING
    assert unclear.provider_task_id == "job-3"


@pytest.mark.parametrize("jobs", [(), ("job-1", "job-2")])
def test_none_or_several_wait_for_a_person(kling_road, history, unclear, jobs):
    history.says("search", *[tuple(map(job, jobs))] * 9)

    times = ask_until_nothing_is_due(kling_road, unclear)

    assert times == history.count("search") > 2
    assert status_of(unclear) == Status.UNCERTAIN
    assert "person" in unclear.waiting_for
    attempt = unclear.attempts.get()
    assert attempt.absent_count == 0, "a history proves no absence"
    assert attempt.evidence["lookups"][-1]["free"] == list(jobs)
    assert history.count("submit") == 0
    assert kling_road.held == unclear.hold_credits


@pytest.mark.parametrize(
    ("same", "recipe", "is_bound"),
    [
        (True, {}, False),
        (True, {"prompt": "Another ferry"}, True),
        (False, {"prompt": "Another ferry"}, False),
    ],
)
def test_a_job_that_another_lost_submit_may_have_made_is_not_bound(
    kling_road, history, unclear, same, recipe, is_bound
):
    rival = kling_road.put(kling_road.take(recipe=make_recipe(**recipe)), status=Status.UNCERTAIN, due_at=None)
    kling_road.attempt(rival, sent_at=Now() - timedelta(seconds=70))
    history.says("search", (job("job-1", same),))

    kling_road.follow()

    assert (status_of(unclear) == Status.RUNNING) is is_bound


def test_the_same_words_with_another_image_may_have_made_it_too(kling_road, history, unclear):
    """A history shows addresses of files, which are new at every upload."""
    rival = kling_road.put(kling_road.take(), status=Status.UNCERTAIN, due_at=None)
    kling_road.attempt(rival, sent_at=Now() - timedelta(seconds=70))
    for take, sha256 in ((unclear, "a" * 64), (rival, "b" * 64)):
        image = {"role": "first_frame", "sha256": sha256}
        recipe = make_recipe(capability="image_to_video", inputs=[image], aspect_ratio=None)
        kling_road.put(take, recipe_json=recipe.model_dump(mode="json"), recipe_sha256=sha256)
    history.says("search", (job("job-1"),))

    kling_road.follow()

    assert history.count("search") == 1
    assert status_of(unclear) == Status.UNCERTAIN
    assert unclear.provider_task_id is None


@pytest.mark.parametrize(
    "facts",
    [
        {"sent_at": Now() - timedelta(hours=1)},
        {"sent_at": Now(), "closed_at": Now(), "outcome": "rejected"},
        {"sent_at": Now(), "closed_at": Now(), "outcome": "accepted", "provider_task_id": "job-7"},
        {"sent_at": None},
    ],
)
def test_a_submit_that_cannot_have_made_it_is_no_rival(kling_road, history, unclear, facts):
    kling_road.attempt(kling_road.take(), **facts)
    history.says("search", (job("job-1"),))

    kling_road.follow()

    assert status_of(unclear) == Status.RUNNING


def test_a_call_before_the_submit_is_not_looked_for(kling_road, asked):
    unclear = _unclear(kling_road, step="identify-face")

    kling_road.follow()

    assert asked.calls == []
    assert status_of(unclear) == Status.UNCERTAIN
    assert unclear.due_at is None


def test_every_lookup_is_kept_as_evidence(kling_road, asked, unclear):
    asked.says("find", Unreachable("Kling could not be reached.", **SAID), None)
    kling_road.follow()
    kling_road.due(unclear)
    kling_road.follow()

    first, second = unclear.attempts.get().evidence["lookups"]
    assert (first["how"], first["error"], first["why"]) == ("our_id", "unreachable", "Kling could not be reached.")
    assert second["how"] == "our_id" and second["at"] and "error" not in second


# Given up after a day, and yet


def test_a_late_webhook_of_a_take_that_was_given_up_makes_us_look_again(road, script):
    take = road.running(status=Status.UNCERTAIN, due_at=None)

    hear(road, take, take.provider_task_id)
    road.follow()

    assert status_of(take) == Status.RUNNING
    assert script.about("follow")[0].task_id == take.provider_task_id
