"""What follows from a price that has drifted: a line in the audit, a mail to administrators, a closed route."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from generations import ledger
from generations.lifecycle.addresses import account_page
from generations.lifecycle.close_route import NoSuchRoute, close_route
from generations.lifecycle.mail import post_mail
from generations.lifecycle.pause_account import AlreadySo
from generations.lifecycle.record import record
from generations.lifecycle.tell_admins import admins_of
from generations.models import DriftReading


def judge(reading: DriftReading, now: datetime) -> bool:
    """Tell people, once, if a reading is past the threshold, and close its route where the account says so."""
    said = " ".join(_charged_words(reading) + _listed_words(reading))
    if not said:
        return False
    with transaction.atomic():
        rows = DriftReading.objects.filter(pk=reading.pk, is_past_threshold=False)
        if not rows.update(is_past_threshold=True):
            return False
        _act(reading, said, now)
    return True


def _act(reading: DriftReading, said: str, now: datetime) -> None:
    account, is_closed = reading.account, False
    facts = {"route": reading.route_key, "day": reading.day.isoformat(), "said": said}
    record("price_drift", account, now=now, actor_id=None, team_id=None, **facts)
    if account.pauses_on_drift:
        is_closed = _close(reading, said, now)
    closed = _("The route is closed: nothing new is ordered on it until an administrator opens it again.")
    going_on = _("The route goes on. Add a new price from a date, or close the route.")
    parts = [said, closed if is_closed else going_on, account_page(account)]
    subject = _("The price of %(route)s on %(account)s has drifted") % {"route": reading.route_key, "account": account}
    for person in admins_of(account):
        key = f"drift:{account.pk}:{reading.pk}:{person.pk}"
        post_mail(key=key, to=person, subject=subject, text="\n".join(part for part in parts if part))


def _close(reading: DriftReading, said: str, now: datetime) -> bool:
    reason = _("This route is closed because its price has drifted. %(said)s") % {"said": said}
    try:
        close_route(reading.account, reading.route_key, reason=reason, now=now, actor_id=None)
    except AlreadySo:
        return True
    except NoSuchRoute:  # a newer catalog has lost it, so it cannot be ordered anyway
        return False
    return True


def _charged_words(reading: DriftReading) -> list[str]:
    if reading.takes < settings.LIFECYCLE["drift_takes"] or not _is_far(reading.percent):
        return []
    sentence = _(
        "%(takes)s takes were quoted %(quoted)s credits, and by what the provider reported they cost %(reported)s "
        "(%(percent)s%%)."
    )
    facts = {
        "takes": reading.takes,
        "quoted": ledger.plain(reading.quoted_credits),
        "reported": ledger.plain(reading.reported_credits),
        "percent": signed(reading.percent),
    }
    return [sentence % facts]


def _listed_words(reading: DriftReading) -> list[str]:
    if not _is_far(reading.list_percent):
        return []
    sentence = _("The provider asks for %(list)s US dollars per %(per)s; our price is %(ours)s (%(percent)s%%).")
    facts = {
        "list": _plain(reading.list_usd),
        "per": reading.list_per,
        "ours": _plain(reading.our_usd),
        "percent": signed(reading.list_percent),
    }
    return [sentence % facts]


def _is_far(percent: Decimal | None) -> bool:
    return percent is not None and abs(percent) >= Decimal(settings.LIFECYCLE["drift_percent"])


def signed(percent: Decimal | None) -> str:
    """A percentage with its sign and no trailing zeros."""
    return "" if percent is None else f"{percent.normalize():+f}"


def _plain(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount.normalize():f}"
