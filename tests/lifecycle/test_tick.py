"""The clock finds everything that is due, with or without Redis."""

from datetime import timedelta

import pytest
from django.utils import timezone
from redis import Redis
from rq import Queue

from generations import lifecycle, queue
from generations.models import Status
from tests.road import status_of


@pytest.fixture
def jobs(settings):
    def jobs(name):
        with Redis.from_url(settings.REDIS_URL) as client:
            return [(job.func_name, list(job.args)) for job in Queue(name, connection=client).jobs]

    return jobs


def flush(settings):
    """Nobody has been woken, and nobody remembers having been."""
    with Redis.from_url(settings.REDIS_URL) as client:
        client.flushall()
    queue._rung.clear()


@pytest.fixture
def five_of_each(desk, settings):
    takes = {}
    for status in (Status.QUEUED, Status.RUNNING, Status.INGESTING):
        takes[status] = [desk.running(status=status) for _ in range(5)]
    flush(settings)
    return takes


def test_every_kind_of_due_take_is_kicked(five_of_each, jobs):
    found = lifecycle.tick()

    assert found == {"expired": 0, "unsent": 0, "submit": 5, "follow": 5, "mail": 0, "ingest": 5}
    assert jobs("submit") == [("generations.jobs.submit", [])]
    assert jobs("follow") == [("generations.jobs.follow", [])]
    wanted = [("generations.jobs.ingest", [take.pk]) for take in five_of_each[Status.INGESTING]]
    assert sorted(jobs("ingest")) == sorted(wanted)


def test_a_take_that_still_waits_for_a_worker_gets_no_second_job(five_of_each, jobs):
    for _ in range(3):
        assert lifecycle.tick()["ingest"] == 5

    assert len(jobs("ingest")) == 5


def test_what_redis_forgot_is_found_again(five_of_each, jobs, settings):
    lifecycle.tick()
    flush(settings)
    assert jobs("ingest") == []

    assert lifecycle.tick()["ingest"] == 5

    assert len(jobs("ingest")) == 5


def test_what_is_not_due_or_in_work_is_not_kicked(desk, jobs, settings):
    soon = timezone.now() + timedelta(seconds=50)
    desk.running(status=Status.INGESTING, due_at=soon)
    desk.running(status=Status.INGESTING, lease_until=soon)
    desk.running(due_at=soon)
    desk.put(desk.take(), due_at=soon)
    flush(settings)

    assert set(lifecycle.tick().values()) == {0}

    assert [jobs(name) for name in ("submit", "follow", "ingest")] == [[], [], []]


def test_an_expired_submit_is_unclear_and_looked_up(desk, jobs, settings):
    take = desk.put(desk.take(), status=Status.SUBMITTING, lease_until=timezone.now() - timedelta(seconds=1))
    desk.attempt(take, sent_at=timezone.now())
    flush(settings)

    assert lifecycle.tick()["expired"] == 1

    assert status_of(take) == Status.UNCERTAIN
    assert jobs("follow") == [("generations.jobs.follow", [])]


def test_without_redis_the_rows_are_put_right_all_the_same(desk, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    take = desk.put(desk.take(), status=Status.SUBMITTING, lease_until=timezone.now() - timedelta(seconds=1))
    desk.attempt(take)

    found = lifecycle.tick()

    assert (found["expired"], found["unsent"], found["submit"]) == (1, 1, 1)
    assert status_of(take) == Status.QUEUED


def test_a_take_paid_for_without_redis_is_found_by_the_next_tick(road, jobs, settings, script):
    working, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"
    take = road.take()
    assert status_of(take) == Status.QUEUED

    settings.REDIS_URL = working
    queue.connection.cache_clear()
    lifecycle.tick()

    assert jobs("submit") == [("generations.jobs.submit", [])]
    road.send()
    assert status_of(take) == Status.RUNNING
