"""A take's inputs of every kind: found in the team's library, told apart by role, and the take that it works on."""

from decimal import Decimal

import pytest

from generations.catalog import Input, Recipe
from generations.choices import Capability, InputRole, MediaKind, Tier
from generations.errors import InvalidRecipe
from generations.lifecycle.inputs import check_chain, find_inputs, find_parent
from tests.make import make_account, make_asset, make_generation, make_member, make_price_rules, make_team


@pytest.fixture
def team(db):
    make_price_rules()
    return make_team(credits=1000)


@pytest.fixture
def member(team):
    return make_member(team)


@pytest.fixture
def account(team):
    return make_account(team)


def recipe_of(capability=Capability.LIP_SYNC, **files):
    """A recipe with these assets, by role; rules of models are not asked here."""
    inputs = [Input(role=role, sha256=asset.blob.sha256) for role, asset in files.items()]
    return Recipe(capability=capability, model="kling-v1-6", tier=Tier.STD, inputs=inputs)


def twin(asset, member, **facts):
    """Another asset of the same bytes."""
    made = make_asset(member, **facts)
    made.blob = asset.blob
    made.save()
    return made


def test_each_role_finds_its_kind(member, account):
    film, sound = make_asset(member), make_asset(member, kind=MediaKind.AUDIO)

    rows = find_inputs(member, recipe_of(source_video=film, audio=sound), account)

    assert [(row.role, row.index, row.asset, row.blob) for row in rows] == [
        (InputRole.SOURCE_VIDEO, 0, film, film.blob),
        (InputRole.AUDIO, 0, sound, sound.blob),
    ]


def test_every_role_has_a_kind():
    kinds = {role: role.kind for role in InputRole}

    assert kinds.pop(InputRole.SOURCE_VIDEO) == MediaKind.VIDEO
    assert kinds.pop(InputRole.AUDIO) == MediaKind.AUDIO
    assert set(kinds.values()) == {MediaKind.IMAGE}


def test_a_file_of_another_kind_is_refused_by_its_role(member, account):
    film, still = make_asset(member), make_asset(member, kind=MediaKind.IMAGE)

    with pytest.raises(InvalidRecipe) as caught:
        find_inputs(member, recipe_of(source_video=still, audio=film, first_frame=still), account)

    assert caught.value.problems == {
        "source_video": "“Video to work on” takes a video, and this file is none. Choose another one.",
        "audio": "“Sound” takes a sound, and this file is none. Choose another one.",
    }


def test_what_another_team_has_is_not_there(member, account):
    theirs = make_asset(make_member(make_team()))

    with pytest.raises(InvalidRecipe) as caught:
        find_inputs(member, recipe_of(source_video=theirs), account)

    assert caught.value.problems == {"source_video": "This video is not in the team's library any more. Add it again."}


def test_a_take_made_on_this_account_comes_before_equal_files(member, account, team):
    elsewhere = make_asset(member, generation=make_generation(member, account=make_account(team)))
    here = twin(elsewhere, member, generation=make_generation(member, account=account))
    twin(elsewhere, member, generation=make_generation(member, account=make_account(team)))
    twin(elsewhere, member)

    rows = find_inputs(member, recipe_of(source_video=here), account)

    assert rows[0].asset == here and find_parent(rows) == here.generation


def test_an_upload_has_no_parent_take(member, account):
    rows = find_inputs(member, recipe_of(source_video=make_asset(member)), account)

    assert find_parent(rows) is None
    assert find_parent([]) is None


def test_a_sound_of_a_take_is_no_parent(member, account):
    sound = make_asset(member, kind=MediaKind.AUDIO, generation=make_generation(member, account=account))

    rows = find_inputs(member, recipe_of(source_video=make_asset(member), audio=sound), account)

    assert find_parent(rows) is None


@pytest.mark.parametrize("seconds", ["5.1", "175", None])
def test_a_chain_may_grow_to_three_minutes(member, account, seconds):
    recipe = recipe_of(Capability.EXTEND, source_video=_film(member, seconds))

    check_chain(recipe, find_inputs(member, recipe, account))


def _film(member, seconds):
    return make_asset(member, duration_seconds=seconds and Decimal(seconds))


@pytest.mark.parametrize(("seconds", "left"), [("175.1", "4.9"), ("180", "0"), ("200", "0")])
def test_a_chain_beyond_three_minutes_is_refused_with_what_is_left(member, account, seconds, left):
    recipe = recipe_of(Capability.EXTEND, source_video=_film(member, seconds))

    with pytest.raises(InvalidRecipe) as caught:
        check_chain(recipe, find_inputs(member, recipe, account))

    sentence = caught.value.problems["source_video"]
    assert f"{seconds} s" in sentence and "180 s" in sentence and f"{left} s are left" in sentence


def test_only_an_extension_has_a_chain(member, account):
    recipe = recipe_of(Capability.LIP_SYNC, source_video=_film(member, "200"))

    check_chain(recipe, find_inputs(member, recipe, account))
