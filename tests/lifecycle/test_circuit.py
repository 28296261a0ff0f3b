"""An account in trouble rests, tells people once, asks by itself and comes back by itself."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db.models.functions import Now
from django.utils import timezone

from generations import lifecycle
from generations.choices import Role
from generations.lifecycle.circuit import pause_seconds
from generations.models import AuditEvent, ProviderAccount, Status
from generations.providers import Busy, Misconfigured, Operation, Rejected, Unreachable
from tests.make import make_member, make_user
from tests.road import seconds_until, status_of

SAID = {"provider": "fal"}
EMPTY = "fal does not serve this account: the balance is empty."


def empty(status=402):
    return Misconfigured(EMPTY, status=status, **SAID)


def gone():
    return Unreachable("fal could not be reached.", **SAID)


def account_of(road):
    road.account.refresh_from_db()
    return road.account


def trouble(road, script, take, error=empty, times=3):
    """So many submits of a take in a row that end in trouble."""
    script.says("submit", *[error() for _ in range(times)])
    for _ in range(times):
        road.due(take)
        road.send(seconds=0.2)


def told_by_mail():
    """What has left through the outbox so far."""
    lifecycle.send_mails()
    return list(mail.outbox)


def probe(road):
    """The time of the next question comes."""
    ProviderAccount.objects.filter(pk=road.account.pk).update(probe_at=Now())
    lifecycle.tick()


@pytest.mark.parametrize("error", [empty, gone])
def test_trouble_in_a_row_lets_the_account_rest_and_the_take_wait(road, script, error):
    take = road.take()

    trouble(road, script, take, error)

    account = account_of(road)
    assert (account.status, account.troubles_in_a_row) == ("resting", 3)
    assert error().public in account.status_reason
    assert 25 < seconds_until(account.probe_at) <= 30
    assert status_of(take) == Status.QUEUED
    assert account.label in take.waiting_for and "is tried again at" in take.waiting_for
    assert road.held == take.hold_credits
    assert AuditEvent.objects.filter(verb="rest_account").count() == 1


def test_a_single_wrong_key_does_not_end_a_take(road, script):
    take = road.take()
    script.says("submit", empty())

    road.send(seconds=0.2)
    road.due(take)
    road.send(seconds=0.2)

    assert status_of(take) == Status.RUNNING
    assert [attempt.outcome for attempt in take.attempts.order_by("number")] == ["rejected", "accepted"]
    assert account_of(road).troubles_in_a_row == 0, "a job that was taken ends the row"


def test_every_take_in_line_says_why_it_waits(road, script):
    take, other = road.take(), road.take()
    road.put(other, due_at=Now() + timedelta(hours=1))

    trouble(road, script, take)

    assert (status_of(take), status_of(other)) == (Status.QUEUED, Status.QUEUED)
    assert other.waiting_for == take.waiting_for != ""


def test_nothing_is_sent_while_an_account_rests(road, script):
    take = road.take()
    trouble(road, script, take)

    road.due(take)
    road.send(seconds=0.2)

    assert script.count("submit") == 3
    assert status_of(take) == Status.QUEUED


def test_what_runs_is_followed_while_the_account_rests(road, script):
    running, take = road.running(), road.take()
    trouble(road, script, take)

    road.due(running)
    road.follow(seconds=0.2)

    assert script.count("follow") >= 1
    assert account_of(road).status == "resting", "an answer about a running take does not say that it takes more"


@pytest.mark.parametrize("status", [404, 405, 410])
def test_a_missing_path_ends_the_take_and_is_no_trouble_of_the_account(road, script, status):
    take = road.take()
    script.says("submit", empty(status))

    road.send(seconds=0.2)

    assert status_of(take) == Status.FAILED
    assert "Choose another route" in take.failure_public
    assert account_of(road).troubles_in_a_row == 0
    assert road.is_released(take)


def test_a_refused_prompt_is_no_trouble_of_the_account(road, script):
    takes = [road.take() for _ in range(4)]
    script.says("submit", *[Rejected("fal refused this.", **SAID) for _ in takes])

    road.send(seconds=0.2)

    assert account_of(road).status == "active"


def test_it_asks_by_itself_and_goes_on_when_a_job_is_taken(road, script):
    take = road.take()
    trouble(road, script, take)

    probe(road)
    assert (account_of(road).status, script.count("check_account")) == ("active", 1)
    assert status_of(take) == Status.QUEUED and take.waiting_for == ""
    road.send(seconds=0.2)

    account = account_of(road)
    assert status_of(take) == Status.RUNNING
    assert (account.resting_since, account.troubles_in_a_row, account.probes_failed) == (None, 0, 0)
    assert AuditEvent.objects.filter(verb="account_is_back").count() == 1


def test_it_is_not_asked_before_its_time(road, script):
    trouble(road, script, road.take())

    lifecycle.tick()

    assert script.count("check_account") == 0


def test_pauses_between_questions_double_up_to_a_quarter_of_an_hour(road, script):
    assert [pause_seconds(failed) for failed in (0, 1, 2, 3, 4, 5, 60)] == [30, 60, 120, 240, 480, 900, 900]
    trouble(road, script, road.take())
    script.says("check_account", gone(), empty(401))

    waits = []
    for _ in range(2):
        probe(road)
        waits.append(round(seconds_until(account_of(road).probe_at), -1))

    assert waits == [60, 120]
    assert account_of(road).status == "resting"


def test_takes_in_line_are_told_the_next_time(road, script):
    take = road.take()
    trouble(road, script, take)
    before = take.due_at
    script.says("check_account", gone())

    probe(road)

    take.refresh_from_db()
    assert take.due_at == account_of(road).probe_at > before


def test_credentials_that_no_key_opens_are_trouble_too(road, script):
    take = road.take()
    good = road.account.credentials_encrypted
    ProviderAccount.objects.update(credentials_encrypted="not a token")
    for _ in range(3):
        road.due(take)
        road.send(seconds=0.2)
    assert account_of(road).status == "resting"

    probe(road)
    assert account_of(road).status == "resting", "the free call cannot be made either"
    ProviderAccount.objects.update(credentials_encrypted=good)
    probe(road)
    road.send(seconds=0.2)

    assert status_of(take) == Status.RUNNING
    assert script.count("submit") == 1


def test_a_busy_answer_to_the_question_will_do(road, script):
    trouble(road, script, road.take())
    script.says("check_account", Busy("fal asks us to wait.", **SAID))

    probe(road)

    assert account_of(road).status == "active"


def test_after_a_rest_one_take_goes_first(road, script):
    takes = [road.take() for _ in range(4)]
    script.says("submit", *[gone() for _ in takes])
    road.send(seconds=0.2)
    assert account_of(road).status == "resting"
    before = script.count("submit")
    at_once = []

    def submit(task):
        rows = type(takes[0]).objects.filter(status=Status.SUBMITTING)
        at_once.append(rows.count())
        return Operation(f"task-{task.our_id}")

    script.says("submit", submit)
    probe(road)
    road.send(seconds=0.5)

    assert at_once == [1]
    assert script.count("submit") == before + 4, "the others follow when the first was taken"


def test_a_key_that_is_known_but_not_served_goes_on_resting_longer(road, script):
    """The free call works, the submit does not: an empty balance."""
    road.take()
    take = road.take()
    script.says("submit", *[empty() for _ in range(3)])
    road.send(seconds=0.2)
    road.due(take)
    road.send(seconds=0.2)
    assert account_of(road).status == "resting"
    lifecycle.tick()

    script.says("submit", empty())
    probe(road)
    road.send(seconds=0.2)

    account = account_of(road)
    assert account.status == "resting", "one trouble is enough on trial"
    assert round(seconds_until(account.probe_at), -1) == 120
    lifecycle.tick()
    told = told_by_mail()
    assert told and len(told) == len({message.to[0] for message in told}), "it is still the same rest"


def test_a_take_that_meets_trouble_on_an_account_in_order_fails_in_the_end(road, script):
    take = road.take()
    trouble(road, script, take)

    for _ in range(2):
        script.says("submit", empty())
        probe(road)
        road.due(take)
        road.send(seconds=0.2)

    assert status_of(take) == Status.FAILED
    assert road.account.label in take.failure_public and EMPTY in take.failure_public
    assert road.is_released(take)


def test_admins_are_told_once_that_it_rests_and_once_that_it_is_back(road, script):
    chief = make_user(is_staff=True, is_superuser=True)
    make_user(is_superuser=True, is_active=False)
    make_member(road.team, Role.CREATOR)
    take = road.take()

    trouble(road, script, take)
    for _ in range(3):
        lifecycle.tick()

    told = told_by_mail()
    assert sorted(message.to for message in told) == sorted([[chief.email], [road.member.user.email]])
    assert all(message.subject == f"{road.account.label} rests: nothing is sent with it" for message in told)
    assert EMPTY in told[0].body and "Takes in line" in told[0].body

    mail.outbox.clear()
    probe(road)
    assert told_by_mail() == [], "an answered question alone does not prove it"
    road.send(seconds=0.2)
    for _ in range(2):
        lifecycle.tick()

    assert [message.subject for message in told_by_mail()] == [f"{road.account.label} is back"] * 2


def test_an_account_that_nobody_waits_for_is_back_when_it_answers(road, script):
    take = road.take()
    trouble(road, script, take)
    lifecycle.tick()
    lifecycle.cancel(generation=take, member=road.member, now=timezone.now())

    probe(road)

    assert (account_of(road).status, road.account.resting_since) == ("active", None)
    assert told_by_mail()[-1].subject == f"{road.account.label} is back"


def test_a_mail_server_that_is_down_stops_nothing(road, script, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    take = road.take()
    trouble(road, script, take)

    lifecycle.tick()
    probe(road)
    road.send(seconds=0.2)

    assert status_of(take) == Status.RUNNING


def test_a_persons_pause_goes_before_the_rest(road, script):
    take = road.take()
    trouble(road, script, take)

    lifecycle.pause_account(road.account, reason="We change the key.", now=timezone.now(), actor_id=None)
    ProviderAccount.objects.update(probe_at=Now())
    lifecycle.tick()

    assert (account_of(road).status, road.account.resting_since) == ("paused", None)
    assert script.count("check_account") == 0
    take.refresh_from_db()
    assert take.waiting_for == f"{road.account.label} is paused: We change the key."


def test_trouble_of_a_paused_account_does_not_let_it_rest(road, script):
    take = road.take()

    def pause_then_fail(task):
        lifecycle.pause_account(road.account, reason="Enough.", now=timezone.now(), actor_id=None)
        return empty()

    ProviderAccount.objects.update(troubles_in_a_row=2)
    script.says("submit", pause_then_fail)
    road.send(seconds=0.2)

    assert account_of(road).status == "paused"
    assert status_of(take) == Status.QUEUED


def test_a_person_resumes_a_resting_account_at_once(road, script):
    take = road.take()
    trouble(road, script, take)

    lifecycle.resume_account(road.account, now=timezone.now(), actor_id=None)
    road.send(seconds=0.2)

    assert status_of(take) == Status.RUNNING
    assert account_of(road).admins_told_at is None
    with pytest.raises(lifecycle.AlreadySo):
        lifecycle.resume_account(road.account, now=timezone.now(), actor_id=None)


def test_trying_again_by_hand_says_what_the_take_waits_for(road, script):
    take = road.take()
    trouble(road, script, take)
    take.refresh_from_db()

    with pytest.raises(lifecycle.CannotRetry, match="Resume the account"):
        lifecycle.retry(take, now=timezone.now(), actor_id=None)


def test_two_clocks_ask_once(road, script):
    from generations.lifecycle import probe as probes

    trouble(road, script, road.take())
    ProviderAccount.objects.update(probe_at=Now())

    due = probes._due()

    assert [probes._claim(row) for row in due + due] == [True, False]


def test_a_quote_on_a_resting_account_says_why(road, script):
    trouble(road, script, road.take())

    offer = lifecycle.quote(team=road.team, recipe=road.recipe, now=timezone.now())

    assert offer.quotes == ()
    assert EMPTY in offer.blocked[0].reason
