"""What addresses ask of reports, and what they are told when it is not there."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from generations import access, reports
from generations.choices import Role
from generations.errors import NotAllowed
from tests.make import make_account, make_member, make_project, make_team, make_user
from tests.reports.takes import NOON


@pytest.fixture
def member(db):
    return make_member(make_team(time_zone="Europe/Berlin"), Role.PRODUCER)


def read(member, /, now=NOON, **params):
    return reports.Filters.read(member, {name.rstrip("_"): value for name, value in params.items()}, now=now)


def test_without_days_it_is_the_last_thirty_of_the_team(member):
    filters = read(member, now=datetime(2025, 11, 20, 23, 30, tzinfo=UTC))

    assert (filters.first_day, filters.last_day) == (date(2025, 10, 23), date(2025, 11, 21))
    assert (filters.days, filters.step, filters.by) == (30, "day", "")


def test_an_address_comes_back_as_it_was(member):
    project, account = make_project(member.team), make_account(member.team)
    params = {
        "from": "2025-01-01",
        "to": "2025-03-31",
        "project": str(project.public_id),
        "member": str(member.user.pk),
        "model": "kling-v2-master",
        "tier": "master",
        "account": str(account.public_id),
        "capability": "text_to_video",
        "by": "tier",
        "step": "week",
    }

    assert read(member, **params).as_params() == params


def test_the_same_days_before_are_right_before(member):
    before = read(member, from_="2025-03-01", to="2025-03-31").before()

    assert (before.first_day, before.last_day) == (date(2025, 1, 29), date(2025, 2, 28))


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"from_": "yesterday"}, "“yesterday” is not a day. Write days like 2025-11-21."),
        ({"to": "2025-02-30"}, "“2025-02-30” is not a day. Write days like 2025-11-21."),
        ({"to": "0001-01-02"}, "Reports know the years from 2000 to 2999. Choose days in them."),
        ({"from_": "2025-11-20", "to": "2025-11-19"}, "The last day is before the first. Choose a later last day."),
        ({"from_": "2020-01-01", "to": "2023-01-01"}, "A report covers at most 36 months. Choose fewer days."),
        (
            {"from_": "2025-01-01", "to": "2025-06-30", "step": "day"},
            "By day, a report covers at most 100 days. Choose weeks or months, or fewer days.",
        ),
        (
            {"from_": "2023-01-01", "to": "2025-06-30", "step": "week"},
            "By week, a report covers at most 400 days. Choose months, or fewer days.",
        ),
        ({"project": "the ferry"}, "There is no such project: 'the ferry'."),
        ({"account": "fal"}, "There is no such account: 'fal'."),
        ({"member": "-1"}, "There is no such member: '-1'."),
        ({"member": "9" * 30}, "There is no such member: '999999999999999999999999999999'."),
        ({"member": "٣"}, "There is no such member: '٣'."),
        ({"tier": "ultra"}, "There is no such tier: 'ultra'."),
        ({"capability": "dance"}, "There is no such capability: 'dance'."),
        ({"by": "colour"}, "There is no such by: 'colour'."),
        ({"model": "a\x00b"}, "There is no such model: 'a\\x00b'."),
        ({"model": "m" * 65}, f"There is no such model: '{'m' * 40}'."),
    ],
)
def test_what_it_cannot_read_is_refused_with_a_sentence(member, params, sentence):
    with pytest.raises(reports.BadFilter) as refused:
        read(member, **params)

    assert refused.value.public == sentence


def test_thirty_six_months_are_allowed(member):
    assert read(member, from_="2020-01-01", to="2022-12-31").days == 1096


def test_what_belongs_to_others_does_not_exist(member):
    other = make_team()
    stranger = make_member(other)
    project, account = make_project(other), make_account(other)
    gone = {
        "project": [str(project.public_id), str(uuid4())],
        "account": [str(account.public_id), str(uuid4())],
        "member": [str(stranger.user.pk), "987654321"],
    }

    for name, values in gone.items():
        for value in values:
            with pytest.raises(access.Missing):
                read(member, **{name: value})


def test_who_may_not_see_reports_is_told_whom_to_ask(member):
    viewer = make_member(member.team, Role.VIEWER, user=make_user())

    with pytest.raises(NotAllowed):
        read(viewer)
