from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from generations.models import AuditEvent, PriceRule
from tests.make import make_price_rules


@pytest.fixture
def rule(db):
    make_price_rules()
    return PriceRule.objects.order_by("pk").first()


def act(rule, name="end"):
    return reverse("admin:generations_pricerule_act", args=[rule.pk, name])


def page(rule):
    return reverse("admin:generations_pricerule_change", args=[rule.pk])


def add(cockpit, **changes):
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
    return cockpit.post(reverse("admin:generations_pricerule_add"), {**form, **changes})


def replace(cockpit, rule, **changes):
    form = {"amount": "0.09", "valid_from_0": "2099-01-01", "valid_from_1": "00:00:00", "source": "A letter"}
    return cockpit.post(act(rule, "replace"), {**form, **changes}, follow=True)


def words(answer):
    return unescape(answer.content.decode())


def test_a_price_is_added(cockpit, db):
    add(cockpit)

    assert str(PriceRule.objects.get()) == "fal kling-v3 std: 0.07 usd per second"


def test_a_price_for_a_variant_a_resolution_and_a_length_is_added(cockpit, db):
    add(cockpit, variant="sound", resolution="1080p", duration_seconds="5")

    rule = PriceRule.objects.get()
    assert (rule.variant, rule.resolution, rule.duration_seconds) == ("sound", "1080p", 5)
    assert "with sound, 1080p, 5 s" in words(cockpit.get(reverse("admin:generations_pricerule_changelist")))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": "0"}, "A price is more than zero."),
        ({"amount": "-1"}, "A price is more than zero."),
        ({"amount": "0.123456"}, "no more than 5 decimal places"),
        ({"duration_seconds": "0"}, "greater than or equal to 1"),
        ({"valid_until_0": "2026-11-30", "valid_until_1": "00:00:00"}, "A price ends after it begins."),
    ],
)
def test_what_is_no_price_is_not_added(cockpit, db, changes, said):
    assert said in words(add(cockpit, **changes))

    assert not PriceRule.objects.exists()


def test_a_second_price_for_exactly_the_same_is_refused_and_names_the_first(cockpit, db):
    add(cockpit)

    said = words(add(cockpit, amount="0.08", valid_from_0="2027-01-01"))

    assert "There is a price for exactly this already, valid from Dec. 1, 2026" in said
    assert "“fal kling-v3 std: 0.07 usd per second”" in said and "New price from …" in said
    assert PriceRule.objects.count() == 1


def test_a_price_before_another_ends_by_then(cockpit, db):
    add(cockpit)

    add(cockpit, valid_from_0="2026-01-01", valid_until_0="2026-12-01", valid_until_1="00:00:00")

    assert PriceRule.objects.count() == 2


def test_a_new_price_from_a_date_ends_the_old_one(cockpit, rule, operator):
    page = cockpit.get(act(rule, "replace"))
    assert page.status_code == 200 and 'name="valid_from_0"' in words(page)

    said = words(replace(cockpit, rule))

    old, new = PriceRule.objects.get(pk=rule.pk), PriceRule.objects.latest("pk")
    assert old.valid_until == new.valid_from and old.amount == rule.amount and str(new.amount) == "0.09000"
    assert "from then on it is" in said
    assert AuditEvent.objects.get(verb="replace_price").actor == operator


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": "0"}, "A price is more than zero."),
        ({"amount": "0.123456"}, "no more than 5 decimal places"),
        ({"valid_from_0": "2020-01-01"}, "so a new one can only begin later"),
        ({"source": ""}, "This field is required."),
    ],
)
def test_a_new_price_that_cannot_be_is_refused(cockpit, rule, changes, said):
    count = PriceRule.objects.count()

    assert said in words(replace(cockpit, rule, **changes))

    rule.refresh_from_db()
    assert rule.valid_until is None and PriceRule.objects.count() == count


def test_a_new_price_before_the_last_take_is_refused(cockpit, take):
    moment = timezone.localtime(take.created_at) - timedelta(minutes=1)
    time = {"valid_from_0": f"{moment:%Y-%m-%d}", "valid_from_1": f"{moment:%H:%M:%S}"}

    assert "A take was quoted with this price" in words(replace(cockpit, take.price_rule, **time))


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


def test_a_price_that_has_not_begun_is_taken_back(cockpit, rule):
    replace(cockpit, rule)
    new = PriceRule.objects.latest("pk")

    answer = cockpit.post(act(new, "withdraw"), follow=True)

    rule.refresh_from_db()
    assert answer.status_code == 200 and "taken back before it began" in words(answer)
    assert rule.valid_until is None and not PriceRule.objects.filter(pk=new.pk).exists()
