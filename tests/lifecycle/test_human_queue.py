"""What a person can decide about an unclear take: it is that job, it was never taken, or nobody will ever know."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from generations import lifecycle, providers
from generations.errors import Refused
from generations.lifecycle import CannotDecide
from generations.models import Attempt, AuditEvent, Generation, Movement, ProviderAccount, ProviderCall, Status
from generations.providers import Callback, Cost, Exchange, Failed, Garbled, Misconfigured, Operation
from tests.fakes import finished
from tests.road import status_of

WHY = "Read in the provider's list"


@pytest.fixture
def unclear(road, script):
    """A take on fal that was sent without an answer and waits for a person."""
    take = road.put(road.take(), status=Status.UNCERTAIN, due_at=None, waiting_for="A person has to say.")
    road.attempt(take, sent_at=Now() - timedelta(minutes=40))
    return take


def decide(verb, take, **facts):
    facts = {"reason": WHY, "now": timezone.now(), "actor_id": None, "seen": 1} | facts
    return verb(take, **facts)


def found(take, task_id="job-1", **facts):
    return decide(lifecycle.bind, take, task_id=task_id, **facts)


def sure(take, **facts):
    return decide(lifecycle.send_again, take, **facts)


def give_up(take, **facts):
    return decide(lifecycle.give_up, take, **facts)


def audit(take):
    return AuditEvent.objects.filter(target_kind="generation", target_id=str(take.public_id)).exclude(verb="submit")


# Found


def test_a_found_job_is_followed_after_a_read_with_our_key(road, script, unclear):
    found(unclear, actor_id=road.member.user.pk)

    assert status_of(unclear) == Status.RUNNING
    assert (unclear.provider_task_id, unclear.attempts.get().outcome) == ("job-1", "found")
    assert script.about("follow") == [Operation("job-1")]
    assert script.count("submit") == 0
    assert road.held == unclear.hold_credits
    event = audit(unclear).get()
    assert (event.verb, event.actor, event.facts) == ("bind", road.member.user, {"reason": WHY, "task_id": "job-1"})


def test_the_read_is_kept_with_the_take(road, unclear, monkeypatch):
    async def confirm(adapter, operation, our_id, route):
        adapter.http._record(Exchange("GET", "https://queue.test/job-1", 200, 12, "request-7"))
        return True

    monkeypatch.setattr(providers.adapter_class("fal"), "confirm", confirm)

    found(unclear)

    call = ProviderCall.objects.get(generation=unclear)
    assert (call.url, call.status_code, call.request_id) == ("https://queue.test/job-1", 200, "request-7")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (False, "does not carry the number"),
        (Garbled("fal does not know it.", provider="fal", status=404), "fal does not know it."),
        (Misconfigured("The key is wrong.", provider="fal"), "The key is wrong."),
    ],
)
def test_a_job_that_the_provider_does_not_bear_out_changes_nothing(road, script, unclear, answer, why):
    script.says("confirm", answer)

    with pytest.raises(CannotDecide, match=why):
        found(unclear)

    assert status_of(unclear) == Status.UNCERTAIN
    assert unclear.attempts.get().closed_at is None
    assert not audit(unclear).exists()


def test_what_cannot_be_a_job_is_refused_unread(road, script, unclear, monkeypatch):
    def refuse(task_id, route, account):
        raise Refused("This is not a request id.")

    monkeypatch.setattr(providers.adapter_class("fal"), "operation_for", staticmethod(refuse))

    with pytest.raises(Refused, match="not a request id"):
        found(unclear)

    assert script.calls == []


def test_a_job_of_another_take_is_refused_by_name(road, script, unclear):
    other = road.running(provider_task_id="job-1", due_at=None)

    with pytest.raises(CannotDecide, match=f"belongs to {other.name} already"):
        found(unclear)

    assert script.calls == []
    assert status_of(unclear) == Status.UNCERTAIN


def test_a_job_that_another_take_got_meanwhile_is_refused(road, script, unclear):
    def somebody_is_faster(operation):
        road.running(provider_task_id="job-1", due_at=None)
        return True

    script.says("confirm", somebody_is_faster)

    with pytest.raises(CannotDecide, match="belongs to"):
        found(unclear)

    assert status_of(unclear) == Status.UNCERTAIN
    assert unclear.attempts.get().closed_at is None


def test_credentials_that_no_key_opens_are_said(road, script, unclear):
    ProviderAccount.objects.update(credentials_encrypted="not a token")
    unclear.refresh_from_db()

    with pytest.raises(CannotDecide, match="Enter them again"):
        found(unclear)


def test_a_call_before_the_job_has_no_job_to_find(road, script, unclear):
    Attempt.objects.update(step="identify-face")

    with pytest.raises(CannotDecide, match="identify-face"):
        found(unclear)


def test_a_take_that_the_provider_lost_can_be_followed_again(road, script):
    take = road.running(status=Status.UNCERTAIN, due_at=None)

    found(take, take.provider_task_id)

    assert status_of(take) == Status.RUNNING
    assert take.due_at is not None


def test_the_job_of_another_take_is_refused_for_a_lost_one_too(road, script):
    take = road.running(status=Status.UNCERTAIN, due_at=None)
    script.says("confirm", lambda operation: road.running(provider_task_id="job-1", due_at=None) and True)

    with pytest.raises(CannotDecide, match="belongs to"):
        found(take)

    assert status_of(take) == Status.UNCERTAIN


# Surely not taken


def test_what_was_surely_not_taken_is_sent_again_with_its_hold_and_number(road, script, unclear):
    sure(unclear, actor_id=road.member.user.pk)

    assert status_of(unclear) == Status.QUEUED
    assert unclear.attempts.get().outcome == "absent"
    assert road.held == unclear.hold_credits
    assert (audit(unclear).get().verb, audit(unclear).get().facts) == ("send_again", {"reason": WHY})
    road.send()
    assert [task.our_id for task in script.about("submit")] == [unclear.our_id]
    assert status_of(unclear) == Status.RUNNING


def test_it_is_canceled_instead_where_that_was_asked_for(road, script, unclear):
    lifecycle.cancel(generation=unclear, member=road.member, now=timezone.now())

    sure(unclear)

    assert status_of(unclear) == Status.CANCELED
    assert road.is_released(unclear)
    assert script.count("submit") == 0


def test_what_the_provider_took_is_not_sent_again(road, script):
    take = road.running(status=Status.UNCERTAIN, due_at=None)

    with pytest.raises(CannotDecide, match="would pay twice"):
        sure(take)

    assert status_of(take) == Status.UNCERTAIN


# Given up


def test_giving_up_returns_the_hold(road, script, unclear):
    give_up(unclear)

    assert status_of(unclear) == Status.FAILED
    assert (unclear.failure_code, unclear.attempts.get().outcome) == ("given_up", "given_up")
    assert unclear.movements.get(kind=Movement.Kind.RELEASE).reason == WHY
    assert audit(unclear).get().verb == "give_up"


# Two people, and one person twice


@pytest.mark.parametrize("second", [found, sure, give_up])
@pytest.mark.parametrize("first", [found, sure, give_up])
def test_only_the_first_decision_counts(road, script, unclear, first, second):
    first(unclear)
    after = status_of(unclear)

    with pytest.raises(CannotDecide, match=unclear.name):
        second(unclear)

    assert status_of(unclear) == after
    assert audit(unclear).count() == 1


@pytest.mark.parametrize("verb", [found, sure, give_up])
def test_a_decision_about_an_attempt_does_not_count_for_the_next(road, script, unclear, verb):
    sure(unclear)
    road.put(unclear, status=Status.UNCERTAIN)
    road.attempt(unclear, number=2, sent_at=Now())

    with pytest.raises(CannotDecide, match="sent again since"):
        verb(unclear, seen=1)

    assert status_of(unclear) == Status.UNCERTAIN
    assert unclear.attempts.get(number=2).closed_at is None


def test_two_people_at_once_make_one_decision(road, script, unclear):
    start, said = threading.Barrier(2), []

    def person(verb):
        try:
            start.wait(5)
            verb(unclear.__class__.objects.get(pk=unclear.pk))
            said.append(verb)
        except CannotDecide:
            said.append(None)
        finally:
            connection.close()

    people = [threading.Thread(target=person, args=[verb]) for verb in (sure, give_up)]
    [thread.start() for thread in people]
    [thread.join(20) for thread in people]

    assert said.count(None) == 1
    assert status_of(unclear) == (Status.QUEUED if sure in said else Status.FAILED)
    assert audit(unclear).count() == 1


def test_a_webhook_that_comes_first_wins(road, script, unclear):
    callback = Callback("delivery-1", "job-1", verified=True)
    lifecycle.wake(
        account=road.account, generation=unclear, callback=callback, body_sha256="0" * 64, now=timezone.now()
    )
    road.follow()

    with pytest.raises(CannotDecide):
        give_up(unclear)

    assert status_of(unclear) == Status.RUNNING


# Ended, and made after all


def hear(road, take, task_id="job-1", delivery="delivery-1"):
    return lifecycle.wake(
        account=road.account,
        generation=take,
        callback=Callback(delivery, task_id, verified=True),
        body_sha256="0" * 64,
        now=timezone.now(),
    )


@pytest.fixture
def given_up(road, script, unclear):
    give_up(unclear)
    unclear.refresh_from_db()
    return unclear


def recover(take, task_id="job-1"):
    return lifecycle.recover(take, task_id=task_id, reason=WHY, now=timezone.now(), actor_id=None)


def test_word_of_a_take_that_was_given_up_is_shown_and_changes_nothing_by_itself(road, script, given_up):
    takes = Generation.objects.all()
    assert list(lifecycle.heard_of_late(takes)) == []

    hear(road, given_up)
    road.follow()

    assert status_of(given_up) == Status.FAILED
    assert list(lifecycle.heard_of_late(takes)) == [given_up]
    assert lifecycle.late_task_id(given_up) == "job-1"


def test_an_answer_after_the_end_is_shown_too(road, script, given_up):
    Attempt.objects.update(evidence={"late_task_id": "job-7"})

    assert list(lifecycle.heard_of_late(Generation.objects.all())) == [given_up]
    assert lifecycle.late_task_id(given_up) == "job-7"


def test_what_was_made_after_all_is_brought_home_and_booked_beyond_the_hold(road, script, given_up):
    script.says("confirm", True)
    script.says("follow", finished("https://files.test/1.mp4"))

    assert recover(given_up)

    assert status_of(given_up) == Status.INGESTING
    assert (given_up.provider_task_id, given_up.finished_at) == ("job-1", None)
    assert given_up.outputs_json[0]["url"] == "https://files.test/1.mp4"
    assert audit(given_up).latest("pk").verb == "recover"
    assert list(lifecycle.heard_of_late(Generation.objects.all())) == []
    lifecycle.finish(given_up, to=Status.DONE, charged=given_up.hold_credits, now=timezone.now())
    assert road.balances() == {"held": 0, "spent": given_up.hold_credits, "shortfall": given_up.hold_credits}


@pytest.mark.parametrize(
    ("charged", "credits"), [(None, 0), (Cost(Decimal(0), "usd"), 0), (Cost(Decimal(1), "usd"), 100)]
)
def test_of_a_job_that_failed_only_a_reported_charge_is_booked(road, script, given_up, charged, credits):
    script.says("confirm", True)
    script.says("follow", Failed("failed", "It broke.", charged))

    assert not recover(given_up)

    assert (status_of(given_up), given_up.charged_credits) == (Status.FAILED, credits)
    assert road.balances()["spent"] == credits


def test_a_job_that_is_still_being_made_is_left_for_later(road, script, given_up):
    with pytest.raises(CannotDecide, match="still being made"):
        recover(given_up)

    assert (status_of(given_up), given_up.provider_task_id) == (Status.FAILED, None)


def test_a_job_of_another_take_is_not_recovered(road, script, given_up):
    other = road.running(provider_task_id="job-1", due_at=None)

    with pytest.raises(CannotDecide, match=other.name):
        recover(given_up)


def test_only_an_ended_take_without_a_job_is_recovered_and_once(road, script, unclear):
    with pytest.raises(CannotDecide, match="ended without a job"):
        recover(unclear)
    give_up(unclear)
    script.says("confirm", True, True)
    script.says("follow", Failed("failed", "It broke.", None))
    unclear.refresh_from_db()
    recover(unclear)

    with pytest.raises(CannotDecide, match="ended without a job"):
        recover(unclear)


# What is known


def test_it_says_what_is_known(road, script, unclear):
    attempt = unclear.attempts.get()
    assert lifecycle.what_is_known(unclear, attempt) == [
        f"It was sent to {unclear.account}, and no answer came.",
        "It has not been looked up yet.",
    ]

    attempt.evidence = {
        "status": 502,
        "refused_hint": "job-9",
        "lookups": [{"how": "our_id"}, {"how": "history", "free": ["job-1", "job-2"]}],
    }
    assert lifecycle.what_is_known(unclear, attempt) == [
        f"It was sent; {unclear.account} answered 502, which does not say whether it took it.",
        "A webhook named job job-9, which is not this take.",
        "The provider's history shows jobs that could be this take: job-1, job-2.",
    ]
