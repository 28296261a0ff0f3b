"""Where a take stands in line is the order of turns; when it starts is told from what its own team has seen."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from generations.catalog import load
from generations.lifecycle import line_of
from generations.models import Generation, ProviderAccount, Status
from tests.make import make_account, make_member, make_project, make_team


@pytest.fixture
def single(desk):
    """One job at a time."""
    ProviderAccount.objects.update(max_running=1)
    desk.account.refresh_from_db()
    return desk


def places(*takes):
    found = line_of(takes)
    return [found[take.pk].position for take in takes]


def rendered(road, seconds, *, member=None, project=None):
    """A take of the past that took so long."""
    take = road.take(member=member, project=project or road.project)
    lasted = {"submitted_at": Now() - timedelta(seconds=seconds), "provider_done_at": Now()}
    return road.put(take, status=Status.INGESTING, **lasted)


def test_the_place_is_the_turn_and_not_the_age(single):
    ben = make_member(single.team)
    first, second, bens = single.take(), single.take(), single.take(member=ben)

    assert places(first, bens, second) == [1, 2, 3]


def test_other_teams_count_but_are_not_shown(single):
    far = make_team(credits=20_000)
    single.account.teams.add(far)
    mine = single.take()
    single.take(member=make_member(far), project=make_project(far))
    second = single.take()

    assert line_of([mine, second]).keys() == {mine.pk, second.pk}
    assert places(mine, second) == [1, 3]


def test_each_account_has_its_own_line(desk):
    one, other = desk.take(), desk.take(account=make_account(desk.team))

    assert places(one, other) == [1, 1]


def test_takes_that_wait_for_their_time_stand_in_line_too(single):
    waiting = single.put(single.take(), due_at=Now() + timedelta(minutes=5))

    assert places(waiting, single.take()) == [1, 2]


def test_what_is_not_in_line_has_no_place(desk):
    assert line_of([desk.running()]) == {}
    assert line_of([]) == {}


def test_a_free_place_starts_at_once(desk):
    place = line_of([take := desk.take()])[take.pk]

    assert (place.starts_in_seconds, place.done_in_seconds) == (0, 20)


def test_the_teams_own_median_says_how_long(single):
    for seconds in (30, 40, 500):
        rendered(single, seconds)
    single.running()
    first, second = single.take(), single.take()

    found = line_of([first, second])

    assert [round(found[take.pk].starts_in_seconds) for take in (first, second)] == [40, 80]
    assert round(found[second.pk].done_in_seconds) == 120


def test_what_other_teams_have_seen_does_not_count(single):
    far = make_team(credits=20_000)
    single.account.teams.add(far)
    rendered(single, 900, member=make_member(far), project=make_project(far))
    take = single.take()

    assert line_of([take])[take.pk].done_in_seconds == 20


def test_another_model_does_not_count(single):
    old = rendered(single, 900)
    Generation.objects.filter(pk=old.pk).update(model="kling-v1")
    take = single.take()

    assert line_of([take])[take.pk].done_in_seconds == 20


def test_without_a_history_the_catalog_says_it(single):
    ProviderAccount.objects.update(is_sandbox=False)
    take = single.take()
    take.account.refresh_from_db()

    seconds = load().model(take.model).render_seconds[take.capability]
    assert line_of([take])[take.pk].done_in_seconds == seconds


def test_several_jobs_at_once_end_sooner(desk):
    """Four at once: a place becomes free four times in the time that one take renders."""
    for _ in range(4):
        desk.running()
    takes = [desk.take() for _ in range(4)]

    found = line_of(takes)

    assert [found[take.pk].starts_in_seconds for take in takes] == [5, 10, 15, 20]


@pytest.mark.parametrize("status", ["paused", "resting"])
def test_nobody_promises_a_time_while_nothing_is_sent(desk, status):
    take = desk.take()
    ProviderAccount.objects.update(status=status)

    place = line_of([take])[take.pk]

    assert (place.position, place.starts_in_seconds, place.done_in_seconds) == (1, None, None)


def test_many_takes_are_one_query(desk, django_assert_num_queries):
    takes = list(Generation.objects.select_related("account").filter(pk__in=[desk.take().pk for _ in range(6)]))

    with django_assert_num_queries(1):
        assert len(line_of(takes)) == 6
