"""What the composer offers: a small first price, and choices that carry over with a word about those that do not."""

from decimal import Decimal

import pytest
from django.urls import reverse

from generations.choices import CameraAxis, CameraMove
from tests.make import make_project, make_recipe
from tests.portal.conftest import words
from tests.portal.forms import read_form, read_pieces


def test_the_first_price_is_small(portal):
    form = read_form(portal.client.get(reverse("portal:studio")))

    assert (form["capability"], form["model"], form["tier"], form["duration"]) == (
        "image_to_video",
        "kling-v2-1",
        "std",
        "5",
    )
    assert Decimal(form["quoted_credits"]) == 28


def test_a_first_price_stands_there_before_there_is_an_image(portal):
    page = portal.client.get(reverse("portal:studio"))

    assert "Generate for 28" in words(page)
    assert "Image to video needs a start image." in words(page)


def test_text_begins_with_the_newest_model_that_has_a_draft_tier(portal):
    form = portal.form()

    assert (form["model"], form["tier"], form["aspect_ratio"]) == ("kling-v1-6", "std", "16:9")


def test_only_models_that_the_composer_can_ask_for_are_offered(portal):
    page = words(portal.client.get(reverse("portal:studio")))

    assert "Kling 3.0 Omni" in page
    assert "Kling lip-sync" not in page and "Kolors" not in page


@pytest.mark.parametrize("model", ["kling-v2-5-turbo", "kling-v2-6", "kling-o1", "kling-v3", "kling-v3-omni"])
def test_a_newer_model_is_ordered_as_any_other(portal, model):
    form = portal.form(model=model, duration="5")

    answer = portal.order(**{**form, **read_pieces(portal.quote(**form))})

    assert answer.status_code == 200
    recipe = portal.takes.get().recipe
    assert (recipe.model, recipe.duration_seconds, recipe.sound) == (model, 5, None)


def test_changing_the_model_keeps_what_carries_over(portal):
    form = portal.form(duration="10", aspect_ratio="9:16")

    answer = portal.quote(**{**form, "model": "kling-v2-1-master"})

    fresh = read_pieces(answer)
    assert (fresh["duration"], fresh["aspect_ratio"], fresh["tier"]) == ("10", "9:16", "master")
    assert "Kling 2.1 Master has no Draft tier here. Hero was chosen." in words(answer)


def test_the_ladder_is_climbed_down_before_it_is_climbed_up(portal):
    form = portal.form(model="kling-v2-1-master", tier="master")

    assert read_pieces(portal.quote(**{**form, "model": "kling-v1"}))["tier"] == "pro"


def test_a_model_without_the_capability_is_off_and_says_why(portal):
    page = portal.quote(**portal.form())

    assert "Kling 2.1 (no text to video)" in words(page)


def test_camera_control_sets_the_length_and_says_so(portal):
    form = portal.form(model="kling-v1", tier="std", duration="10")

    answer = portal.quote(**{**form, "camera": "simple", "camera_axis": "zoom", "camera_amount": "-4"})

    assert read_pieces(answer)["duration"] == "5"
    assert "Camera control is for 5 s only. The length is now 5 s." in words(answer)


def test_a_camera_move_reaches_the_recipe(portal):
    form = portal.form(model="kling-v1", tier="std")
    form |= {"camera": "simple", "camera_axis": "zoom", "camera_amount": "-4"}

    portal.order(**{**form, **read_pieces(portal.quote(**form))})

    camera = portal.takes.get().recipe.camera
    assert (camera.move, camera.axis, camera.amount) == (CameraMove.SIMPLE, CameraAxis.ZOOM, -4)


def test_a_master_shot_reaches_the_recipe(portal):
    form = portal.form(model="kling-v1", tier="std")
    form |= {"camera": "master", "camera_move": "forward_up"}

    portal.order(**{**form, **read_pieces(portal.quote(**form))})

    assert portal.takes.get().recipe.camera.move == CameraMove.FORWARD_UP


