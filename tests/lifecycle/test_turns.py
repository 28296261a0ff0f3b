"""How many at once, how many a minute, and whose take is next."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from generations.models import Attempt, Generation, ProviderAccount, Status
from generations.providers import Busy, Operation
from tests.make import make_account, make_member, make_project, make_team
from tests.road import status_of


@pytest.fixture
def order_of(road, script):
    """Send everything one at a time, and say whose turn each was."""

    def run(takes):
        ProviderAccount.objects.filter(pk=road.account.pk).update(max_running=1)
        names = {take.our_id: name for name, take in takes}
        for _ in takes:
            road.send(seconds=0.1)
            Generation.objects.filter(status=Status.RUNNING).update(status=Status.UNCERTAIN, due_at=None)
        return [names[task.our_id] for task in script.about("submit")]

    return run


def test_no_more_run_at_once_than_the_account_allows(road, script):
    takes = [road.take() for _ in range(7)]

    road.send(seconds=0.5)

    assert script.count("submit") == 4
    assert sum(status_of(take) == Status.RUNNING for take in takes) == 4


def test_two_pumps_at_once_keep_to_the_same_limit(road, script):
    takes, most, lock = [road.take() for _ in range(12)], [], threading.Lock()
    begin = threading.Barrier(2)

    def submit(task):
        with lock:
            most.append(Generation.objects.filter(status__in=("submitting", "running")).count())
        return Operation(f"task-{task.our_id}")

    script.says("submit", *[submit] * 12)

    def pump():
        try:
            begin.wait()
            for _ in range(3):
                road.send(seconds=0.2)
        finally:
            connection.close()

    threads = [threading.Thread(target=pump) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert max(most) <= 4
    assert script.count("submit") == 4
    assert len({task.our_id for task in script.about("submit")}) == 4
    assert sum(status_of(take) == Status.QUEUED for take in takes) == 8


def test_a_pump_without_the_accounts_lease_claims_nothing(road, script):
    from generations.lifecycle import SubmitPump

    take = road.take()
    one, other = SubmitPump(seconds=0), SubmitPump(seconds=0)
    one._lease()
    other._lease()
    assert (list(one.accounts), list(other.accounts)) == ([road.account.pk], [])

    other.accounts = dict(one.accounts)

    assert other.claim(10) == []
    assert [claim.generation for claim in one.claim(10)] == [take]


def test_a_slot_that_becomes_free_is_filled(road, script):
    takes = [road.take() for _ in range(5)]
    road.send(seconds=0.2)
    done = next(take for take in takes if status_of(take) == Status.RUNNING)

    road.put(done, status=Status.INGESTING)
    road.send(seconds=0.2)

    assert script.count("submit") == 5


def test_members_of_a_team_take_turns(road, order_of):
    ana, ben = road.member, make_member(road.team)
    takes = [("ana", road.take(member=ana)) for _ in range(10)]
    takes += [("ben", road.take(member=ben)) for _ in range(2)]

    assert order_of(takes)[:5] == ["ana", "ben", "ana", "ben", "ana"]


def test_teams_take_turns_and_so_do_their_members(road, order_of):
    far = make_team(credits=20_000)
    road.account.teams.add(far)
    project = make_project(far)
    people = {
        "ana": (road.member, road.project),
        "ben": (make_member(road.team), road.project),
        "cleo": (make_member(far), project),
        "dan": (make_member(far), project),
    }
    takes = [("ana", road.take()) for _ in range(10)]
    for name in ("ben", "cleo", "dan"):
        member, project = people[name]
        takes += [(name, road.take(member=member, project=project)) for _ in range(2)]

    order = order_of(takes)

    assert order[:8] == ["ana", "cleo", "ben", "dan", "ana", "cleo", "ben", "dan"]
    assert order[8:] == ["ana"] * 8


def test_one_claim_of_many_slots_is_as_fair(road, script):
    ben = make_member(road.team)
    takes = [road.take() for _ in range(6)] + [road.take(member=ben) for _ in range(2)]

    road.send(seconds=0.3)

    sent = {task.our_id for task in script.about("submit")}
    assert sum(take.our_id in sent for take in takes[6:]) == 2
    assert sum(take.our_id in sent for take in takes[:6]) == 2


def test_an_account_that_is_full_does_not_hold_up_another(road, script):
    ProviderAccount.objects.update(max_running=1)
    road.take()
    waiting = road.take()
    elsewhere = road.take(account=make_account(road.team))

    road.send(seconds=0.3)

    assert status_of(waiting) == Status.QUEUED
    assert status_of(elsewhere) == Status.RUNNING


def test_a_take_that_is_wanted_soon_goes_first_in_its_team(road, order_of):
    ben = make_member(road.team)
    takes = [("old", road.take()), ("bens", road.take(member=ben)), ("later", road.take()), ("soon", road.take())]
    road.put(takes[2][1], deadline_at=Now() + timedelta(minutes=10))
    road.put(takes[3][1], deadline_at=Now() + timedelta(minutes=5))

    assert order_of(takes) == ["soon", "later", "bens", "old"]


def test_a_deadline_that_is_far_off_changes_nothing(road, order_of):
    takes = [("old", road.take()), ("young", road.take())]
    road.put(takes[1][1], deadline_at=Now() + timedelta(days=1))

    assert order_of(takes) == ["old", "young"]


def test_a_team_with_deadlines_does_not_take_the_turns_of_another(road, order_of):
    far = make_team(credits=20_000)
    road.account.teams.add(far)
    cleo, project = make_member(far), make_project(far)
    takes = [("far", road.take(member=cleo, project=project)) for _ in range(3)]
    takes += [("soon", road.put(road.take(), deadline_at=Now() + timedelta(minutes=1))) for _ in range(3)]

    order = order_of(takes)

    assert sorted(order[:2]) == sorted(order[2:4]) == sorted(order[4:]) == ["far", "soon"]


def test_no_more_are_sent_in_a_minute_than_the_account_allows(road, script):
    ProviderAccount.objects.update(submits_per_minute=3, max_running=50)
    takes = [road.take() for _ in range(5)]

    road.send(seconds=0.3)
    assert script.count("submit") == 3
    assert [status_of(take) for take in takes].count(Status.QUEUED) == 2
    assert all(take.tries == 0 for take in takes), "waiting is no failed try"

    Attempt.objects.filter(generation=takes[0]).update(sent_at=Now() - timedelta(seconds=61))
    road.send(seconds=0.3)
    assert script.count("submit") == 4


def test_refused_and_busy_submits_count_in_the_minute_too(road, script):
    ProviderAccount.objects.update(submits_per_minute=2)
    take, other = road.take(), road.take()
    script.says("submit", Busy("fal asks us to wait.", provider="fal", retry_after_seconds=1))

    road.send(seconds=0.3)
    ProviderAccount.objects.update(not_before=None)
    road.due(take)
    road.send(seconds=0.3)

    assert script.count("submit") == 2
    assert sorted([status_of(take), status_of(other)]) == [Status.QUEUED, Status.RUNNING]


def test_the_minute_of_one_account_is_not_anothers(road, script):
    ProviderAccount.objects.update(submits_per_minute=1)
    road.take()
    elsewhere = road.take(account=make_account(road.team, submits_per_minute=1))

    road.send(seconds=0.3)

    assert status_of(elsewhere) == Status.RUNNING
