"""Whoever needs a take and its attempt locks the attempt first: two orders would close a ring."""

import threading
import time

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from generations.lifecycle import SubmitPump, reconcile
from generations.lifecycle.attempts import close_step, mark_sent
from generations.lifecycle.outcomes import accepted
from generations.models import Attempt, Generation, Purse, Status
from generations.providers import Operation
from tests.road import status_of


@pytest.fixture
def claimed(road, script):
    take = road.take()
    pump = SubmitPump(seconds=0)
    pump._lease()
    claim = pump.claim(1)[0]
    pump._let_go()
    return take, claim


def expire(claim):
    return reconcile.make_uncertain_if_expired(Generation.objects.get(pk=claim.generation.pk), "Its worker is gone.")


def beside(work, result):
    def go():
        try:
            result.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=go)
    thread.start()
    return thread


def someone_waits():
    sql = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    for _ in range(100):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            if cursor.fetchone()[0]:
                return True
        time.sleep(0.02)
    return False


def leave_line(claim):
    return accepted(claim.generation, claim.attempt_id, Operation("late-1"), Attempt.Outcome.ACCEPTED)


WORKS = {
    "marking": mark_sent,
    "closing a step": lambda claim: close_step(claim, {"session_id": "s-1"}),
    "losing a step": expire,
    "leaving the line": leave_line,
}


@pytest.mark.parametrize("name", WORKS)
def test_who_waits_for_an_attempt_holds_no_take(road, claimed, name):
    take, claim = claimed
    if name == "losing a step":
        mark_sent(claim, "identify-face")
        road.put(take, lease_until=Now())
    if name == "leaving the line":
        take.attempts.update(closed_at=Now(), outcome="absent")
        road.put(take, status=Status.QUEUED)
    done = []
    with transaction.atomic():
        Attempt.objects.select_for_update(no_key=True).get(pk=claim.attempt_id)  # as a person's decision does
        thread = beside(lambda: WORKS[name](claim), done)
        assert someone_waits()
        Generation.objects.select_for_update(no_key=True, nowait=True).get(pk=take.pk)
    thread.join()

    assert done[0]


def test_an_attempt_is_not_marked_where_the_lease_is_over(road, claimed):
    take, claim = claimed
    road.put(take, lease_until=Now())

    assert not mark_sent(claim)

    attempt = take.attempts.get()
    assert (attempt.sent_at, attempt.closed_at) == (None, None)
    assert status_of(take) == "submitting"


def test_a_take_that_ends_at_its_claim_holds_no_purse_while_the_next_one_is_claimed(road, script):
    """Its route is gone. The next take's row is locked by somebody who will want the purse: a cancel."""
    lost, well = road.take(), road.take()
    road.put(lost, quote_json={**lost.quote_json, "route": "fal:kling-v0:text_to_video:std"})
    done = []
    with transaction.atomic():
        Generation.objects.select_for_update(no_key=True).get(pk=well.pk)
        thread = beside(lambda: road.send(seconds=1) or True, done)
        assert someone_waits()
        Purse.objects.select_for_update(nowait=True).get(team=road.team)
    thread.join()

    assert (status_of(lost), status_of(well)) == (Status.FAILED, Status.RUNNING)
