"""Ordering a take: once, at the price that was shown, or not at all and with a sentence that says why."""

import re
import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from generations import ledger
from generations.choices import Provider
from generations.models import PriceRule, ProviderAccount, Status
from tests.make import make_member, make_project, make_team
from tests.portal.conftest import HTMX, Portal, words
from tests.portal.forms import read_pieces

NO_SCRIPT = {}


def test_a_take_is_ordered_at_the_price_that_was_shown(portal):
    form = portal.form()

    answer = portal.order(**form)

    take = portal.takes.get()
    assert answer.status_code == 200
    assert take.hold_credits == Decimal(form["quoted_credits"])
    assert take.status == Status.QUEUED and take.recipe.prompt == "Waves roll in"
    assert f'id="card-{take.public_id}"' in answer.content.decode()


def test_an_accepted_order_is_said_with_a_way_to_it(portal):
    answer = portal.order(**portal.form())

    take = portal.takes.get()
    assert f"{take.name} is in line. See it" in words(answer)
    assert f'href="#card-{take.public_id}" data-see' in answer.content.decode()
    assert "left" in words(answer)


def test_the_cheapest_route_is_chosen_anew_until_somebody_chooses(portal):
    form = portal.form()
    prices = {
        route["value"]: route["price"]
        for route in portal.client.get(reverse("portal:studio")).context["options"]["routes"]
    }
    cheap = form["route"]
    dear = next(str(value) for value in prices if str(value) != cheap)
    chosen = read_pieces(portal.quote(**{**form, "route": dear}))
    untouched = read_pieces(portal.quote(**{**form, "route": dear, "route_auto": dear}))

    assert form["route"] == form["route_auto"] == cheap
    assert (chosen["route"], chosen["route_auto"]) == (dear, "")
    assert (untouched["route"], untouched["route_auto"]) == (cheap, cheap)


def test_a_still_that_moves_is_ordered_with_its_image(portal):
    answer = portal.order(**portal.image_form())

    take = portal.takes.get()
    assert answer.status_code == 200
    assert take.recipe.inputs[0].sha256 == take.inputs.get().blob.sha256


def test_the_next_press_is_another_take(portal):
    form = portal.form()

    fresh = read_pieces(portal.order(**form))
    portal.order(**{**form, **fresh})

    assert fresh["idempotency_key"] != form["idempotency_key"]
    assert portal.takes.count() == 2


def test_the_same_press_twice_is_one_take_and_one_hold(portal):
    form = portal.form()

    first, again = portal.order(**form), portal.order(**form)

    assert first.status_code == again.status_code == 200
    take = portal.takes.get()
    assert ledger.balances(portal.team).held == take.hold_credits
    assert 'hx-swap-oob="delete"' in again.content.decode()


def test_a_used_form_with_another_prompt_makes_nothing_and_says_what_it_made(portal):
    form = portal.form()
    portal.order(**form)

    answer = portal.order(**{**form, "prompt": "Something else"})

    assert answer.status_code == 409
    assert f"already used for {portal.takes.get().name}" in words(answer)
    assert read_pieces(answer)["idempotency_key"] != form["idempotency_key"]


def test_a_fresh_price_keeps_the_key_so_that_a_lost_answer_stays_one_take(portal):
    form = portal.form()
    portal.order(**form)

    repriced = read_pieces(portal.quote(**form))
    portal.order(**{**form, **repriced})

    assert repriced["idempotency_key"] == form["idempotency_key"]
    assert portal.takes.count() == 1


def test_without_a_script_the_take_opens(portal):
    answer = portal.order(headers=NO_SCRIPT, **portal.form())

    assert answer.url == reverse("portal:take", args=[portal.takes.get().public_id])
    assert "is in line." in words(portal.client.get(answer.url))


