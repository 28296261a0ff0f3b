"""Paying for a take: what is refused leaves no take, no hold and no file."""

import threading
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from generations import access, ledger, lifecycle
from generations.catalog import Input, Recipe
from generations.choices import Capability, InputRole, MediaKind, Role, Tier
from generations.errors import AlreadySubmitted, InvalidRecipe, LimitReached, NotAllowed
from generations.lifecycle import PriceMoved, RouteClosed
from generations.models import Asset, Generation, GenerationInput, Movement, ProviderAccount, Status
from tests.make import make_account, make_asset, make_member, make_project, make_recipe, make_team
from tests.media_files import make_image
from tests.road import differences


@pytest.fixture
def order(desk):
    """A complete order, as the arguments of `submit`; a test changes one thing about it."""
    return {
        "member": desk.member,
        "project": desk.project,
        "recipe": desk.recipe,
        "account": desk.account,
        "idempotency_key": "form-1",
        "now": timezone.now(),
    }


@pytest.fixture
def refused(desk):
    """Submit an order that must be refused, and see that nothing is left of it."""

    def submit(order, error):
        files = _files()
        before = (Generation.objects.count(), Movement.objects.filter(kind="hold").count(), ledger.balances(desk.team))
        with pytest.raises(error) as raised:
            lifecycle.submit(**order)
        after = (Generation.objects.count(), Movement.objects.filter(kind="hold").count(), ledger.balances(desk.team))
        assert after == before
        assert GenerationInput.objects.count() == 0
        assert _files() == files
        return raised.value

    return submit


def _files():
    return sorted(path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file())


def upload(member, path, project=None):
    return lifecycle.upload_image(
        member=member, project=project, name=path.name, chunks=[path.read_bytes()], now=timezone.now()
    )


def image_recipe(sha256):
    inputs = [Input(role=InputRole.FIRST_FRAME, sha256=sha256)]
    return make_recipe(capability=Capability.IMAGE_TO_VIDEO, aspect_ratio=None, inputs=inputs)


def test_a_complete_order_is_a_take_in_line_with_its_hold(order, desk):
    submitted = lifecycle.submit(**order)

    take = submitted.generation
    assert submitted.is_new
    assert (take.status, take.team, take.created_by) == (Status.QUEUED, desk.team, desk.member.user)
    assert take.recipe == desk.recipe
    assert Decimal(take.quote_json["credits"]) == take.hold_credits > 0
    assert desk.held == take.hold_credits
    assert take.due_at <= timezone.now()


def test_an_image_of_the_library_is_kept_with_the_take(order, desk, tmp_path):
    asset = upload(desk.member, make_image(tmp_path / "still.jpg"))
    order["recipe"] = image_recipe(asset.blob.sha256)

    take = lifecycle.submit(**order).generation

    kept = take.inputs.get()
    assert (kept.role, kept.blob, kept.asset) == (InputRole.FIRST_FRAME, asset.blob, asset)


def lip_sync(film, sound):
    files = [(InputRole.SOURCE_VIDEO, film), (InputRole.AUDIO, sound)]
    inputs = [Input(role=role, sha256=asset.blob.sha256) for role, asset in files]
    return Recipe(capability=Capability.LIP_SYNC, model="kling-lip-sync", tier=Tier.STD, inputs=inputs)


def film_of(desk, seconds):
    """The film of a take, as the library has it."""
    shape = {"width": 1280, "height": 720, "duration_seconds": Decimal(seconds)}
    return make_asset(desk.member, generation=desk.take(), **shape)


def test_a_take_that_works_on_the_film_of_another_keeps_it_as_its_parent(order, desk):
    film = film_of(desk, 5)
    sound = make_asset(desk.member, kind=MediaKind.AUDIO, duration_seconds=Decimal(3))
    order["recipe"] = lip_sync(film, sound)

    take = lifecycle.submit(**order).generation

    take.refresh_from_db()
    assert take.parent == film.generation
    assert {item.role: item.asset for item in take.inputs.all()} == {"source_video": film, "audio": sound}


def test_a_chain_that_has_no_room_left_is_refused_with_what_is_left(order, desk):
    film = film_of(desk, 176)
    inputs = [Input(role=InputRole.SOURCE_VIDEO, sha256=film.blob.sha256)]
    order["recipe"] = Recipe(capability=Capability.EXTEND, model="kling-v1-6", tier=Tier.STD, inputs=inputs)
    held = desk.held

    with pytest.raises(InvalidRecipe) as raised:
        lifecycle.submit(**order)

    assert "4 s are left" in raised.value.problems["source_video"]
    assert desk.held == held


def test_a_team_without_credits_is_told_what_is_needed_and_left(order, desk, refused):
    poor = make_team()
    order |= {"member": make_member(poor), "project": make_project(poor)}
    desk.account.teams.add(poor)

    error = refused(order, ledger.InsufficientCredits)

    assert error.available == 0
    assert ledger.plain(error.needed) in error.public


