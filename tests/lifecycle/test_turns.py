"""How many at once, and whose take is next."""

import threading

import pytest
from django.db import connection

from generations.models import Generation, ProviderAccount, Status
from generations.providers import Operation
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