def test_without_a_script_a_refusal_is_the_whole_page_with_all_that_was_typed(portal):
    answer = portal.order(headers=NO_SCRIPT, **portal.form(prompt="", negative_prompt="blurred hands"))

    assert answer.status_code == 422
    assert "<html" in answer.content.decode() and "blurred hands" in words(answer)
    assert "needs a prompt" in words(answer)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"prompt": "x" * 2501}, "The prompt has 2,501 characters; 2,500 is the most. Shorten it by 1."),
        ({"negative_prompt": "x" * 2600}, "The negative prompt has 2,600 characters; 2,500 is the most."),
        ({"prompt": ""}, "needs a prompt for Kling 1.6. Describe what should move and how."),
        ({"prompt": "a\x00b"}, "The prompt has a character that cannot be stored."),
        ({"duration": "7"}, "Kling 1.6 makes 5 s or 10 s. The length is now 5 s."),
        ({"guidance_mode": "set", "guidance": "1.5"}, "Guidance goes from 0 to 1."),
        ({"guidance_mode": "set", "guidance": "NaN"}, "Guidance goes from 0 to 1."),
        ({"model": "sora"}, "sora makes no “Text to video”. Kling 1.6 was chosen."),
        ({"tier": "master"}, "Kling 1.6 has no Hero tier here. Pro was chosen."),
        ({"aspect_ratio": "4:3"}, "Kling 1.6 makes 16:9, 9:16, 1:1. The frame is now 16:9."),
        ({"camera": "master"}, "Kling 1.6, Draft, has no such camera control."),
        ({"route": str(uuid.uuid4())}, "The chosen route is not open to your team any more."),
        ({"project": str(uuid.uuid4())}, "This project is not there any more. Choose another one."),
        ({"quoted_credits": ""}, "No price was shown for this yet."),
        ({"quoted_credits": "free"}, "No price was shown for this yet."),
        ({"idempotency_key": ""}, "No price was shown for this yet."),
        ({"idempotency_key": "x" * 81}, "No price was shown for this yet."),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(portal, change, sentence):
    answer = portal.order(**{**portal.form(), **change})

    assert answer.status_code == 422
    assert sentence in words(answer)
    assert not portal.takes.exists() and ledger.balances(portal.team).held == 0


def test_two_thousand_five_hundred_characters_with_line_ends_of_a_browser_are_taken(portal):
    prompt = "\r\n".join(["x" * 49] * 50)  # 2,499 characters as a person counts them

    assert portal.order(**portal.form(prompt=prompt)).status_code == 200
    assert len(portal.takes.get().recipe.prompt) == 2499


def test_a_still_is_missing(portal):
    answer = portal.order(**portal.image_form(first_frame=""))

    assert answer.status_code == 422
    assert "Image to video needs a start image. Add a JPG or PNG." in words(answer)


def test_an_image_of_another_team_is_not_taken(portal):
    other = make_member(make_team())
    theirs = portal.image(member=other)

    answer = portal.order(**{**portal.image_form(), "first_frame": str(theirs.public_id)})

    assert answer.status_code == 422
    assert "This image is not in the team's library any more. Add it again." in words(answer)


def test_an_end_image_where_the_tier_takes_none_is_refused_and_stays(portal):
    image = str(portal.image().public_id)

    answer = portal.order(**{**portal.image_form(), "last_frame": image})

    assert answer.status_code == 422
    assert "does not offer an end frame for Kling 2.1, Draft." in words(answer)
    assert read_pieces(answer)["last_frame"] == image


def test_an_end_image_and_camera_control_exclude_each_other(portal):
    form = portal.image_form(model="kling-v1", tier="std", route=str(portal.kling.public_id))
    form |= {"camera": "simple", "camera_amount": "3", "last_frame": form["first_frame"]}

    answer = portal.order(**form)

    assert answer.status_code == 422
    assert "Camera control and an end image exclude each other." in words(answer)
    assert not portal.takes.exists()


def test_a_camera_move_of_nothing_is_refused(portal):
    form = portal.form(model="kling-v1", tier="std")
    form |= read_pieces(portal.quote(**{**form, "camera": "simple", "camera_amount": "0"}))

    answer = portal.order(**form)

    assert answer.status_code == 422
    assert "needs an amount other than 0" in words(answer)