def test_an_open_shortfall_stops_new_takes(order, desk, refused):
    take = desk.take()
    lifecycle.finish(take, to=Status.CANCELED, charged=Decimal(0), now=timezone.now())
    lifecycle.finish(desk.put(take, status=Status.INGESTING), to=Status.DONE, charged=Decimal(5), now=timezone.now())

    error = refused(order, ledger.ShortfallOpen)

    assert error.shortfall == 5


def test_an_option_that_the_route_cannot_carry_is_named(order, desk, refused):
    order["recipe"] = make_recipe(guidance="0.5")
    assert lifecycle.submit(**order).is_new, "fal takes it"

    order |= {"account": make_account(desk.team, "kling"), "idempotency_key": "form-2"}
    error = refused(order, InvalidRecipe)

    assert list(error.problems) == ["guidance"]


def test_a_duration_that_the_model_lacks_is_named(order, refused):
    order["recipe"] = make_recipe(duration_seconds=7)

    error = refused(order, InvalidRecipe)

    assert list(error.problems) == ["duration_seconds"]


def test_an_archived_project_takes_no_more(order, desk, refused):
    desk.project.archived_at = timezone.now()
    desk.project.save()

    error = refused(order, InvalidRecipe)

    assert list(error.problems) == ["project"]


def test_the_project_of_another_team_does_not_exist(order, refused):
    order["project"] = make_project(make_team())

    refused(order, access.Missing)


def test_the_image_of_another_team_is_not_in_the_library(order, refused, tmp_path):
    stranger = make_member(make_team())
    asset = upload(stranger, make_image(tmp_path / "still.jpg"))
    order["recipe"] = image_recipe(asset.blob.sha256)

    error = refused(order, InvalidRecipe)

    assert list(error.problems) == ["first_frame"]
    assert Asset.objects.count() == 1


def test_a_price_above_the_one_that_was_shown_is_not_paid(order, refused):
    price = lifecycle.quote(team=order["member"].team, recipe=order["recipe"], now=order["now"]).quotes[0].credits

    error = refused(order | {"shown_credits": price - 1}, PriceMoved)

    assert ledger.plain(price) in error.public
    assert lifecycle.submit(**order, shown_credits=price).is_new


def test_a_viewer_is_told_whom_to_ask(order, desk, refused):
    order["member"] = make_member(desk.team, Role.VIEWER)

    error = refused(order, NotAllowed)

    assert str(desk.member.user) in error.public


def test_the_account_of_another_team_is_closed(order, refused):
    order["account"] = make_account(make_team())

    refused(order, RouteClosed)


def test_a_paused_account_is_closed_with_its_reason(order, desk, refused):
    desk.account.status, desk.account.status_reason = ProviderAccount.Status.PAUSED, "Contract ended."
    desk.account.save()

    assert "Contract ended." in refused(order, RouteClosed).public


def test_the_same_form_twice_is_one_take_and_one_hold(order, desk):
    first = lifecycle.submit(**order)

    second = lifecycle.submit(**order)

    assert (first.is_new, second.is_new) == (True, False)
    assert second.generation == first.generation
    assert desk.held == first.generation.hold_credits


def test_the_same_form_for_another_recipe_is_refused(order, desk):
    first = lifecycle.submit(**order).generation

    with pytest.raises(AlreadySubmitted) as raised:
        lifecycle.submit(**order | {"recipe": make_recipe(prompt="Another ferry")})

    assert first.name in raised.value.public
    assert Generation.objects.count() == 1
    assert desk.held == first.hold_credits


def test_the_form_of_somebody_else_is_refused(order, desk):
    lifecycle.submit(**order)

    with pytest.raises(AlreadySubmitted):
        lifecycle.submit(**order | {"member": make_member(desk.team)})

    assert Generation.objects.count() == 1


@pytest.mark.parametrize("key", ["", "k" * 81])
def test_a_key_that_cannot_be_kept_is_refused(order, refused, key):
    refused(order | {"idempotency_key": key}, LimitReached)


def test_the_same_form_eight_times_at_once_is_one_take_and_one_hold(road):
    begin, results = threading.Barrier(8), []

    def go():
        try:
            begin.wait()
            results.append(
                lifecycle.submit(
                    member=road.member,
                    project=road.project,
                    recipe=road.recipe,
                    account=road.account,
                    idempotency_key="double click",
                    now=timezone.now(),
                )
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert sorted(result.is_new for result in results) == [False] * 7 + [True]
    assert len({result.generation.pk for result in results}) == 1
    assert road.held == Generation.objects.get().hold_credits
    assert differences() == []


def test_a_repeated_order_is_answered_for_although_the_account_has_closed_since(desk, order):
    first = lifecycle.submit(**order)
    ProviderAccount.objects.update(status=ProviderAccount.Status.PAUSED)

    again = lifecycle.submit(**{**order, "account": ProviderAccount.objects.get(pk=desk.account.pk)})

    assert (again.generation.pk, again.is_new) == (first.generation.pk, False)
