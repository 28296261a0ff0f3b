"""A take's page: its recipe, what it cost movement by movement, and what happened, in plain sentences."""

from decimal import Decimal

from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from generations.choices import Role
from generations.lifecycle import finish
from generations.models import Attempt, Generation, ProviderCall, Status
from tests.make import make_recipe
from tests.portal.conftest import HTMX, words


def page(portal, take, tab="", client=None):
    return words((client or portal.client).get(reverse("portal:take", args=[take.public_id]), {"tab": tab}))


def test_it_shows_the_complete_recipe(portal):
    recipe = make_recipe(
        model="kling-v1-6", tier="std", negative_prompt="warped hands", guidance="0.4", aspect_ratio="9:16"
    )
    said = page(portal, portal.take(recipe=recipe, account=portal.fal))

    for fact in (
        recipe.prompt,
        "warped hands",
        "Kling 1.6",
        "Draft",
        "5 s",
        "9:16",
        "0.4",
        "Box fal",
        "The Last Ferry",
    ):
        assert fact in said


def test_it_shows_the_cost_movement_by_movement(portal):
    take = portal.take()
    finish(take, to=Status.CANCELED, charged=Decimal(40), now=timezone.now(), reason="half")

    said = page(portal, take, "cost")

    for fact in ("Charged 40 credits", "Came back 100", "Quoted 140", "Held 140", "+100", "entry"):
        assert fact in said, fact


def test_it_shows_what_is_held_while_it_is_open(portal):
    said = page(portal, portal.take(), "cost")

    assert "Held 140 credits Came back 0" in said
    assert "2 Kling units for a second × 5 s × 0.14 US dollars for a unit" in said


def test_somebody_without_the_right_sees_no_cost(portal):
    take = portal.take()
    reviewer = portal.as_a(Role.REVIEWER)

    answer = reviewer.get(reverse("portal:take", args=[take.public_id]), {"tab": "cost"})

    assert "tab=cost" not in answer.content.decode() and "Quoted" not in words(answer)


def test_it_tells_what_happened_in_order(portal):
    take = portal.take()
    Attempt.objects.create(
        generation=take, number=1, lease_token=1, sent_at=Now(), closed_at=Now(), outcome="busy", request_id="r-77"
    )
    ProviderCall.objects.create(
        account=take.account, generation=take, method="POST", url="https://host/path", status_code=429, duration_ms=31
    )
    take.log("submitting")
    take.log("something_new", "A note of a later version.")

    said = page(portal, take, "activity")

    facts = (
        f"{portal.owner.user} ordered the take on Box Kling.",
        "Attempt 1: Box Kling was busy and asked to wait.",
        "request r-77",
        "POST https://host/path, 31 ms",
        "429",
        "Its turn came: it is being sent to Box Kling.",
        "something new",
    )
    for fact in facts:
        assert fact in said, fact
    assert said.index(facts[0]) < min(said.index(fact) for fact in facts[1:])


def test_a_failure_gives_the_providers_words(portal):
    take = portal.take()
    finish(
        take,
        to=Status.FAILED,
        charged=Decimal(0),
        now=timezone.now(),
        reason="rejected",
        failure_public="Kling refused it.",
        failure_provider_words="risk control",
    )

    assert "risk control" in page(portal, take, "activity")
    assert "Kling refused it. 140 credits went back." in page(portal, take)
    assert "Edit and try again" in page(portal, take)


def test_a_viewer_gets_no_way_to_order(portal, viewer):
    assert "Use this recipe" not in page(portal, portal.take(), client=viewer)


def test_the_neighbours_are_those_of_the_project(portal):
    older, take, newer = portal.take(), portal.take(), portal.take()

    page = portal.client.get(reverse("portal:take", args=[take.public_id])).content.decode()

    assert f"Older take, {older.name}" in page and f"Newer take, {newer.name}" in page


def test_the_page_is_drawn_anew_only_when_something_changed(portal):
    take = portal.take()
    address = reverse("portal:stage", args=[take.public_id])
    first = portal.client.get(address, {"ids": f"{take.public_id}:x"}, headers=HTMX)
    version = first.content.decode().split('data-version="')[1].split('"')[0]

    again = portal.client.get(address, {"ids": f"{take.public_id}:{version}"}, headers=HTMX)

    assert first.status_code == 200 and 'id="stage" hx-swap-oob="true"' in first.content.decode()
    assert again.status_code == 204


def test_the_refresh_keeps_the_tab_of_the_page(portal):
    take = portal.take()
    here = f"http://testserver/takes/{take.public_id}/?tab=cost"

    answer = portal.client.get(reverse("portal:stage", args=[take.public_id]), headers={**HTMX, "HX-Current-URL": here})

    assert 'id="tab-cost" aria-current="page"' in answer.content.decode()


def test_a_cancel_wish_is_said(portal):
    take = portal.take()
    Generation.objects.filter(pk=take.pk).update(
        status=Status.RUNNING, provider_task_id="t", cancel_requested_at=timezone.now()
    )

    assert "Cancel requested" in page(portal, take)
