from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from generations.models import AuditEvent, PriceRule
from tests.make import make_price_rules


@pytest.fixture
def rule(db):
    make_price_rules()
    return PriceRule.objects.order_by("pk").first()


def act(rule):
    return reverse("admin:generations_pricerule_act", args=[rule.pk, "end"])


def page(rule):
    return reverse("admin:generations_pricerule_change", args=[rule.pk])


def test_a_price_is_added(cockpit, db):
    form = {
        "provider": "fal",
        "model": "kling-v3",
        "tier": "std",
        "amount": "0.07",
        "currency": "usd",
        "per": "second",
        "valid_from_0": "2026-12-01",
        "valid_from_1": "00:00:00",
        "source": "Invoice of November",
    }

    cockpit.post(reverse("admin:generations_pricerule_add"), form)

    assert str(PriceRule.objects.get()) == "fal kling-v3 std: 0.07 usd per second"


def test_a_saved_price_is_never_changed(cockpit, rule):
    answer = cockpit.post(page(rule), {"amount": "0.00001"})

    assert answer.status_code == 403
    assert (
        cockpit.post(reverse("admin:generations_pricerule_delete", args=[rule.pk]), {"post": "yes"}).status_code == 403
    )
    shown = cockpit.get(page(rule)).content.decode()
    assert "A price is never changed once it is saved" in shown
    assert 'name="amount"' not in shown


def test_a_price_ends_now(cockpit, rule, operator):
    cockpit.post(act(rule))

    rule.refresh_from_db()
    assert timezone.now() - rule.valid_until < timedelta(minutes=1)
    assert rule not in PriceRule.objects.in_force(timezone.now())
    assert AuditEvent.objects.get(verb="end_price").actor == operator


def test_a_price_ends_once(cockpit, rule):
    cockpit.post(act(rule))
    ended = PriceRule.objects.get(pk=rule.pk).valid_until

    answer = cockpit.post(act(rule))

    assert "not in force now" in answer.content.decode()
    assert PriceRule.objects.get(pk=rule.pk).valid_until == ended


def test_a_price_that_has_not_begun_does_not_end(cockpit, rule):
    PriceRule.objects.filter(pk=rule.pk).update(valid_from=timezone.now() + timedelta(days=1))

    assert "not in force now" in cockpit.post(act(rule)).content.decode()
