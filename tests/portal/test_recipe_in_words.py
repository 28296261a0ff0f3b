"""A recipe in words: every part of it is said, it has a headline, and the studio takes it up only as a whole."""

import json

import pytest

from generations import catalog
from generations.catalog import Recipe
from generations.choices import Role
from generations.models import Generation
from generations.portal.recipe import fits_the_studio, headline, recipe_rows
from tests.every_recipe import plainest, with_option
from tests.make import make_member, make_team

ROUTES = {route.capability: route for route in catalog.load().routes}
EVERY_PART = [
    (route, option)
    for route in {(route.capability, tuple(sorted(route.takes))): route for route in catalog.load().routes}.values()
    for option in sorted(route.takes)
]
# Said elsewhere on the page: as words, as pictures, or as the state of the take.
ELSEWHERE = {"negative_prompt", "end_frame", "end_frame_alone", "brush", "elements", "reference_images", "source_video"}


def rows_of(recipe):
    return {(row.label, row.value) for row in recipe_rows(Generation(recipe_json=recipe.as_json()))}


@pytest.mark.parametrize("option", sorted({option for _, option in EVERY_PART} - ELSEWHERE - {"audio"}))
def test_every_part_of_a_recipe_is_said(option):
    route = next(route for route, known in EVERY_PART if known == option)
    plain = plainest(route)
    with_it = with_option(plain, option)

    if with_it != plain:
        assert rows_of(with_it) != rows_of(plain)


@pytest.mark.parametrize(
    ("capability", "words"),
    [
        ("text_to_video", "A fox turns its head"),
        ("text_to_speech", "“Good evening.”"),
        ("try_on", "Virtual try-on"),
    ],
)
def test_a_take_is_called_by_its_prompt_or_by_what_it_says_or_is(capability, words):
    assert headline(plainest(ROUTES[capability])) == words


def test_an_effect_is_called_by_its_scene_and_an_image_alone_says_so():
    effect = plainest(ROUTES["effect"])

    assert headline(effect) == f"Effect: {effect.scene}"
    assert headline(plainest(ROUTES["image_to_video"], prompt="")) == "No prompt; the image alone"


def test_the_studio_takes_up_only_what_its_form_has_a_place_for():
    simple = plainest(ROUTES["text_to_video"])

    assert fits_the_studio(simple)
    assert fits_the_studio(plainest(ROUTES["image_to_video"]))
    for option in ("sound", "shots", "brush", "watermark"):
        assert not fits_the_studio(with_option(simple, option)), option
    assert not fits_the_studio(plainest(ROUTES["try_on"]))


@pytest.fixture
def spoken(portal):
    """A take that the studio's form has no place for."""
    take = portal.take()
    recipe = Recipe.model_validate({**take.recipe_json, "sound": True})
    Generation.objects.filter(pk=take.pk).update(recipe_json=recipe.as_json())
    return take


def test_the_studio_says_so_instead_of_losing_a_part(portal, spoken):
    client = portal.as_a(Role.CREATOR)

    reply = client.get(f"/studio/?from={spoken.public_id}", follow=True)

    page = reply.content.decode()
    assert reply.redirect_chain[-1][0] == f"/takes/{spoken.public_id}/"
    assert "cannot take up the whole recipe" in page
    assert "Use this recipe" not in page


def test_a_recipe_can_be_had_as_a_file_by_whoever_may_see_the_take(portal, spoken):
    reply = portal.as_a(Role.VIEWER).get(f"/takes/{spoken.public_id}/recipe.json")

    assert json.loads(reply.content)["sound"] is True
    assert reply["Content-Disposition"] == f'attachment; filename="{spoken.name}.recipe.json"'
    assert portal.sign_in(make_member(make_team())).get(f"/takes/{spoken.public_id}/recipe.json").status_code == 404
