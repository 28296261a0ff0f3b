"""Balances, packs, drift and closed routes in the admin."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from generations import lifecycle
from generations.models import BalanceReading, ClosedRoute, DriftReading, ProviderAccount, ProviderPack
from tests.admin.conftest import make_world
from tests.make import make_account, make_team


@pytest.fixture
def account(db):
    return make_account(make_team(), "kling", label="Kling Berlin")


def address(model, page="changelist", *args):
    return reverse(f"admin:generations_{model._meta.model_name}_{page}", args=args)


def text(answer):
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_balances_show_the_newest_with_its_lag_failures_and_packs_that_end(cockpit, account):
    now, silent = timezone.now(), make_account(make_team(), "gateway", label="Quiet gateway")
    broken = make_account(make_team(), "wavespeed", label="Broken")
    packs = [{"name": "Spring pack", "left": "40", "expires_at": (now + timedelta(days=20)).isoformat()}]
    facts = {"currency": "kling_unit", "as_of_note": "Up to 12 hours old.", "packs_json": packs}
    BalanceReading.objects.create(account=account, read_at=now - timedelta(hours=1), amount=50, **facts)
    BalanceReading.objects.create(account=account, read_at=now, amount=40, **facts)
    BalanceReading.objects.create(account=broken, read_at=now, problem="The key is not known.")

    page = text(cockpit.get(address(BalanceReading)))

    newest = page.split("Packs that end within 30 days")[0]
    assert "<strong>40 Kling units</strong>. Up to 12 hours old." in newest and "<strong>50" not in newest
    assert "not read. The key is not known." in newest and silent.label in newest
    assert "Spring pack: <strong>40 Kling units</strong> left" in page


def test_a_pack_is_written_down(cockpit, account):
    form = {"account": account.pk, "units": "1000", "currency": "kling_unit", "price_usd": "98", "note": "Spring"}
    times = {"bought_at_0": "2026-01-01", "bought_at_1": "00:00", "expires_at_0": "2026-04-01", "expires_at_1": "00:00"}

    cockpit.post(address(ProviderPack, "add"), {**form, **times})

    assert str(ProviderPack.objects.get()) == "Kling Berlin: 1000 Kling units"
    assert "0.09800" in text(cockpit.get(address(ProviderPack)))


@pytest.mark.parametrize(
    "change", [{"units": "0"}, {"units": "-5"}, {"price_usd": "-1"}, {"expires_at_0": "2025-01-01"}]
)
def test_a_pack_that_cannot_be_is_refused(cockpit, account, change):
    form = {"account": account.pk, "units": "1000", "currency": "kling_unit", "price_usd": "98"}
    times = {"bought_at_0": "2026-01-01", "bought_at_1": "00:00", "expires_at_0": "2026-04-01", "expires_at_1": "00:00"}

    assert cockpit.post(address(ProviderPack, "add"), {**form, **times, **change}).status_code == 200
    assert not ProviderPack.objects.exists()


def test_drift_names_the_takes_whose_charge_nobody_knows(cockpit):
    take = make_world()

    page = text(cockpit.get(address(DriftReading, "change", DriftReading.objects.get().pk)))

    assert take.name in page and reverse("admin:generations_generation_change", args=[take.pk]) in page


def test_a_route_is_closed_and_opened_by_hand(cockpit, operator):
    take = make_world()
    ClosedRoute.objects.all().delete()
    route = take.quote_json["route"]

    cockpit.post(
        reverse("admin:generations_provideraccount_act", args=[take.account.pk, "close-route"]),
        {"route_key": route, "reason": "We ask about its price."},
    )

    closed = ClosedRoute.objects.get()
    assert (closed.closed_by, closed.reason) == (operator, "We ask about its price.")
    assert lifecycle.quote(team=take.team, recipe=take.recipe, now=timezone.now()).quotes == ()
    cockpit.post(reverse("admin:generations_closedroute_act", args=[closed.pk, "open"]))
    closed.refresh_from_db()
    assert closed.opened_by == operator
    assert lifecycle.quote(team=take.team, recipe=take.recipe, now=timezone.now()).quotes


def test_a_route_that_is_none_is_refused_in_a_sentence(cockpit, account):
    answer = cockpit.post(
        reverse("admin:generations_provideraccount_act", args=[account.pk, "close-route"]),
        {"route_key": "fal:kling-v3:text_to_video:std", "reason": "No"},
    )

    assert "Kling Berlin has no route fal:kling-v3:text_to_video:std" in text(answer)


def test_an_account_says_whether_drift_closes_its_routes(cockpit, account):
    page = text(cockpit.get(address(ProviderAccount, "change", account.pk)))

    assert 'name="pauses_on_drift"' in page
