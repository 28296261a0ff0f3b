"""Wake-ups: cheap, coalesced, and never in the way."""

import time

import pytest
from django.conf import settings as site
from django.db import transaction
from django.utils.module_loading import import_string
from redis import Redis
from rq import Queue, SimpleWorker

from generations import jobs, lifecycle, queue


@pytest.fixture(autouse=True)
def nobody_was_woken():
    queue.connection.cache_clear()
    queue._rung.clear()
    yield
    queue.connection.cache_clear()
    queue._rung.clear()


@pytest.fixture
def redis(settings):
    with Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture
def waiting(redis):
    return lambda name: Queue(name, connection=redis).jobs


def next_second(redis):
    """As if the second were over in which a kick is not repeated."""
    queue._rung.clear()
    redis.delete(*redis.keys("kick:*"))


def test_a_kick_is_a_job_that_carries_no_work(waiting):
    queue.kick("submit")

    job = waiting("submit")[0]
    assert (job.func_name, job.args, job.kwargs) == ("generations.jobs.submit", [], {})


def test_a_kick_leaves_nothing_behind_for_long(waiting):
    queue.kick("follow")

    job = waiting("follow")[0]
    assert (job.result_ttl, job.ttl, job.failure_ttl) == (0, 10, 60)
    assert job.retries_left is None


def test_only_an_id_travels_with_a_job(waiting):
    queue.kick("ingest", generation_id=7)

    assert waiting("ingest")[0].args == [7]


def test_many_kicks_within_a_second_are_one_job(waiting):
    for _ in range(20):
        queue.kick("submit")
        queue.kick("ingest", generation_id=7)

    assert len(waiting("submit")) == 1
    assert len(waiting("ingest")) == 1


def test_another_process_kicks_only_once_a_second_too(waiting):
    queue.kick("submit")
    queue._rung.clear()  # what another process does not know

    queue.kick("submit")

    assert len(waiting("submit")) == 1


def test_takes_are_ingested_each_for_itself(waiting):
    queue.kick("ingest", generation_id=7)
    queue.kick("ingest", generation_id=8)

    assert [job.args for job in waiting("ingest")] == [[7], [8]]


def test_a_take_that_waits_for_a_worker_is_one_job(waiting, redis):
    queue.kick("ingest", generation_id=7)
    seconds = redis.ttl("kick:ingest:7")
    queue.kick("ingest", generation_id=7)

    assert seconds == waiting("ingest")[0].ttl == 10
    assert len(waiting("ingest")) == 1


def test_many_takes_are_kicked_as_each_alone_would_be(waiting, redis):
    queue.kick("ingest", generation_id=7)

    queue.kick_each("ingest", [7, 8, 9])

    jobs = waiting("ingest")
    assert [job.args for job in jobs] == [[7], [8], [9]]
    assert {(job.func_name, job.result_ttl, job.ttl, job.failure_ttl, job.timeout) for job in jobs} == {
        ("generations.jobs.ingest", 0, 10, 60, queue.timeout_seconds("ingest"))
    }
    assert redis.ttl("kick:ingest:9") == 10


def test_many_kicks_without_redis_are_no_error(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert queue.kick_each("ingest", [7, 8]) is None


def test_a_take_that_a_worker_has_begun_is_kicked_again(waiting):
    queue.kick("ingest", generation_id=7)
    queue.answer("ingest", generation_id=7)

    queue.kick("ingest", generation_id=7)

    assert len(waiting("ingest")) == 2


def test_the_next_second_is_kicked_again(waiting, redis):
    queue.kick("submit")
    next_second(redis)
    queue.kick("submit")

    assert len(waiting("submit")) == 2


def test_a_redis_that_is_gone_is_no_error_and_costs_little_time(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    begin = time.monotonic()

    queue.kick("submit")

    assert time.monotonic() - begin < 2


def test_a_redis_that_comes_back_is_used_again(settings, waiting):
    working, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"
    queue.kick("submit")

    settings.REDIS_URL = working
    queue.connection.cache_clear()
    queue.kick("submit")

    assert len(waiting("submit")) == 1


@pytest.mark.django_db
def test_a_kick_waits_for_the_commit(waiting, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        queue.kick_on_commit("submit")
        assert waiting("submit") == []

    assert len(waiting("submit")) == 1


@pytest.mark.django_db
def test_what_is_rolled_back_is_never_kicked(waiting, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as callbacks, pytest.raises(ValueError):  # noqa: SIM117
        with transaction.atomic():
            queue.kick_on_commit("submit")
            raise ValueError

    assert (callbacks, waiting("submit")) == ([], [])


@pytest.mark.parametrize("name", queue.QUEUES)
def test_every_queue_has_a_job_that_exists(name):
    assert callable(import_string(queue._JOBS[name]))


def test_a_job_may_take_longer_than_what_it_does():
    assert queue.timeout_seconds("submit") > site.LIFECYCLE["pump_seconds"] + 15
    assert queue.timeout_seconds("ingest") > site.LIMITS["result_download_seconds"] + site.LIMITS["inspect_seconds"]


def _work(redis, name):
    SimpleWorker([Queue(name, connection=redis)], connection=redis).work(burst=True, logging_level="WARNING")


def test_a_worker_runs_the_job_and_forgets_it(monkeypatch, redis, waiting):
    done = []
    monkeypatch.setattr(lifecycle, "ingest", done.append)
    monkeypatch.setattr(jobs.connection, "close", lambda: None)
    queue.kick("ingest", generation_id=7)
    job = waiting("ingest")[0]

    _work(redis, "ingest")

    assert done == [7]
    assert not redis.exists(job.key)


def test_a_defect_is_logged_and_the_job_is_not_repeated(monkeypatch, redis, waiting, caplog):
    calls = []

    def broken():
        calls.append(1)
        raise ValueError("a bug")

    monkeypatch.setattr(lifecycle, "tick", broken)
    monkeypatch.setattr(jobs.connection, "close", lambda: None)
    queue.kick("tick")
    for _ in range(2):
        _work(redis, "tick")

    assert calls == [1]
    assert "job_failed" in caplog.text
    assert waiting("tick") == []


def test_a_job_that_nobody_took_is_dropped(monkeypatch, redis, waiting):
    """What waits too long is stale: the tick has made another."""
    monkeypatch.setattr(lifecycle, "tick", lambda: pytest.fail("it was taken"))
    queue.kick("tick")
    job = waiting("tick")[0]

    redis.expire(job.key, 0)
    _work(redis, "tick")

    assert waiting("tick") == []


def test_a_kick_after_the_look_has_begun_rings_again(waiting):
    queue.kick("submit")
    queue.answer("submit")
    queue._rung.clear()

    queue.kick("submit")

    assert len(waiting("submit")) == 2


def test_a_look_begins_without_redis_too(settings):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    queue.connection.cache_clear()

    assert queue.answer("submit") is None
