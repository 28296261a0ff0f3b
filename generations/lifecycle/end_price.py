"""Ending a price: the row keeps what it said, and says until when. Only one that never began can be taken back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from generations.errors import Refused
from generations.lifecycle.record import record
from generations.models import PriceRule


class NotInForce(Refused):
    """The price has not begun, or is over."""

    code = "not_in_force"


def end_price(rule: PriceRule, *, now: datetime, actor_id: int | None) -> None:
    """Let a price end now. Takes that were quoted with it keep it. Raises NotInForce."""
    with transaction.atomic():
        lasting = Q(valid_until=None) | Q(valid_until__gt=now)
        if not PriceRule.objects.filter(lasting, pk=rule.pk, valid_from__lt=now).update(valid_until=now):
            raise NotInForce(_("This price is not in force now, so there is nothing to end."))
        record("end_price", rule, now=now, actor_id=actor_id, rule=str(rule))
        rule.refresh_from_db()


def withdraw_price(rule: PriceRule, *, now: datetime, actor_id: int | None) -> None:
    """Take back a price that has not begun; one that was to end for it goes on in its place. Raises NotInForce."""
    with transaction.atomic():
        fresh = PriceRule.objects.select_for_update().filter(pk=rule.pk, valid_from__gt=now).first()
        if fresh is None or fresh.last_used_at() is not None:
            raise NotInForce(_("This price has begun, so it stays in the book. End it, or replace it from a time."))
        record(
            "withdraw_price", fresh, now=now, actor_id=actor_id, rule=str(fresh), begins=fresh.valid_from.isoformat()
        )
        PriceRule.objects.filter(pk=fresh.pk).delete()
        before = PriceRule.objects.saying_the_same(fresh).filter(valid_until=fresh.valid_from)
        before.update(valid_until=fresh.valid_until)
