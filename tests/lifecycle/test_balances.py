"""What is left at the providers: read every hour, failures shown, packs told of before they end."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from generations import lifecycle
from generations.models import BalanceReading, Mail, ProviderPack
from generations.providers import ADAPTERS, Balance, Misconfigured
from tests.fakes import ScriptedAdapter
from tests.make import make_account, make_team, make_user

D = Decimal
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LAG = "Kling's figures may be up to 12 hours old."
pytestmark = pytest.mark.django_db


class Banking(ScriptedAdapter):
    async def read_balance(self):
        return await self.script.answer("read_balance", self.account)


@pytest.fixture
def bank(script, monkeypatch):
    monkeypatch.setitem(ADAPTERS, "kling", type("Banking", (Banking,), {"script": script}))
    return script


@pytest.fixture
def account():
    return make_account(make_team(), "kling")


@pytest.fixture
def now():
    return timezone.now()


def pack(amount, ends_at, name="Video 1000", currency="kling_unit"):
    return Balance(D(amount), currency, LAG, ends_at, name)


def read(bank, now, *answer):
    bank.says("read_balance", answer)
    return lifecycle.read_balances(now)


def test_packs_are_added_up_by_currency_with_their_lag(bank, account, now):
    read(bank, now, pack(300, now + DAY), pack("12.5", now + 9 * DAY), pack(7, None, "Image", "kling_image_unit"))

    images, units = BalanceReading.objects.order_by("currency")
    assert (units.amount, units.as_of_note, len(units.packs_json)) == (D("312.5"), LAG, 2)
    assert (images.amount, images.currency) == (7, "kling_image_unit")


def test_every_hour_is_enough(bank, account, now):
    assert read(bank, now, pack(3, None)) == 1
    assert read(bank, now + timedelta(minutes=30), pack(2, None)) == 0
    assert lifecycle.read_balances(now + HOUR) == 1

    assert [row.amount for row in BalanceReading.objects.order_by("pk")] == [3, 2]
    assert [row.amount for row in lifecycle.newest_balances()] == [2]


def test_what_could_not_be_read_is_shown_and_does_not_hide_the_history(bank, account, now):
    read(bank, now, pack(3, None))
    bank.says("read_balance", Misconfigured("Kling does not know this key.", provider="kling"))

    lifecycle.read_balances(now + HOUR)

    newest = lifecycle.newest_balances().get()
    assert (newest.amount, newest.problem) == (None, "Kling does not know this key.")
    assert BalanceReading.objects.count() == 2


def test_an_answer_without_a_balance_is_no_zero(bank, account, now):
    read(bank, now)

    assert "named no balance" in BalanceReading.objects.get().problem


def test_credentials_that_cannot_be_read_are_a_problem_of_that_account_alone(bank, account, now):
    other = make_account(make_team(), "kling")
    type(account).objects.filter(pk=account.pk).update(credentials_encrypted="broken")

    assert read(bank, now, pack(3, None)) == 2

    broken, good = BalanceReading.objects.order_by("account_id")
    assert "CREDENTIALS_KEYS" in broken.problem and (good.account, good.amount) == (other, 3)


def test_a_provider_that_does_not_tell_is_not_asked(now):
    make_account(make_team(), "gateway")

    assert lifecycle.read_balances(now) == 0
    assert not lifecycle.tells_balance("gateway") and lifecycle.tells_balance("wavespeed")
    assert not BalanceReading.objects.exists()


def test_a_pack_that_ends_within_a_week_is_told_of_once(bank, account, now):
    chief = make_user(is_superuser=True)
    read(bank, now, pack(300, now + 5 * DAY), pack(40, now + 20 * DAY, "Later"), pack(0, now + DAY, "Empty"))

    assert lifecycle.warn_of_packs(now) == 1
    lifecycle.warn_of_packs(now + HOUR)

    mail = Mail.objects.get()
    assert mail.to == chief and "300 Kling units are left" in mail.text and "Video 1000" in mail.text
    assert [found.name for found in lifecycle.expiring_packs(now, 30 * DAY)] == ["Video 1000", "Later"]


def test_a_pack_that_was_written_down_counts_where_the_provider_lists_none(account, now):
    make_user(is_superuser=True)
    facts = {"account": account, "units": 1000, "price_usd": 140, "bought_at": now - 80 * DAY}
    ProviderPack.objects.create(expires_at=now + 3 * DAY, note="Spring", **facts)
    ProviderPack.objects.create(expires_at=None, **facts)

    (found,) = lifecycle.expiring_packs(now, 7 * DAY)
    assert (found.name, found.left, found.is_counted) == ("Spring", 1000, False)
    lifecycle.warn_of_packs(now)
    assert "1000 Kling units were bought; what is left is not known" in Mail.objects.get().text


def test_what_the_provider_lists_goes_before_what_was_written_down(bank, account, now):
    ProviderPack.objects.create(
        account=account, units=1000, price_usd=140, bought_at=now - 80 * DAY, expires_at=now + 3 * DAY
    )
    read(bank, now, pack(300, now + 3 * DAY))

    assert [found.left for found in lifecycle.expiring_packs(now, 7 * DAY)] == [300]


def test_nothing_is_said_of_a_written_pack_when_nothing_is_left(bank, account, now):
    ProviderPack.objects.create(
        account=account, units=1000, price_usd=140, bought_at=now - 80 * DAY, expires_at=now + 3 * DAY
    )
    read(bank, now, Balance(D(0), "kling_unit"))

    assert lifecycle.expiring_packs(now, 7 * DAY) == []
