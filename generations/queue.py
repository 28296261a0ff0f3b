"""Wake-ups. The only code that enqueues: a kick says "look now", carries no work, and may be lost without harm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from time import monotonic
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker
from rq.cron import CronScheduler

log = structlog.get_logger(__name__)

QUEUES = ("tick", "submit", "follow", "ingest", "mail", "proof")
_COALESCE_SECONDS = 1
_JOB_SECONDS = 10  # how long a job waits for a worker before it is stale
_BURST_SECONDS = 0.2  # a burst of submits asks Redis once
_rung: dict[str, float] = {}  # until when this process knows that a queue has just been rung
_JOBS = {
    "tick": "generations.jobs.tick",
    "submit": "generations.jobs.submit",
    "follow": "generations.jobs.follow",
    "ingest": "generations.jobs.ingest",
    "mail": "generations.jobs.mail",
    "proof": "generations.jobs.prove_books",
}


@cache
def connection() -> Redis:
    """This process's connection to Redis. It fails fast: a kick must never hold up the request that made it."""
    return Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))


def kick(queue: str, *, generation_id: int | None = None) -> None:
    """Ask for a look at a queue's due rows, at most once a second. Never raises: the next tick finds the rows.

    Where the look is at one take, the kicks until a worker has begun are one job: the tick kicks every take that waits,
    every time.
    """
    name = f"{queue}:{generation_id or ''}"
    if monotonic() < _rung.get(name, 0.0):
        return
    try:
        seconds = _COALESCE_SECONDS if generation_id is None else _JOB_SECONDS
        if not connection().set(f"kick:{name}", 1, nx=True, ex=seconds):
            return
        if generation_id is None:
            _rung[name] = monotonic() + _BURST_SECONDS
        arguments = [] if generation_id is None else [generation_id]
        Queue(queue, connection=connection()).enqueue_call(
            _JOBS[queue], args=arguments, timeout=timeout_seconds(queue), result_ttl=0, ttl=_JOB_SECONDS, failure_ttl=60
        )
    except (RedisError, OSError) as error:
        log.warning("kick_failed", queue=queue, error=type(error).__name__)


def kick_each(queue: str, ids: Sequence[int]) -> None:
    """`kick` for many takes in two round trips: on a busy machine those are what a kick costs. Never raises."""
    try:
        asked = connection().pipeline(transaction=False)
        for generation_id in ids:
            asked.set(f"kick:{queue}:{generation_id}", 1, nx=True, ex=_JOB_SECONDS)
        facts: dict[str, Any] = {
            "timeout": timeout_seconds(queue),
            "result_ttl": 0,
            "ttl": _JOB_SECONDS,
            "failure_ttl": 60,
        }
        new = [pk for pk, was_set in zip(ids, asked.execute(), strict=True) if was_set]
        jobs = [Queue.prepare_data(_JOBS[queue], args=[pk], **facts) for pk in new]
        Queue(queue, connection=connection()).enqueue_many(jobs)
    except (RedisError, OSError) as error:
        log.warning("kick_failed", queue=queue, error=type(error).__name__)


def answer(queue: str, *, generation_id: int | None = None) -> None:
    """Say that a look begins: whoever kicks from now on has something that this look may not see. Never raises."""
    try:
        connection().delete(f"kick:{queue}:{generation_id or ''}")
    except (RedisError, OSError) as error:
        log.warning("answer_failed", queue=queue, error=type(error).__name__)


def kick_on_commit(queue: str, *, generation_id: int | None = None) -> None:
    """Kick once the current transaction has committed; at once where there is none."""
    transaction.on_commit(lambda: kick(queue, generation_id=generation_id))


def timeout_seconds(queue: str) -> int:
    """How long a job of a queue may take before its worker stops it; every lease outlives this or is renewed."""
    if queue in ("submit", "follow"):
        return int(settings.LIFECYCLE["pump_seconds"]) + 20
    if queue == "ingest":
        return int(settings.LIMITS["result_download_seconds"] + 2 * settings.LIMITS["inspect_seconds"]) + 60
    if queue == "mail":  # the last mail of a round may meet a slow server in each of its steps
        return int(settings.LIFECYCLE["mail_seconds"] + 12 * settings.EMAIL_TIMEOUT)
    return 1800 if queue == "proof" else 60


def run_worker(queues: list[str]) -> None:
    """Work on queues until a signal says stop. Each job runs in a child, so no database connection is shared."""
    Worker([Queue(name, connection=_blocking()) for name in queues], connection=_blocking()).work(
        logging_level="WARNING"
    )


def run_clock(functions: Mapping[str, int]) -> None:
    """Enqueue functions, by their dotted names, each every so many seconds, until a signal says stop."""
    clock = CronScheduler(connection=_blocking(), logging_level="WARNING")
    for function, seconds in functions.items():
        job = import_string(function)
        clock.register(job, "tick", interval=seconds, job_timeout=60, result_ttl=0, ttl=10, failure_ttl=60)
    clock.start()


def _blocking() -> Redis:
    """A connection for processes that wait on Redis, with RQ's own time-outs."""
    return Redis.from_url(settings.REDIS_URL)
