"""On an account of several teams: what a person decides about a take gives them nothing of another team's."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from generations import lifecycle
from generations.lifecycle import CannotDecide
from generations.models import Status
from tests.fakes import finished
from tests.make import make_generation, make_member, make_team
from tests.road import status_of

FACTS = {"reason": "Read in the provider's list", "actor_id": None}


@pytest.fixture
def theirs(road):
    """A take of another team on the same account."""
    other = make_member(make_team(credits=1_000))
    road.account.teams.add(other.team)
    take = make_generation(other, account=road.account)
    return road.put(take, status=Status.RUNNING, provider_task_id="job-1", due_at=None)


@pytest.fixture
def unclear(road, script):
    take = road.put(road.take(), status=Status.UNCERTAIN, due_at=None)
    road.attempt(take, sent_at=Now() - timedelta(minutes=40))
    return take


def test_whose_job_it_is_is_said_to_its_own_team_only(road, script, unclear, theirs):
    with pytest.raises(CannotDecide, match="belongs to another take") as refused:
        lifecycle.bind(unclear, task_id="job-1", now=timezone.now(), seen=1, **FACTS)

    assert theirs.name not in refused.value.public


def test_a_take_that_was_never_sent_has_no_job_to_fetch(road, script):
    take = road.take()
    lifecycle.cancel_as(take, now=timezone.now(), actor_id=None)
    take.refresh_from_db()
    script.says("confirm", True)
    script.says("follow", finished("https://files.test/of-somebody-else.mp4"))

    with pytest.raises(CannotDecide, match="never sent"):
        lifecycle.recover(take, task_id="job-9", now=timezone.now(), **FACTS)

    assert (status_of(take), take.provider_task_id, take.outputs_json) == (Status.CANCELED, None, [])
