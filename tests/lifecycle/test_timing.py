"""When a take is looked at next."""

from datetime import timedelta

import pytest
from django.utils import timezone

from generations.lifecycle import timing
from generations.models import Status


@pytest.fixture(autouse=True)
def usual_pace(settings):
    settings.LIFECYCLE = {**settings.LIFECYCLE, "poll_min_seconds": 2.0}
    settings.PUBLIC_URL = "https://kling.example"
    timing._history.cache_clear()
    yield
    timing._history.cache_clear()


def pause(age, **facts):
    return timing.next_look_seconds(
        age=timedelta(seconds=age), **({"typical": 120.0, "in_flight": 1_000, "is_heard": False} | facts)
    )


@pytest.mark.parametrize(
    ("age", "seconds"), [(0, 15), (50, 10), (59, 2), (60, 2), (359, 2), (400, 20), (1_000, 50), (9_000, 60)]
)
def test_looks_are_frequent_around_the_usual_time(age, seconds):
    assert pause(age) == seconds


@pytest.mark.parametrize(("in_flight", "seconds"), [(1, 2), (1_000, 2), (2_000, 4), (4_500, 9), (10_000, 9)])
def test_a_crowd_waits_longer_so_that_the_requests_stay_the_same_and_never_more_than_nine_seconds(in_flight, seconds):
    assert pause(90, in_flight=in_flight) == seconds


def test_in_a_crowd_nobody_is_asked_about_long_before_the_usual_time():
    assert pause(15, in_flight=10_000) == 45


def test_where_webhooks_tell_of_the_end_a_look_is_only_a_net():
    assert [pause(age, is_heard=True) for age in (0, 50, 90, 700, 9_000)] == [30, 30, 30, 35, 60]


def done(desk, seconds=100, **facts):
    now = timezone.now()
    facts = {"woken_at": now} | facts
    return desk.running(
        status=Status.INGESTING, submitted_at=now - timedelta(seconds=seconds), provider_done_at=now, **facts
    )


def test_the_usual_time_is_that_of_the_last_takes(desk):
    for seconds in (40, 50, 90):
        done(desk, seconds)

    assert timing.typical_seconds(desk.running()) == 50


def test_takes_that_webhooks_told_of_are_a_sign_for_the_next(desk):
    for _ in range(4):
        done(desk)

    assert timing.is_heard_of(desk.running())


@pytest.mark.parametrize("woken", [None, timedelta(seconds=60)], ids=["never", "a minute before the end"])
def test_takes_that_were_found_by_looking_are_none(desk, woken):
    for number in range(4):
        done(desk, **({} if number else {"woken_at": woken and timezone.now() - woken}))

    assert not timing.is_heard_of(desk.running())


def test_without_takes_before_nothing_is_expected_of_webhooks(desk):
    assert not timing.is_heard_of(desk.running())


def test_without_a_public_address_nothing_is_expected_of_webhooks(desk, settings):
    settings.PUBLIC_URL = ""
    for _ in range(4):
        done(desk)

    assert not timing.is_heard_of(desk.running())
