"""Cards: only what changed is sent again; what needs somebody comes first; a cancel says what came back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from generations import access, ledger
from generations.choices import Role
from generations.lifecycle import finish
from generations.models import Generation, ProviderAccount, Status
from generations.portal.cards import cards_of, studio_cards
from tests.make import make_asset
from tests.portal.conftest import HTMX, words


def card_of(portal, take, member=None):
    member = member or portal.owner
    return cards_of([access.get_generation(member, take.public_id)], member, timezone.now())[0]


def ask(portal, *pairs):
    ids = ",".join(f"{take.public_id}:{version}" for take, version in pairs)
    return portal.client.get(reverse("portal:cards"), {"ids": ids}, headers=HTMX)


def put(take, **facts):
    Generation.objects.filter(pk=take.pk).update(changed_at=timezone.now(), **facts)


def test_nothing_is_sent_while_nothing_changed(portal):
    take = portal.take()

    answer = ask(portal, (take, card_of(portal, take).version))

    assert answer.status_code == 204 and not answer.content


def test_only_what_changed_is_sent_out_of_band(portal):
    still, moved = portal.take(), portal.take()
    known = [(take, card_of(portal, take).version) for take in (still, moved)]
    put(moved, status=Status.SUBMITTING)

    page = ask(portal, *known).content.decode()

    assert f'id="card-{moved.public_id}" hx-swap-oob="true"' in page
    assert str(still.public_id) not in page


def test_cards_of_other_teams_and_of_nobody_are_left_out(portal, stranger):
    answer = stranger.get(reverse("portal:cards"), {"ids": f"{portal.take().public_id}:x,nonsense,:,a:b:c"})

    assert answer.status_code == 204


def test_a_card_moves_up_in_line_without_any_change_of_its_own(portal):
    first, second = portal.take(), portal.take()
    before = card_of(portal, second)
    put(first, status=Status.SUBMITTING)
    after = card_of(portal, second)

    assert (before.position, after.position) == (2, 1)
    assert before.version != after.version


def test_every_waiting_card_says_its_own_place(portal):
    takes = [portal.take() for _ in range(3)]

    page = portal.client.get(reverse("portal:studio"))
    refreshed = ask(portal, *((take, "old") for take in takes))

    assert [word for word in words(page).split() if word in ("1st", "2nd", "3rd")] == ["3rd", "2nd", "1st"]
    assert [word for word in words(refreshed).split() if word in ("1st", "2nd", "3rd")] == ["1st", "2nd", "3rd"]


def test_a_waiting_card_says_when_it_may_start_and_be_done(portal):
    ProviderAccount.objects.update(max_running=1)
    now = timezone.now()
    for _ in range(3):
        past = portal.take()
        put(past, status=Status.INGESTING, submitted_at=now - timedelta(minutes=4), provider_done_at=now)
    put(portal.take(), status=Status.RUNNING, provider_task_id="t", submitted_at=now)
    take = portal.take()

    said = words(portal.client.get(reverse("portal:studio")))

    assert "1st in line Starts in about 4 min" in said
    assert f"{take.account.label} · done in about 8 min, an estimate" in said


def test_a_card_that_waits_for_an_account_says_that_and_promises_nothing(portal):
    take = portal.take()
    ProviderAccount.objects.filter(pk=take.account_id).update(status="resting")
    put(take, waiting_for="fal rests after trouble.")

    said = words(portal.client.get(reverse("portal:studio")))

    assert "1st in line fal rests after trouble." in said
    assert "Starts in" not in said and "an estimate" not in said


def test_the_place_in_line_counts_the_account_alone(portal):
    portal.take(account=portal.fal)

    assert card_of(portal, portal.take(account=portal.kling)).position == 1


def test_what_needs_somebody_comes_first(portal):
    ended, running, failed = portal.take(), portal.take(), portal.take()
    finish(ended, to=Status.CANCELED, charged=Decimal(0), now=timezone.now())
    finish(failed, to=Status.FAILED, charged=Decimal(0), now=timezone.now())

    assert [card.take.pk for card in studio_cards(portal.owner, timezone.now())] == [failed.pk, running.pk, ended.pk]


def test_takes_under_way_stay_however_many_newer_ones_there_are(portal, settings):
    settings.LIMITS = {**settings.LIMITS, "studio_cards": 2}
    old = portal.take()
    for _ in range(3):
        take = portal.take()
        finish(take, to=Status.CANCELED, charged=Decimal(0), now=timezone.now())

    assert old.pk in [card.take.pk for card in studio_cards(portal.owner, timezone.now())]


def test_a_rendering_take_says_how_far_it_may_be(portal):
    take, now = portal.take(), timezone.now()
    put(
        take,
        status=Status.RUNNING,
        provider_task_id="t",
        submitted_at=now - timedelta(seconds=30),
        expected_finish_at=now + timedelta(seconds=30),
    )

    card = card_of(portal, take)

    assert card.elapsed_seconds in (30, 31) and card.expected_seconds == 60
    assert card.percent == 47
    assert card.cancel == "ask"


def test_a_late_take_never_says_that_it_is_done(portal):
    take, now = portal.take(), timezone.now()
    late = {"submitted_at": now - timedelta(seconds=90), "expected_finish_at": now - timedelta(seconds=60)}
    put(take, status=Status.RUNNING, provider_task_id="t", **late)

    assert card_of(portal, take).percent == 95


def test_a_result_shows_its_own_poster(portal):
    take = portal.take()
    blob = make_asset(portal.owner).blob
    film = make_asset(portal.owner, generation=take, poster=blob, duration_seconds=Decimal(5))

    card = card_of(portal, take)

    assert card.picture == film and card.video == film


def test_a_cancel_in_line_gives_everything_back(portal):
    take = portal.take()

    answer = portal.client.post(reverse("portal:cancel", args=[take.public_id]), headers=HTMX)

    assert "140 credits went back." in words(answer) and "Nothing was charged" in words(answer)
    assert ledger.balances(portal.team).available == 1000


def test_a_cancel_twice_is_one(portal):
    take = portal.take()

    for _ in range(2):
        answer = portal.client.post(reverse("portal:cancel", args=[take.public_id]), headers=HTMX)
        assert answer.status_code == 200

    assert [line.kind for line in ledger.movements_of(take)] == ["hold", "release"]


def test_a_cancel_of_a_running_take_is_a_wish(portal):
    take = portal.take()
    put(take, status=Status.RUNNING, provider_task_id="t")

    answer = portal.client.post(reverse("portal:cancel", args=[take.public_id]), headers=HTMX)

    said = "You asked to stop it. It had been sent already, so it may still finish and be charged;"
    assert "Cancel requested" in words(answer) and said in words(answer)
    assert f'data-say="{take.name}: {said}' in answer.content.decode()
    assert f"{portal.owner.user.name} asked to stop it." in words(portal.as_a(Role.VIEWER).get("/studio/"))
    assert ledger.balances(portal.team).held == 140


def test_a_cancel_that_came_too_late_says_so(portal):
    take = portal.take()
    page = portal.client.get(reverse("portal:studio"))
    put(take, status=Status.SUBMITTING)

    answer = portal.client.post(reverse("portal:cancel", args=[take.public_id]), headers=HTMX)

    assert "Cancel, 140 back" in words(page)
    assert "You asked to stop it. It had been sent already" in words(answer)
    assert "back" not in words(answer).replace("comes back", "")


def test_a_cancel_while_the_file_is_saved_says_that_it_was_too_late(portal):
    take = portal.take()
    put(take, status=Status.INGESTING, provider_task_id="t")

    answer = portal.client.post(reverse("portal:cancel", args=[take.public_id]), headers=HTMX)
    plain = portal.client.post(reverse("portal:cancel", args=[take.public_id]), follow=True)

    assert "It was too late to stop it." in words(answer)
    assert "It was too late to stop it: the provider is done" in words(plain)


def test_a_take_that_was_sent_promises_no_money_back(portal):
    take = portal.take()
    put(take, status=Status.RUNNING, provider_task_id="t")

    said = words(portal.client.get(reverse("portal:studio")))

    assert "Ask to stop" in said and "Kling often cannot stop a take; it may still be charged." in said


@pytest.mark.parametrize("status", [Status.CANCELED, Status.FAILED])
def test_only_done_takes_are_counted_as_done(portal, status):
    finish(portal.take(), to=status, charged=Decimal(0), now=timezone.now())

    counts = portal.client.get(reverse("portal:studio")).context["counts"]

    assert counts.done == 0 and counts.canceled == (status == Status.CANCELED)


def test_a_refresh_brings_the_balance_along(portal):
    take = portal.take()
    finish(take, to=Status.CANCELED, charged=Decimal(0), now=timezone.now())

    answer = ask(portal, (take, "old"))

    assert 'id="purse" hx-swap-oob="true"' in answer.content.decode()
    assert 'hx-swap-oob="outerHTML:.purse-chip"' in answer.content.decode()
    assert words(answer).count("1,000 left") == 2


def test_who_may_not_see_credits_gets_no_balance(portal):
    take, viewer = portal.take(), portal.as_a(Role.VIEWER)

    answer = viewer.get(reverse("portal:cards"), {"ids": f"{take.public_id}:old"}, headers=HTMX)

    assert take.name in words(answer) and "left" not in words(answer)


def test_a_creator_cancels_their_own_takes_only(portal):
    take = portal.take()
    creator = portal.as_a(Role.CREATOR)

    answer = creator.post(reverse("portal:cancel", args=[take.public_id]), headers=HTMX)

    assert answer.status_code == 403
    assert Generation.objects.get(pk=take.pk).status == Status.QUEUED


def test_a_cancel_without_a_script_opens_the_take(portal):
    take = portal.take()

    answer = portal.client.post(reverse("portal:cancel", args=[take.public_id]), follow=True)

    assert f"{take.name} is canceled, and its whole hold came back." in words(answer)


def test_a_cancel_on_the_takes_own_page_draws_it_anew(portal):
    take = portal.take()
    page = f"http://testserver{reverse('portal:take', args=[take.public_id])}?tab=cost"

    answer = portal.client.post(
        reverse("portal:cancel", args=[take.public_id]), headers={**HTMX, "HX-Current-URL": page}
    )

    assert answer["HX-Refresh"] == "true"


@pytest.mark.parametrize("status", list(Status))
def test_every_state_has_a_card_a_tile_and_a_page(portal, status):
    take = portal.take()
    ended = {"finished_at": timezone.now()} if status in ("done", "failed", "canceled") else {}
    put(take, status=status, provider_task_id="t", failure_public="It went wrong.", **ended)
    if status == Status.DONE:
        make_asset(
            portal.owner,
            generation=take,
            width=1280,
            height=720,
            fps_numerator=24,
            fps_denominator=1,
            frame_count=120,
            duration_seconds=Decimal(5),
        )

    for address in ("/studio/", "/library/", f"/projects/{portal.project.public_id}/", f"/takes/{take.public_id}/"):
        assert take.name in words(portal.client.get(address)), address
        if status == Status.DONE and address.startswith(("/studio/", "/takes/")):
            assert "Drawn by the sandbox: it shows the way, not your prompt." in words(portal.client.get(address))
    put(take, status=Status.QUEUED, finished_at=None)
