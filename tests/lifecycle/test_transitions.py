"""Which status may follow which, and who wins."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from generations.models import TERMINAL, TRANSITIONS, Generation, IllegalTransition, Status
from tests.road import status_of

EVERY = list(Status)


@pytest.fixture
def take(desk):
    # What some statuses need to exist at all.
    return desk.put(desk.take(), provider_task_id="task-1", finished_at=timezone.now())


@pytest.mark.parametrize("to", EVERY)
def test_only_the_moves_of_the_map_are_made(take, desk, to):
    for source in EVERY:
        desk.put(take, status=source)
        before = take.events.count()

        moved = _try(take, to)

        allowed = to in TRANSITIONS[source]
        assert (source, moved) == (source, allowed)
        assert status_of(take) == (to if allowed else source)
        assert take.events.count() == before + allowed
    desk.put(take, status=Status.QUEUED)


def _try(take, to):
    try:
        return take.advance(to)
    except IllegalTransition:
        assert not any(to in targets for targets in TRANSITIONS.values())
        return False


@pytest.mark.parametrize("source", EVERY)
def test_a_pair_that_the_map_lacks_is_an_error_of_the_program(take, desk, source):
    desk.put(take, status=source)
    for to in set(EVERY) - TRANSITIONS[source]:
        with pytest.raises(IllegalTransition):
            take.advance(to, only_from=frozenset({source}))
    assert status_of(take) == source
    desk.put(take, status=Status.QUEUED)


def test_the_map_lets_nothing_leave_done(desk):
    assert TRANSITIONS[Status.DONE] == frozenset()
    assert {source for source, to in TRANSITIONS.items() if to & {Status.SUBMITTING}} == {Status.QUEUED}


@pytest.mark.parametrize("to", sorted(TERMINAL))
def test_an_end_has_a_time_and_is_never_due(take, desk, to):
    source = next(source for source in EVERY if to in TRANSITIONS[source])
    desk.put(take, status=source, finished_at=None, due_at=timezone.now())

    assert take.advance(to)

    assert take.finished_at is not None
    assert take.due_at is None
    desk.put(take, status=Status.QUEUED)


def test_only_the_holder_of_the_lease_can_move_a_take(take, desk):
    desk.put(take, status=Status.INGESTING, lease_token=7)

    assert not take.advance(Status.FAILED, holding=6)
    assert status_of(take) == Status.INGESTING
    assert take.advance(Status.FAILED, holding=7)
    desk.put(take, status=Status.QUEUED)


def test_of_many_callers_at_once_exactly_one_wins(road):
    take = road.take()
    begin, wins = threading.Barrier(6), []

    def go():
        try:
            mine = Generation.objects.get(pk=take.pk)
            begin.wait()
            wins.append(mine.advance(Status.SUBMITTING))
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert sorted(wins) == [False] * 5 + [True]
    assert take.events.filter(kind=Status.SUBMITTING).count() == 1
