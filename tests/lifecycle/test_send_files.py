"""What a provider's adapter is told of a take's inputs besides their bytes."""

from decimal import Decimal

import pytest

from generations.catalog import Input, Recipe
from generations.choices import Capability, InputRole, MediaKind, Tier
from generations.lifecycle.send_files import sources_of
from generations.models import Generation, GenerationInput
from tests.make import make_asset, make_generation, make_member, make_price_rules, make_team


@pytest.fixture
def member(db):
    make_price_rules()
    return make_member(make_team(credits=1000))


def make_take(member, **assets):
    """A take with these inputs, written past the rules: only what is told of them is asked here."""
    inputs = [Input(role=role, sha256=asset.blob.sha256) for role, asset in assets.items()]
    recipe = Recipe(capability=Capability.LIP_SYNC, model="kling-lip-sync-face", tier=Tier.STD, inputs=inputs)
    take = make_generation(member, recipe_json=recipe.as_json())
    take.inputs.all().delete()
    for role, asset in assets.items():
        GenerationInput.objects.create(generation=take, role=role, index=0, asset=asset, blob=asset.blob)
    return Generation.objects.prefetch_related("inputs__blob").get(pk=take.pk)


def test_videos_and_sounds_come_with_their_length(member):
    film = make_asset(member, duration_seconds=Decimal("8.5"))
    sound = make_asset(member, kind=MediaKind.AUDIO, duration_seconds=Decimal("3.25"))
    take = make_take(member, source_video=film, audio=sound)

    lengths = {source.role: source.seconds for source in sources_of(take, take.account)}

    assert lengths == {InputRole.SOURCE_VIDEO: Decimal("8.5"), InputRole.AUDIO: Decimal("3.25")}


def test_an_image_has_none_and_nothing_is_looked_up_for_it(member, django_assert_num_queries):
    take = make_take(member, first_frame=make_asset(member, kind=MediaKind.IMAGE))

    account = take.account

    with django_assert_num_queries(0):  # what was loaded with the row
        (source,) = sources_of(take, account)

    assert source.seconds is None
    assert source.provider_id == ""
