"""From the line to the provider: what each answer makes of a take, an attempt and a hold."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError
from django.db.models.functions import Now

from generations import ledger, lifecycle, media
from generations.lifecycle import dispatch
from generations.models import Attempt, ProviderAccount, Status
from generations.providers import (
    Busy,
    Cost,
    Garbled,
    Misconfigured,
    Operation,
    Rejected,
    Uncertain,
    Unreachable,
    UnsupportedOption,
)
from tests.fakes import finished, prepared
from tests.road import pause_of, status_of

SAID = {"provider": "fal"}


def test_an_accepted_take_runs_under_the_providers_number(road, script):
    take = road.take()
    script.says("submit", Operation("task-7", {"a": 1}, request_id="req-7"))

    road.send()

    assert status_of(take) == Status.RUNNING
    assert (take.provider_task_id, take.operation_json["state"]) == ("task-7", {"a": 1})
    attempt = take.attempts.get()
    assert (attempt.outcome, attempt.provider_task_id, attempt.request_id) == ("accepted", "task-7", "req-7")
    assert attempt.sent_at <= attempt.closed_at
    assert road.held == take.hold_credits


def test_the_provider_is_told_our_number_and_where_to_call_back(road, script, settings):
    settings.PUBLIC_URL = "http://127.0.0.1:1"
    take = road.take()

    road.send()

    task = script.about("submit")[0]
    assert task.our_id == take.public_id.hex
    assert task.recipe == road.recipe
    assert task.callback_url.startswith(f"http://127.0.0.1:1/callbacks/fal/{road.account.callback_token}/")


def test_the_attempt_is_committed_and_marked_before_the_paid_call(road, script):
    take, seen = road.take(), []

    def look(task):
        seen.append(Attempt.objects.values("closed_at", "sent_at").get(generation=take))
        return Operation("task-1")

    script.says("prepare", lambda task: look(task) and prepared(task))
    script.says("submit", look)
    road.send()

    assert [(row["closed_at"], row["sent_at"] is not None) for row in seen] == [(None, False), (None, True)]


def test_an_answer_at_once_is_brought_home_next(road, script):
    take = road.take()
    script.says("submit", finished("https://files.test/a.mp4", cost=Cost(Decimal(5), "fal_unit"), request_id="req-1"))

    road.send()

    assert status_of(take) == Status.INGESTING
    assert take.outputs_json[0]["url"] == "https://files.test/a.mp4"
    assert take.attempts.get().outcome == "accepted"
    assert road.held == take.hold_credits


@pytest.mark.parametrize(("step", "was_sent"), [("prepare", False), ("submit", True)])
def test_an_unreachable_provider_is_tried_again_later(road, script, step, was_sent):
    take = road.take()
    script.says(step, Unreachable("fal could not be reached.", **SAID))

    road.send()

    assert status_of(take) == Status.QUEUED
    assert pause_of(take) == 1
    assert take.waiting_for == "fal could not be reached."
    attempt = take.attempts.get()
    assert (attempt.outcome, attempt.sent_at is not None) == ("not_sent", was_sent)
    assert road.held == take.hold_credits

    before = script.count("submit")
    road.put(take, due_at=Now() + timedelta(seconds=50))
    road.send()
    assert script.count("submit") == before, "it is not due yet"
    road.due(take)
    road.send()
    assert status_of(take) == Status.RUNNING
    assert [attempt.outcome for attempt in take.attempts.order_by("number")] == ["not_sent", "accepted"]


def test_waits_between_tries_grow(road, script):
    take, waits = road.take(), []
    script.says("prepare", *[Garbled("fal could not be understood.", **SAID) for _ in range(4)])

    for _ in range(4):
        road.send()
        waits.append(pause_of(take))
        road.due(take)

    assert waits == [1, 2, 4, 8]


def test_a_take_that_never_gets_through_fails_in_the_end(road, script, settings):
    settings.LIFECYCLE = {**settings.LIFECYCLE, "submit_tries": 2}
    take = road.take()
    script.says("submit", *[Unreachable("fal could not be reached.", **SAID) for _ in range(2)])

    road.send()
    road.due(take)
    road.send()

    assert status_of(take) == Status.FAILED
    assert road.is_released(take)


def test_a_busy_provider_is_given_the_time_it_asks_for(road, script):
    take = road.take()
    script.says("submit", Busy("fal asks us to wait.", retry_after_seconds=40, **SAID))

    road.send()

    assert status_of(take) == Status.QUEUED
    assert pause_of(take) == 40
    assert take.attempts.get().outcome == "busy"
    road.account.refresh_from_db()
    assert road.account.not_before > take.changed_at
    assert road.held == take.hold_credits


def test_a_busy_provider_does_not_use_up_the_tries(road, script, settings):
    settings.LIFECYCLE = {**settings.LIFECYCLE, "submit_tries": 2, "misconfigured_tries": 2}
    take = road.take()
    script.says("submit", *[Busy("fal asks us to wait.", **SAID) for _ in range(5)])

    for _ in range(6):
        ProviderAccount.objects.update(not_before=None)
        road.due(take)
        road.send(seconds=0.2)

    assert status_of(take) == Status.RUNNING
    assert [row.outcome for row in take.attempts.order_by("number")] == ["busy"] * 5 + ["accepted"]
    assert ProviderAccount.objects.get().troubles_in_a_row == 0


def test_a_provider_that_is_busy_for_a_day_ends_the_take_in_plain_words(road, script):
    take = road.take()
    script.says("submit", *[Busy("fal asks us to wait.", **SAID) for _ in range(2)])
    road.send(seconds=0.2)
    take.attempts.update(opened_at=Now() - timedelta(hours=24, minutes=1))

    ProviderAccount.objects.update(not_before=None)
    road.due(take)
    road.send(seconds=0.2)

    assert status_of(take) == Status.FAILED
    assert take.failure_public.startswith(f"{road.account.label} had no free place for this take for a day.")
    assert [row.outcome for row in take.attempts.order_by("number")] == ["busy", "busy"]
    assert road.is_released(take)


def test_the_ledger_is_told_in_a_sentence_why_nothing_was_charged(road, script):
    take = road.take()
    script.says("submit", Rejected("fal refused this: not that prompt.", **SAID))

    road.send(seconds=0.2)

    assert ledger.movements_of(take)[-1].reason == "fal refused this: not that prompt."


@pytest.mark.parametrize(
    ("code", "kind"),
    [(1303, Busy), (1302, Busy), (1100, Misconfigured), (1101, Misconfigured), (1102, Misconfigured)]
    + [(1304, Misconfigured), (None, Busy)],
)
def test_klings_429_is_a_wait_or_an_account_in_trouble_by_its_code(code, kind):
    from generations.providers.kling_reply import class_of_refused_submit
    from generations.providers.reply import Reply

    assert class_of_refused_submit(Reply(429, {}, b"{}"), code) is kind


def test_nothing_is_sent_to_an_account_before_its_time(road, script):
    take, other = road.take(), road.take()
    script.says("submit", Busy("fal asks us to wait.", retry_after_seconds=40, **SAID))
    road.put(other, due_at=None)
    road.send()
    ProviderAccount.objects.update(not_before=Now() + timedelta(seconds=50))

    road.due(other)
    road.send(seconds=0.3)

    assert script.count("submit") == 1
    assert status_of(other) == Status.QUEUED
    assert status_of(take) == Status.QUEUED


def test_a_refusal_ends_the_take_and_returns_everything(road, script):
    take = road.take()
    script.says("submit", Rejected("fal refused this: not that prompt.", excerpt="not that prompt", **SAID))

    road.send()

    assert status_of(take) == Status.FAILED
    assert take.failure_public == "fal refused this: not that prompt."
    assert take.failure_provider_words == "not that prompt"
    assert take.attempts.get().outcome == "rejected"
    assert road.is_released(take)


def test_a_refusal_that_was_charged_is_captured(road, script):
    take = road.take()
    script.says("submit", Rejected("fal refused this.", charged=Cost(Decimal(1), "fal_unit"), moderated=True, **SAID))

    road.send()

    assert status_of(take) == Status.FAILED
    assert 0 < take.charged_credits < take.hold_credits
    assert road.balances() == {"held": 0, "spent": take.charged_credits, "shortfall": 0}


@pytest.mark.parametrize(("step", "outcome"), [("prepare", "not_sent"), ("submit", "rejected")])
def test_a_wrong_key_lets_the_take_wait(road, script, step, outcome):
    take = road.take()
    script.says(step, Misconfigured("fal does not serve this account.", status=401, **SAID))

    road.send(seconds=0.2)

    assert status_of(take) == Status.QUEUED
    assert (take.waiting_for, take.attempts.get().outcome) == ("fal does not serve this account.", outcome)
    assert road.held == take.hold_credits


def test_credentials_that_no_key_opens_let_the_take_wait(road, script):
    take = road.take()
    ProviderAccount.objects.update(credentials_encrypted="not a token")

    road.send(seconds=0.2)

    assert status_of(take) == Status.QUEUED
    assert "CREDENTIALS_KEYS" in take.waiting_for
    assert take.attempts.get().sent_at is None


def test_an_option_without_a_field_ends_the_take(road, script):
    take = road.take()
    script.says("prepare", UnsupportedOption("fal", "camera"))

    road.send()

    assert status_of(take) == Status.FAILED
    assert "camera" in take.failure_public
    assert road.is_released(take)


def test_an_image_that_cannot_be_prepared_ends_the_take(road, script):
    take = road.take()
    script.says("prepare", media.ImageRefused("The picture is damaged."))

    road.send()

    assert status_of(take) == Status.FAILED
    assert take.failure_public == "The picture is damaged."
    assert road.is_released(take)


@pytest.mark.parametrize("kind", [Uncertain, Garbled])
def test_an_unclear_answer_keeps_the_hold_and_is_never_sent_again(road, script, kind):
    take = road.take()
    script.says("submit", kind("fal did not say whether it took the job.", **SAID))

    road.send()
    for _ in range(3):
        lifecycle.tick()
        road.send(seconds=0.1)
        road.follow()

    assert status_of(take) == Status.UNCERTAIN
    assert script.count("submit") == 1
    attempt = take.attempts.get()
    assert (attempt.closed_at, attempt.evidence["error"]) == (None, kind.code)
    assert road.held == take.hold_credits


def test_a_defect_of_ours_after_sending_is_unclear_too(road, script):
    take = road.take()
    script.says("submit", ValueError("a bug"))
    road.send()
    assert status_of(take) == Status.SUBMITTING

    road.put(take, lease_until=take.created_at)
    lifecycle.tick()

    assert status_of(take) == Status.UNCERTAIN
    assert road.held == take.hold_credits


def test_one_result_that_cannot_be_written_does_not_lose_the_others(road, script, monkeypatch):
    takes = [road.take() for _ in range(3)]
    real = dispatch.apply_submit

    def apply_submit(result):
        if result.claim.generation.pk == takes[0].pk:
            raise ValueError("a bug")
        real(result)

    monkeypatch.setattr(dispatch, "apply_submit", apply_submit)
    road.send()

    assert [status_of(take) for take in takes] == [Status.SUBMITTING, Status.RUNNING, Status.RUNNING]


def test_an_answer_is_kept_until_the_database_is_back(road, script, monkeypatch):
    take, tries = road.take(), []
    real = dispatch.apply_submit

    def apply_submit(result):
        tries.append(result)
        if len(tries) < 3:
            raise OperationalError("the database is restarting")
        real(result)

    monkeypatch.setattr(dispatch, "apply_submit", apply_submit)
    road.send()

    assert status_of(take) == Status.RUNNING
    assert script.count("submit") == 1
    assert take.events.filter(kind="late_answer").count() == 0


def test_a_take_whose_route_is_gone_fails_and_does_not_stop_the_others(road, script):
    lost, well = road.take(), road.take()
    road.put(lost, quote_json={**lost.quote_json, "route": "fal:kling-v0:text_to_video:std"})

    road.send()

    assert (status_of(lost), status_of(well)) == (Status.FAILED, Status.RUNNING)
    assert "Choose another route" in lost.failure_public
    assert road.is_released(lost)


def test_an_image_that_is_missing_from_the_storage_is_waited_for(road, script, monkeypatch):
    take = road.take()
    script.says("prepare", FileNotFoundError(2, "No such file or directory"))

    road.send()

    assert (status_of(take), take.attempts.get().outcome) == (Status.QUEUED, "not_sent")
    assert "storage" in take.waiting_for


def test_a_paused_account_sends_nothing(road, script):
    take = road.take()
    ProviderAccount.objects.update(status=ProviderAccount.Status.PAUSED)

    road.send(seconds=0.2)

    assert script.calls == []
    assert status_of(take) == Status.QUEUED


def test_a_take_that_is_canceled_in_line_is_not_sent(road, script):
    take = road.take()
    lifecycle.cancel(generation=take, member=road.member, now=take.created_at)

    road.send()

    assert script.calls == []
    assert road.is_released(take)


def test_a_cancel_before_anything_is_sent_returns_everything(road, script):
    take = road.take()

    def cancel(task):
        assert not lifecycle.cancel(generation=take, member=road.member, now=take.created_at)
        return prepared(task)

    script.says("prepare", cancel)
    road.send()

    assert script.count("submit") == 0
    assert status_of(take) == Status.CANCELED
    assert take.attempts.get().outcome == "not_sent"
    assert road.is_released(take)


def test_a_cancel_after_sending_is_followed_to_the_providers_end(road, script):
    take = road.take()

    def cancel(task):
        assert not lifecycle.cancel(generation=take, member=road.member, now=take.created_at)
        return Operation("task-1")

    script.says("submit", cancel)
    road.send()

    assert status_of(take) == Status.RUNNING
    assert take.cancel_requested_at is not None
    assert road.held == take.hold_credits
