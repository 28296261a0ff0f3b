"""Every trouble the sandbox can make, to its right end: one take at the provider, the hold resolved or still there."""

import pytest

from generations.models import Status
from tests.make import make_recipe
from tests.studio import stored_files

DONE, FAILED, UNCERTAIN = Status.DONE, Status.FAILED, Status.UNCERTAIN


@pytest.fixture
def end(studio):
    """Make a take by way of a provider that has a trouble, and follow it to where it rests."""

    def end(provider, prompt, **facts):
        recipe = make_recipe(prompt=f"{prompt} by {provider}")
        take = studio.take(recipe=recipe, account=studio.accounts[provider])
        return studio.until_it_rests(take, **facts)

    return end


def is_paid_once(studio, take):
    return studio.balances() == {"held": 0, "spent": take.hold_credits, "shortfall": 0}


@pytest.mark.parametrize("provider", ["fal", "kling"])
@pytest.mark.parametrize("trouble", ["moderated", "fail"])
def test_a_take_that_the_provider_cannot_make_costs_nothing(studio, end, provider, trouble):
    take = end(provider, f"A ship [{trouble}]")

    assert take.status == FAILED
    assert take.failure_public
    assert len(studio.bill(take)) == 1
    assert studio.is_released(take)
    assert stored_files() == []


@pytest.mark.parametrize("provider", ["fal", "kling"])
def test_a_refusal_that_is_charged_all_the_same_is_captured(studio, end, provider):
    take = end(provider, "A ship [moderated charged]")

    assert take.status == FAILED
    assert take.charged_credits == take.hold_credits
    assert is_paid_once(studio, take)


@pytest.mark.parametrize("trouble", ["lost reply", "half reply", "garbled reply", "500 after accept"])
def test_on_fal_a_lost_answer_waits_with_its_hold(studio, end, trouble):
    take = end("fal", f"A ship [{trouble}]")

    assert take.status == UNCERTAIN
    assert len(studio.bill(take)) == 1
    assert studio.held == take.hold_credits
    assert take.attempts.get().closed_at is None


@pytest.mark.parametrize("trouble", ["lost reply", "500 after accept"])
def test_on_kling_a_lost_answer_is_found_by_our_number(studio, end, trouble):
    take = end("kling", f"A ship [{trouble}]")

    assert take.status == DONE
    assert take.attempts.get().outcome == "found"
    assert [row["task_id"] for row in studio.bill(take)] == [take.provider_task_id]
    assert is_paid_once(studio, take)


@pytest.mark.parametrize("provider", ["fal", "kling"])
@pytest.mark.parametrize("trouble", ["lost request", "500"])
def test_a_submit_that_ended_unclear_is_never_sent_again(studio, end, provider, trouble):
    """The provider took nothing, but nobody can know."""
    studio.sandbox.control(fault=trouble, provider=provider)

    take = end(provider, f"A ship, {trouble}")

    assert take.status == UNCERTAIN
    assert studio.bill(take) == []
    assert take.attempts.count() == 1
    assert studio.held == take.hold_credits


@pytest.mark.parametrize("provider", ["fal", "kling"])
def test_a_busy_provider_is_waited_for(studio, end, provider):
    studio.sandbox.control(fault="429", provider=provider)

    take = end(provider, "A ship, after 429")

    assert take.status == DONE
    assert [attempt.outcome for attempt in take.attempts.order_by("number")] == ["busy", "accepted"]
    assert len(studio.bill(take)) == 1
    assert is_paid_once(studio, take)


@pytest.mark.parametrize(
    ("provider", "trouble"),
    [
        ("fal", "500 status"),
        ("fal", "504 result"),
        ("kling", "html status"),
        ("kling", "504 result"),
        ("kling", "truncated download once"),
    ],
)
def test_a_passing_trouble_ends_in_a_stored_take(studio, end, provider, trouble):
    take = end(provider, f"A ship [{trouble}]")

    assert take.status == DONE
    assert take.assets.count() == 1
    assert len(studio.bill(take)) == 1
    assert is_paid_once(studio, take)


@pytest.mark.parametrize(
    ("provider", "trouble", "code"),
    [
        ("fal", "html download", "result_not_a_video"),
        ("fal", "endless download", "result_too_large"),
        ("fal", "expired download", "result_download_gone"),
        ("kling", "html download", "result_not_a_video"),
        ("kling", "truncated download", "result_download_failed"),
        ("kling", "redirect download", "result_unsafe_url"),
    ],
)
def test_a_result_that_cannot_be_had_costs_nothing_and_leaves_nothing(studio, end, provider, trouble, code):
    take = end(provider, f"A ship [{trouble}]")

    assert (take.status, take.failure_code) == (FAILED, code)
    assert "Nothing was charged" in take.failure_public
    assert len(studio.bill(take)) == 1
    assert studio.is_released(take)
    assert stored_files() == []


@pytest.mark.parametrize("key", ["bad-key", "empty-balance"])
def test_an_account_that_is_not_served_rests_until_somebody_has_seen_to_it(studio, key):
    account = studio.accounts["fal"]
    account.set_credentials({"key": key})
    account.save()
    take = studio.take(recipe=make_recipe(prompt=f"A ship, {key}"), account=account)

    for _ in range(3):
        studio.round()
    take.refresh_from_db()
    account.refresh_from_db()
    assert (take.status, studio.held) == (Status.QUEUED, take.hold_credits)
    assert account.status == "resting" and "administrator" in account.status_reason
    assert "rests after trouble" in take.waiting_for and studio.bill(take) == []

    account.set_credentials({"key": "sandbox:play"})
    account.save(update_fields=["credentials_encrypted"])
    studio.until_it_rests(take)

    account.refresh_from_db()
    assert (take.status, account.status, account.resting_since) == (Status.DONE, "active", None)
    assert len(studio.bill(take)) == 1


def test_a_provider_that_is_down_is_waited_for(studio):
    account = studio.accounts["fal"]
    account.origin = "http://127.0.0.1:1"
    account.save()
    take = studio.take(recipe=make_recipe(prompt="A ship, later"), account=account)
    for _ in range(3):
        studio.round()
    take.refresh_from_db()
    assert (take.status, studio.held) == (Status.QUEUED, take.hold_credits)

    account.origin = studio.sandbox.origin
    account.save()
    studio.until_it_rests(take)

    assert take.status == DONE
    assert len(studio.bill(take)) == 1