def test_guidance_reaches_the_recipe_only_when_it_is_set(portal):
    form = portal.form(model="kling-v1-6", guidance="0.35")

    portal.order(**{**form, **read_pieces(portal.quote(**form))})
    form = portal.form(model="kling-v1-6", guidance="0.35", guidance_mode="set")
    portal.order(**{**form, **read_pieces(portal.quote(**form))})

    assert [take.recipe.guidance for take in portal.takes] == [None, Decimal("0.35")]


def test_guidance_is_off_on_a_route_that_cannot_carry_it(portal):
    form = portal.image_form(route=str(portal.kling.public_id))

    assert "Box Kling carries no guidance for Kling 2.1." in words(portal.quote(**form))


def test_an_end_image_reaches_the_recipe_where_the_tier_takes_one(portal):
    form = portal.image_form(tier="pro")
    form |= {"last_frame": form["first_frame"]}

    answer = portal.order(**{**form, **read_pieces(portal.quote(**form))})

    assert answer.status_code == 200
    assert [item.role for item in portal.takes.get().recipe.inputs] == ["first_frame", "last_frame"]


def test_an_end_image_rules_out_what_excludes_it_and_says_so(portal):
    form = portal.image_form(model="kling-v1", tier="std")

    answer = portal.quote(**{**form, "last_frame": form["first_frame"], "duration": "10"})

    assert "An end image is for 5 s only." in words(answer)
    assert "Remove the end image to use it." in words(answer)


def test_the_arithmetic_of_the_price_is_shown(portal):
    answer = portal.quote(**portal.form(route=str(portal.kling.public_id)))

    assert "0.4 Kling units for a second × 5 s × 0.14 US dollars for a unit × 100 credits" in words(answer)


def test_a_placeholder_price_is_called_one(portal):
    answer = portal.quote(**portal.form(route=str(portal.fal.public_id)))

    assert "This is a sandbox price: a placeholder in play credits" in words(answer)


def test_a_recipe_is_filled_in_again(portal):
    recipe = make_recipe(model="kling-v1-6", tier="pro", duration_seconds=10, negative_prompt="blur", guidance="0.7")
    take = portal.take(recipe=recipe, account=portal.fal)

    page = portal.client.get(reverse("portal:studio"), {"from": take.public_id})

    form = read_form(page)
    assert form["prompt"] == recipe.prompt and form["negative_prompt"] == "blur"
    assert (form["model"], form["tier"], form["duration"]) == ("kling-v1-6", "pro", "10")
    assert (form["guidance_mode"], form["guidance"], form["route"]) == ("set", "0.70", str(portal.fal.public_id))
    assert f"The recipe of {take.name} is filled in." in words(page)


def test_what_was_filled_in_again_is_the_same_recipe(portal):
    portal.order(**portal.image_form(tier="pro"))
    first = portal.takes.get()

    form = read_form(portal.client.get(reverse("portal:studio"), {"from": first.public_id}))
    portal.order(**form)

    assert [take.recipe_sha256 for take in portal.takes] == [first.recipe_sha256] * 2


def test_an_address_begins_with_a_prompt_or_a_project(portal):
    other = make_project(portal.team, name="Zebra")

    with_prompt = read_form(portal.client.get(reverse("portal:studio"), {"prompt": "Gulls\r\nabove"}))
    with_project = read_form(portal.client.get(reverse("portal:studio"), {"project": other.public_id}))

    assert with_prompt["prompt"] == "Gulls\nabove" and with_prompt["capability"] == "text_to_video"
    assert with_project["project"] == str(other.public_id)


def test_the_project_of_the_last_order_is_chosen_next(portal):
    other = make_project(portal.team, name="Zebra")

    portal.order(**portal.form(project=str(other.public_id)))

    assert read_form(portal.client.get(reverse("portal:studio")))["project"] == str(other.public_id)


def test_the_first_run_ends_with_the_first_take(portal):
    assert "Make your first take" in words(portal.client.get(reverse("portal:studio")))

    portal.take()

    assert "Make your first take" not in words(portal.client.get(reverse("portal:studio")))


def test_a_sandbox_route_is_paid_in_play_credits(portal):
    answer = portal.quote(**portal.form())

    assert "play credits" in words(answer)