def test_an_option_that_the_route_cannot_carry_is_refused(portal):
    ProviderAccount.objects.filter(pk=portal.fal.pk).update(status="paused")
    form = portal.image_form() | {"guidance_mode": "set", "guidance": "0.5"}

    answer = portal.order(**form)

    assert answer.status_code == 422
    assert "No route of your team carries guidance for Kling 2.1." in words(answer)


def test_frames_of_a_text_take_are_kept_in_the_form_and_out_of_the_recipe(portal):
    image = str(portal.image().public_id)

    answer = portal.order(**portal.form(first_frame=image))

    assert portal.takes.get().recipe.inputs == ()
    assert read_pieces(answer)["first_frame"] == image


def test_too_few_credits_are_402_and_hold_nothing(db):
    poor = Portal(credits=5)

    answer = poor.order(**poor.form())

    assert answer.status_code == 402
    assert "needs 28 credits and the team has 5 left." in words(answer) or "and the team has 5 left." in words(answer)
    assert not poor.takes.exists()


def test_too_few_credits_are_said_before_anything_is_pressed(db):
    poor = Portal(credits=5)

    answer = poor.quote(**poor.form())

    assert "the team has 5 left" in words(answer) and 'aria-disabled="true"' in answer.content.decode()


def test_a_price_that_rose_is_asked_for_once_more(portal):
    form = portal.form(route=str(portal.kling.public_id))
    form |= read_pieces(portal.quote(**form))
    PriceRule.objects.filter(provider=Provider.KLING).update(amount=Decimal("0.8"))

    refused = portal.order(**form)
    accepted = portal.order(**{**form, **read_pieces(refused)})

    assert refused.status_code == 409
    assert "The price moved from 28 to 56 credits since it was shown." in words(refused)
    assert accepted.status_code == 200 and portal.takes.get().hold_credits == 56


def test_a_paused_route_says_why(portal):
    form = portal.form(route=str(portal.kling.public_id))
    form |= read_pieces(portal.quote(**form))
    portal.team.provider_accounts.update(status="paused", status_reason="the key was refused.")

    answer = portal.order(**form)

    assert answer.status_code == 422
    assert "Box Kling is paused: the key was refused." in words(answer)
    assert not portal.takes.exists()


def test_an_account_that_is_not_the_teams_is_no_route(portal):
    portal.team.provider_accounts.clear()

    answer = portal.client.get(reverse("portal:studio"))

    assert "Your team has no provider account yet." in words(answer)


def test_an_archived_project_takes_no_take(portal):
    form = portal.form()
    type(portal.project).objects.update(archived_at="2026-01-01T00:00Z")
    make_project(portal.team)

    answer = portal.order(**form)

    assert answer.status_code == 422 and "This project is not there any more." in words(answer)


def test_without_a_project_the_sentence_says_where_to_make_one(portal):
    type(portal.project).objects.update(archived_at="2026-01-01T00:00Z")

    assert "Create the first one under Projects." in words(portal.client.get(reverse("portal:studio")))


def test_a_session_that_ended_orders_nothing(portal):
    form = portal.form()
    portal.client.logout()

    assert portal.order(**form).status_code == 401
    assert portal.client.post(reverse("portal:studio"), {**form, "do": "generate"}).status_code == 302
    assert not portal.takes.exists()


def test_buttons_take_images_out(portal):
    form = portal.image_form()

    answer = portal.client.post(reverse("portal:studio"), {**form, "do": "remove_first_frame"}, headers=HTMX)

    assert read_pieces(answer)["first_frame"] == "" and not portal.takes.exists()


def test_every_card_has_its_id_once(portal):
    portal.order(**portal.form())
    page = portal.client.get(reverse("portal:studio")).content.decode()
    ids = re.findall(r'\bid="([^"]+)"', page)

    assert len(ids) == len(set(ids))
