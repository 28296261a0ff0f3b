"""RQ's entry points: ids in, one lifecycle call. The row keeps the truth, so a job may be lost or run twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from django.db import connection
from django.utils import timezone
from rq.timeouts import JobTimeoutException

from generations import lifecycle, queue, reports

log = structlog.get_logger(__name__)


def tick() -> None:
    """Every two seconds: find what is due."""
    _run("tick", lifecycle.tick)


def sweep() -> None:
    """Every hour: remove files that no row speaks of."""
    _run("sweep", lifecycle.sweep)


def tend_books() -> None:
    """Every minute: what is due in the books, the budgets and their requests."""
    _run("tend_books", lambda: lifecycle.tend_books(timezone.now(), _apart))


def mail() -> None:
    """Send the mails that are due."""
    _run("mail", lifecycle.send_mails)


def read_balances() -> None:
    """Every hour: what is left at the providers."""
    _run("read_balances", lambda: lifecycle.read_balances(timezone.now()))


def warn_of_packs() -> None:
    """Every hour: packs that end soon."""
    _run("warn_of_packs", lambda: lifecycle.warn_of_packs(timezone.now()))


def check_drift() -> None:
    """Every hour, to do once a day: prices that drift."""
    _run("check_drift", lambda: lifecycle.check_drift(timezone.now()))


def send_reports() -> None:
    """Every minute: reports that are due by e-mail."""
    _run("send_reports", lambda: reports.send_subscriptions(timezone.now(), _apart))


def roll_up() -> None:
    """Every minute: count for the reports what is new in the books."""
    _run("roll_up", lambda: reports.roll_up(now=timezone.now()))


def look_for_proof() -> None:
    """Every ten minutes, to do once a night: prove the books, on a worker that has time for it."""
    if reports.proof_is_due(timezone.now()):
        queue.kick("proof")
    connection.close()


def prove_books() -> None:
    """Prove the books. It may take minutes where there are millions of entries."""
    _run("proof", lambda: reports.prove_books(timezone.now()))


def submit() -> None:
    """Pump queued takes out to the providers."""
    _run("submit", lifecycle.SubmitPump().run)


def follow() -> None:
    """Ask the providers about running takes."""
    _run("follow", lifecycle.FollowPump().run)


def ingest(generation_id: int) -> None:
    """Bring one result home."""
    _run("ingest", lambda: lifecycle.ingest(generation_id), generation_id=generation_id)


@contextmanager
def _apart(step: str) -> Iterator[None]:
    """What goes wrong with one team is logged, and the next one's turn comes."""
    try:
        yield
    except JobTimeoutException:
        raise
    except Exception:
        log.exception("step_failed", step=step)


def _run(name: str, call: Callable[[], object], **facts: int) -> None:
    try:
        queue.answer(name, **facts)
        call()
    except Exception:
        # Unexpected: the row's lease ends and the next tick looks again. The trace is what a person needs.
        log.exception("job_failed", job=name, **facts)
        raise
    finally:
        connection.close()
