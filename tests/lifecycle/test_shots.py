"""Shots: pieces of a project that takes are tries for."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from generations import access, ledger, lifecycle
from generations.choices import Role
from generations.errors import InvalidRecipe, NotAllowed
from generations.lifecycle import BadShot
from generations.models import AuditEvent, Generation, Shot
from tests.make import make_member, make_project, make_team


@pytest.fixture
def add(desk):
    def add(code="SH040", description="", member=None, project=None):
        return lifecycle.add_shot(
            member=member or desk.member,
            project=project or desk.project,
            code=code,
            description=description,
            now=timezone.now(),
        )

    return add


def order(desk, **facts):
    defaults = {"member": desk.member, "project": desk.project, "recipe": desk.recipe, "account": desk.account}
    return lifecycle.submit(**{**defaults, **facts}, idempotency_key="form-1", now=timezone.now()).generation


def test_shots_stand_in_the_order_in_which_they_were_added(desk, add):
    add("SH040", "  The ferry leaves. ")
    add("SH010")

    assert [(shot.code, shot.description) for shot in desk.project.shots.all()] == [
        ("SH040", "The ferry leaves."),
        ("SH010", ""),
    ]
    assert AuditEvent.objects.filter(verb="add_shot", target_kind="shot").count() == 2


@pytest.mark.parametrize("code", ["", "   ", "SH 040", "x" * 21, "SH/040", "Küste", "SH040\n2"])
def test_a_code_that_is_none_is_refused_with_what_one_is(desk, add, code):
    with pytest.raises(BadShot) as raised:
        add(code)

    assert "such as SH040" in raised.value.problems["code"]
    assert not Shot.objects.exists()


@pytest.mark.parametrize("code", ["SH040", "sh040"])
def test_a_code_is_a_projects_only_once(desk, add, code):
    add("SH040")

    with pytest.raises(BadShot, match="has a shot SH040 already"):
        add(code)

    assert add(code, project=make_project(desk.team)).code == code


def test_the_code_of_an_archived_shot_is_still_taken(desk, add):
    lifecycle.archive_shot(member=desk.member, shot=add("SH040"), now=timezone.now())

    with pytest.raises(BadShot, match="in its archive"):
        add("SH040")


def test_a_description_has_300_characters_at_most(add):
    with pytest.raises(BadShot) as raised:
        add(description="x" * 301)

    assert list(raised.value.problems) == ["description"]


def test_a_shot_can_get_another_code_and_keep_its_own(desk, add):
    shot, other = add("SH040"), add("SH050")

    lifecycle.change_shot(member=desk.member, shot=shot, code="SH040", description="Dawn", now=timezone.now())
    with pytest.raises(BadShot):
        lifecycle.change_shot(member=desk.member, shot=other, code="SH040", description="", now=timezone.now())

    assert list(Shot.objects.order_by("pk").values_list("code", "description")) == [("SH040", "Dawn"), ("SH050", "")]


def test_a_creator_is_told_whom_to_ask(desk, add):
    with pytest.raises(NotAllowed, match=str(desk.member.user)):
        add(member=make_member(desk.team, Role.CREATOR))


def test_another_teams_project_does_not_exist(desk, add):
    with pytest.raises(access.Missing):
        add(project=make_project(make_team()))


def test_an_archived_project_gets_no_more_shots(desk, add):
    desk.project.archived_at = timezone.now()
    desk.project.save()

    with pytest.raises(BadShot, match="archived"):
        add()


def test_a_take_belongs_to_its_shot_and_counts_in_its_budgets(desk, add):
    shot = add()

    take = order(desk, shot=shot)

    take.refresh_from_db()
    assert take.shot == shot
    assert f"s{shot.pk}" in ledger.scopes_for(take)


def test_the_shot_of_another_project_is_refused(desk, add):
    shot = add(project=make_project(desk.team))

    with pytest.raises(InvalidRecipe) as raised:
        order(desk, shot=shot)

    assert list(raised.value.problems) == ["shot"]
    assert not Generation.objects.exists()


def test_an_archived_shot_gets_no_more_takes(desk, add):
    shot = add()
    lifecycle.archive_shot(member=desk.member, shot=shot, now=timezone.now())

    with pytest.raises(InvalidRecipe, match="SH040 is archived"):
        order(desk, shot=shot)


def test_the_same_code_four_times_at_once_is_one_shot(road):
    begin, refused = threading.Barrier(4), []

    def go():
        try:
            begin.wait()
            lifecycle.add_shot(
                member=road.member, project=road.project, code="SH040", description="", now=timezone.now()
            )
        except BadShot as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert Shot.objects.count() == 1
    assert len(refused) == 3
