"""Packs that will expire: those that a provider lists, and those that somebody wrote down where it lists none."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from generations.choices import Currency
from generations.lifecycle.addresses import account_page
from generations.lifecycle.balances import newest_balances
from generations.lifecycle.mail import post_mail
from generations.lifecycle.tell_admins import admins_of
from generations.models import BalanceReading, Mail, ProviderAccount, ProviderPack

WARN_BEFORE = timedelta(days=7)


class ExpiringPack(NamedTuple):
    """Units that end at a time. `is_counted` says that the provider told how many are left; otherwise what was bought.

    `key` names the pack, the same at every reading.
    """

    account: ProviderAccount
    name: str
    left: Decimal
    currency: str
    expires_at: datetime
    is_counted: bool
    key: str


def expiring_packs(now: datetime, within: timedelta) -> list[ExpiringPack]:
    """Packs with units left that end within a time, the first to end first.

    What the provider lists goes before what was written down. A pack that was written down is left out where the
    provider says that nothing of its kind is left.
    """
    newest = [row for row in newest_balances() if row.amount is not None]
    listed = [pack for row in newest for pack in _listed(row)]
    knows_packs = {pack.account.pk for pack in listed}
    empty = {(row.account_id, row.currency) for row in newest if row.amount == 0}
    written = ProviderPack.objects.filter(expires_at__isnull=False).select_related("account").order_by("pk")
    found = [
        *listed,
        *(_written(pack) for pack in written if pack.account_id not in knows_packs and _kind(pack) not in empty),
    ]
    return sorted((pack for pack in found if now < pack.expires_at <= now + within), key=lambda pack: pack.expires_at)


def warn_of_packs(now: datetime) -> int:
    """Mail administrators once about each pack that ends within seven days with units left; about how many."""
    packs = expiring_packs(now, WARN_BEFORE)
    for pack in packs:
        for person in admins_of(pack.account):
            key = f"pack:{pack.key}:{person.pk}"
            if not Mail.objects.filter(key=key).exists():
                subject, text = _words(pack)
                post_mail(key=key, to=person, subject=subject, text=text)
    return len(packs)


def _listed(row: BalanceReading) -> list[ExpiringPack]:
    found = []
    for pack in row.packs_json:
        left = Decimal(pack["left"])
        if pack["expires_at"] and left > 0:
            expires_at = datetime.fromisoformat(pack["expires_at"])
            key = f"{row.account_id}:{pack['name'][:60]}:{expires_at:%Y%m%d%H%M}"
            found.append(ExpiringPack(row.account, pack["name"], left, row.currency, expires_at, True, key))
    return found


def _written(pack: ProviderPack) -> ExpiringPack:
    expires_at = pack.expires_at
    if expires_at is None:
        raise ValueError("A pack without an end does not expire.")
    key = f"{pack.account_id}:written:{pack.pk}"
    name = pack.note or _("Pack of %(date)s") % {"date": f"{pack.bought_at:%Y-%m-%d}"}
    return ExpiringPack(pack.account, name, pack.units, pack.currency, expires_at, False, key)


def _kind(pack: ProviderPack) -> tuple[int, str]:
    return pack.account_id, pack.currency


def _words(pack: ExpiringPack) -> tuple[str, str]:
    facts: dict[str, str] = {
        "account": pack.account.label,
        "name": pack.name,
        "left": f"{pack.left.normalize():f}",
        "units": str(Currency(pack.currency).label) if pack.currency in Currency.values else pack.currency,
        "when": f"{timezone.localtime(pack.expires_at):%Y-%m-%d %H:%M %Z}",
        "link": account_page(pack.account),
    }
    if pack.is_counted:
        text = _("“%(name)s” on %(account)s ends at %(when)s, and the provider says that %(left)s %(units)s are left.")
    else:
        text = _(
            "“%(name)s” on %(account)s ends at %(when)s. %(left)s %(units)s were bought; what is left is not known."
        )
    subject = _("A pack of %(account)s ends soon") % facts
    return subject, "\n".join(part for part in (text % facts, facts["link"]) if part)
