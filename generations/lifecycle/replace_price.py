"""A new price from a date: the rule that was valid ends there and a new row begins, in one transaction."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generations.errors import Refused
from generations.lifecycle.record import record
from generations.models import PriceRule, User


class BadPrice(Refused):
    """The amount is no price: zero, negative, or with more places or digits than prices have."""

    code = "bad_price"


class PriceNotReplaced(Refused):
    """The new price cannot begin then: too early, after the old one's end, or before a take that was quoted."""

    code = "price_not_replaced"


def replace_price(
    rule: PriceRule,
    *,
    amount: Decimal,
    valid_from: datetime,
    source: str,
    note: str = "",
    actor: User,
    now: datetime,
) -> PriceRule:
    """Let a rule end at `valid_from` and begin a new one with another amount, for as long as the old one was to last.

    `amount` is in the rule's own currency and unit, with at most 5 places. Takes that were quoted keep their rule.
    Raises BadPrice and PriceNotReplaced; then nothing has changed.
    """
    check_price(amount)
    with transaction.atomic():
        old = PriceRule.objects.select_for_update().get(pk=rule.pk)
        _check_time(old, valid_from)
        if not source.strip():
            raise PriceNotReplaced(_("Say who or what gives the new price, for example an invoice or a price list."))
        until = old.valid_until
        PriceRule.objects.filter(pk=old.pk).update(valid_until=valid_from)
        new = PriceRule(**{name: getattr(old, name) for name in (*PriceRule.SAYS, "currency", "per")})
        new.amount, new.valid_from, new.valid_until = amount, valid_from, until
        new.source, new.note = source.strip()[:200], note.strip()[:300]
        new.save(force_insert=True)
        facts = {"old": str(old.pk), "was": str(old.amount), "amount": str(amount), "begins": valid_from.isoformat()}
        record("replace_price", new, now=now, actor_id=actor.pk, team_id=None, **facts)
    rule.refresh_from_db()
    return new


def check_price(amount: Decimal) -> None:
    """Raise BadPrice unless an amount is above zero, with at most 5 places and 7 digits before them."""
    if not amount.is_finite() or amount <= 0:
        raise BadPrice(_("A price is more than zero. End the price instead where something is not sold any more."))
    if amount != amount.quantize(Decimal("0.00001")):
        raise BadPrice(_("A price has at most 5 decimal places; %(amount)s has more.") % {"amount": f"{amount:f}"})
    if amount >= Decimal("1e7"):
        raise BadPrice(_("A price is below 10,000,000; %(amount)s is not.") % {"amount": f"{amount:f}"})


def _check_time(old: PriceRule, valid_from: datetime) -> None:
    if valid_from <= old.valid_from:
        sentence = _("The price that is there begins at %(begin)s, so a new one can only begin later.")
        raise PriceNotReplaced(sentence % {"begin": _spell(old.valid_from)})
    if old.valid_until is not None and valid_from >= old.valid_until:
        sentence = _("The price that is there ends at %(end)s. Replace the one that follows it, or add a rule.")
        raise PriceNotReplaced(sentence % {"end": _spell(old.valid_until)})
    used_at = old.last_used_at()
    if used_at and valid_from <= used_at:
        sentence = _(
            "A take was quoted with this price at %(used)s, and what was quoted stays. Let the new price begin later."
        )
        raise PriceNotReplaced(sentence % {"used": _spell(used_at)})


def _spell(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S %Z}"
