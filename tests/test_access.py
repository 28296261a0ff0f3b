"""Who may do what in a team, in sentences; and what does not exist for everybody else."""

import uuid

import pytest
from django.contrib.auth.models import AnonymousUser

from generations import access
from generations.access import May, Missing
from generations.choices import MediaKind, Role
from generations.errors import NotAllowed, Retry
from generations.models import Asset, Blob, Membership
from tests.make import make_account, make_generation, make_member, make_price_rules, make_project, make_team, make_user

pytestmark = pytest.mark.django_db

# The table once more, by hand: a change of it must be meant.
MAY = {
    Role.OWNER: set(May),
    Role.BUDGET_ADMIN: {
        May.SEE,
        May.SEE_CREDITS,
        May.GRANT_CREDITS,
        May.MANAGE_BUDGETS,
        May.APPROVE,
        May.SEE_REPORTS,
    },
    Role.PRODUCER: {
        May.SEE,
        May.GENERATE,
        May.CANCEL_ANY,
        May.MANAGE_PROJECTS,
        May.SEE_CREDITS,
        May.SEE_REPORTS,
        May.RESOLVE,
        May.REVIEW,
    },
    Role.CREATOR: {May.SEE, May.GENERATE, May.SEE_CREDITS},
    Role.REVIEWER: {May.SEE, May.REVIEW},
    Role.VIEWER: {May.SEE},
}


def make_asset(team, person):
    digest = uuid.uuid4().hex * 2
    blob = Blob.objects.create(
        team=team, sha256=digest, size_bytes=1, media_type="image/png", storage_key=f"blobs/{digest}"
    )
    return Asset.objects.create(team=team, kind=MediaKind.IMAGE, name="A still", blob=blob, created_by=person)


@pytest.fixture
def team():
    make_price_rules()
    return make_team(name="Harbour", credits=1000)


@pytest.fixture
def owner(team):
    return make_member(team, user=make_user(name="Olga Owner"))


@pytest.mark.parametrize("right", May)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_what_the_table_says_and_nothing_else(team, role, right):
    member = make_member(team, role)

    assert member.may(right) == (right in MAY[role])
    if right in MAY[role]:
        member.check(right)
    else:
        with pytest.raises(NotAllowed):
            member.check(right)


def test_an_owner_may_everything(owner):
    assert owner.rights == set(May)


def test_everybody_in_a_team_sees_it():
    assert all(May.SEE in rights for rights in access.ROLES.values())


def test_whoever_makes_takes_sees_what_they_cost():
    for role, rights in access.ROLES.items():
        assert May.GENERATE not in rights or May.SEE_CREDITS in rights, role


def test_only_owners_manage_members_and_only_owners_and_budget_admins_add_credits():
    def who(right):
        return {role for role, rights in access.ROLES.items() if right in rights}

    assert who(May.MANAGE_MEMBERS) == {Role.OWNER}
    assert who(May.GRANT_CREDITS) == {Role.OWNER, Role.BUDGET_ADMIN}


def test_every_role_has_a_row_in_the_table():
    assert set(access.ROLES) == set(Role)


def test_several_roles_add_up(team):
    member = make_member(team, Role.REVIEWER, Role.BUDGET_ADMIN)

    assert member.rights == MAY[Role.REVIEWER] | MAY[Role.BUDGET_ADMIN]
    assert access.rights_of([]) == frozenset()


def test_a_viewer_cannot_generate_and_is_told_whom_to_ask(team, owner):
    second = make_member(team, user=make_user(name="Oskar Owner"))
    viewer = make_member(team, Role.VIEWER)

    with pytest.raises(NotAllowed) as refused:
        viewer.check(May.GENERATE)

    assert refused.value.public == (
        "Your role in Harbour (Viewer) does not let you make takes and upload files. "
        f"Ask {owner.user} or {second.user}."
    )
    assert (refused.value.code, refused.value.retry) == ("not_allowed", Retry.NEVER)
    assert not isinstance(refused.value, Missing)


def test_a_refusal_names_every_role_and_at_most_three_owners(team):
    owners = [make_member(team) for _ in range(5)]
    both = make_member(team, Role.REVIEWER, Role.VIEWER)

    with pytest.raises(NotAllowed) as refused:
        both.check(May.GENERATE)

    first, second, third = (owner.user for owner in owners[:3])
    assert "(Reviewer, Viewer)" in refused.value.public
    assert refused.value.public.endswith(f"Ask {first}, {second} or {third}.")


def test_a_refusal_in_a_team_without_an_owner_names_the_administrator(team):
    creator = make_member(team, Role.CREATOR)

    with pytest.raises(NotAllowed, match=r"Ask the administrator of this site\.$"):
        creator.check(May.MANAGE_MEMBERS)


def test_a_viewer_cannot_submit_and_nothing_is_held(team, owner):
    make_account(team)
    make_project(team)
    viewer = make_member(team, Role.VIEWER)

    with pytest.raises(NotAllowed):
        make_generation(viewer)

    assert make_generation(make_member(team, Role.CREATOR)).hold_credits == 140
    assert team.generations.count() == 1


def test_a_member_gets_what_the_team_has(team, owner):
    make_account(team)
    take, asset = make_generation(owner), make_asset(team, owner.user)
    viewer = make_member(team, Role.VIEWER)

    assert access.get_member(viewer.user, team.slug) == viewer
    assert access.get_generation(viewer, take.public_id) == take
    assert access.get_project(viewer, take.project.public_id) == take.project
    assert access.get_asset(viewer, asset.public_id) == asset
    assert access.get_visible_asset(viewer.user, asset.public_id) == asset
    assert list(access.generations_for(viewer)) == [take]
    assert list(access.assets_for(viewer)) == [asset]
    assert list(access.projects_for(viewer)) == [take.project]
    assert list(access.accounts_for(viewer)) == [take.account]
    assert list(access.teams_of(viewer.user)) == [team]


def test_for_an_outsider_none_of_it_exists(team, owner):
    make_account(team)
    take, asset = make_generation(owner), make_asset(team, owner.user)
    outsider = make_member(make_team(name="Elsewhere"))

    for get in (
        lambda: access.get_member(outsider.user, team.slug),
        lambda: access.get_generation(outsider, take.public_id),
        lambda: access.get_project(outsider, take.project.public_id),
        lambda: access.get_asset(outsider, asset.public_id),
        lambda: access.get_visible_asset(outsider.user, asset.public_id),
    ):
        with pytest.raises(Missing):
            get()
    for listed in (access.generations_for, access.assets_for, access.projects_for, access.accounts_for):
        assert not listed(outsider).exists()
    assert [found.name for found in access.teams_of(outsider.user)] == ["Elsewhere"]


def test_what_is_hidden_and_what_is_not_there_look_the_same(team, owner):
    asset = make_asset(team, owner.user)
    outsider = make_member(make_team())

    with pytest.raises(Missing) as hidden:
        access.get_visible_asset(outsider.user, asset.public_id)
    with pytest.raises(Missing) as absent:
        access.get_visible_asset(outsider.user, uuid.uuid4())

    assert (hidden.value.public, hidden.value.code, hidden.value.data) == (absent.value.public, "missing", {})
    assert not isinstance(hidden.value, NotAllowed)


@pytest.mark.parametrize("staff", [False, True])
def test_an_administrator_of_the_site_is_no_member_by_that(team, owner, staff):
    asset = make_asset(team, owner.user)
    person = make_user(is_staff=staff, is_superuser=staff)

    with pytest.raises(Missing):
        access.get_member(person, team.slug)
    with pytest.raises(Missing):
        access.get_visible_asset(person, asset.public_id)


def test_a_member_who_is_not_active_any_more_is_an_outsider(team, owner):
    asset = make_asset(team, owner.user)
    person = make_member(team).user
    person.is_active = False
    person.save()

    with pytest.raises(Missing):
        access.get_member(person, team.slug)
    with pytest.raises(Missing):
        access.get_visible_asset(person, asset.public_id)
    assert not access.teams_of(person).exists()


def test_nobody_who_is_not_signed_in_sees_anything(team, owner):
    asset = make_asset(team, owner.user)
    nobody = AnonymousUser()

    with pytest.raises(Missing):
        access.get_member(nobody, team.slug)
    with pytest.raises(Missing):
        access.get_visible_asset(nobody, asset.public_id)
    assert not access.teams_of(nobody).exists()


def test_who_has_left_the_team_sees_nothing_of_it_with_the_next_request(team, owner):
    asset = make_asset(team, owner.user)
    person = make_member(team).user
    Membership.objects.filter(user=person).delete()

    with pytest.raises(Missing):
        access.get_member(person, team.slug)
    with pytest.raises(Missing):
        access.get_visible_asset(person, asset.public_id)


def test_a_person_in_two_teams_has_the_rights_of_each_in_each(team, owner):
    other = make_team(name="Atelier")
    person = make_member(team, Role.VIEWER).user
    make_member(other, Role.PRODUCER, user=person)

    assert not access.get_member(person, team.slug).may(May.GENERATE)
    assert access.get_member(person, other.slug).may(May.GENERATE)
    assert [found.name for found in access.teams_of(person)] == ["Atelier", "Harbour"]


def test_an_asset_of_one_team_is_missing_from_the_other_even_for_a_member_of_both(team, owner):
    asset = make_asset(team, owner.user)
    elsewhere = make_member(make_team(), user=owner.user)

    with pytest.raises(Missing):
        access.get_asset(elsewhere, asset.public_id)
    assert access.get_visible_asset(owner.user, asset.public_id) == asset


def test_a_paused_account_is_not_one_to_spend_on(team, owner):
    make_account(team, status="paused")
    active = make_account(team)

    assert list(access.accounts_for(owner)) == [active]
