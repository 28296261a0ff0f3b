"""Moving a take to another route: while its account rests, if the project allows it and certainly nothing was taken.

The price is asked for anew, on the accounts that the team may use. The old hold goes back and another one is taken in
the same transaction as the move, so every hold is resolved once. A take stays where it is, and says why, if no other
route can make it, if every other one is much dearer or needs somebody's yes, or if the team cannot pay the difference.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from generations import ledger, pricing, queue
from generations.errors import PortalError, Refused
from generations.lifecycle.attempts import SUBMIT
from generations.lifecycle.gates import why_not_dearer
from generations.lifecycle.quote import quote
from generations.models import Attempt, Generation, ProviderAccount, Status

log = structlog.get_logger(__name__)

_AT_ONCE = 25
_RESTING = ProviderAccount.Status.RESTING
# What these say is that the provider took nothing. Any other end of an attempt forbids a second one elsewhere, also
# `absent`: it is good for sending the same number again, which the same provider refuses where it has it after all.
_NOTHING_TAKEN = frozenset({Attempt.Outcome.NOT_SENT, Attempt.Outcome.BUSY, Attempt.Outcome.REJECTED})


class _Stays(Refused):
    """The take waits where it is; the sentence says why."""

    code = "stays"


def move_waiting(now: datetime) -> int:
    """Move what waits for resting accounts and may go elsewhere; the number of takes that moved. From the clock."""
    rows = Generation.objects.filter(
        status=Status.QUEUED, account__status=_RESTING, project__may_move_routes=True, due_at__lte=Now()
    )
    return sum(move_route(take, now=now) for take in rows.order_by("pk")[:_AT_ONCE])


def move_route(generation: Generation, *, now: datetime) -> bool:
    """Move one take; say whether it moved. One that stays is looked at again after the next question to its account."""
    try:
        with transaction.atomic():
            return _move(generation.pk, now)
    except _Stays as refusal:
        _stay(generation, refusal.public)
    except PortalError as refusal:  # one that cannot move must not keep the others from it
        _stay(generation, _("It could move to another route. %(why)s") % {"why": refusal.public})
    return False


def _move(pk: int, now: datetime) -> bool:
    rows = Generation.objects.select_for_update(no_key=True, of=("self",))
    take = (
        rows.select_related("account", "project", "team")
        .filter(pk=pk, status=Status.QUEUED, account__status=_RESTING, project__may_move_routes=True)
        .first()
    )
    if take is None:
        return False
    _check_nothing_taken(take)
    found, before, held = _best(take, now), take.account.label, take.hold_credits
    note = _note(before, found, held)
    Generation.objects.filter(pk=pk).update(
        account_id=found.account_id,
        price_rule_id=found.rule_id,
        quote_json=found.as_json(),
        hold_credits=found.credits,
        lease_token=F("lease_token") + 1,  # a pump that has just read the row for its old account may not have it
        tries=0,
        waiting_for="",
        due_at=Now(),
        changed_at=Now(),
    )
    facts = {"from": before, "to": found.account_label, "held": str(held), "holds": str(found.credits)}
    take.log("moved", note, **facts)
    log.info("take_moved", generation=pk, **facts)
    queue.kick_on_commit("submit")
    # Last, because the team's purse stays locked from here until COMMIT.
    ledger.hold_again(generation=take, amount=found.credits, now=now, reason=note)
    return True


def _check_nothing_taken(take: Generation) -> None:
    attempts = take.attempts.all()
    if take.provider_task_id or not all(_took_nothing(attempt) for attempt in attempts):
        raise _Stays(_("It stays on its route, because the provider may have begun to work for it."))
    if take.events.filter(kind="moved").count() >= settings.LIFECYCLE["moves_per_take"]:
        raise _Stays(_("It has moved often enough and waits here now."))


def _took_nothing(attempt: Attempt) -> bool:
    took = attempt.provider_task_id or attempt.outcome not in _NOTHING_TAKEN
    # A call before the submit may have been charged for, even if it was refused.
    return not took and (attempt.step == SUBMIT or attempt.sent_at is None)


def _best(take: Generation, now: datetime) -> pricing.Quote:
    """The cheapest other route within the bound. Never from the sandbox to where money is spent, or back."""
    offer = quote(team=take.team, recipe=take.recipe, now=now)
    others = [
        item
        for item in offer.quotes
        if item.account_id != take.account_id and item.is_sandbox == take.account.is_sandbox and item.credits > 0
    ]
    if not others:
        raise _Stays(_("No other route of the team can make this take now, so it waits."))
    most = take.hold_credits * (1 + Decimal(settings.LIFECYCLE["move_dearer_percent"]) / 100)
    if others[0].credits > most:
        sentence = _(
            "The cheapest other route, %(account)s, needs %(credits)s credits instead of %(held)s. That is more than "
            "%(percent)s percent dearer, so the take waits."
        )
        facts = {
            "account": others[0].account_label,
            "credits": ledger.plain(others[0].credits),
            "held": ledger.plain(take.hold_credits),
            "percent": settings.LIFECYCLE["move_dearer_percent"],
        }
        raise _Stays(sentence % facts)
    if why_not := why_not_dearer(take, others[0].credits):
        raise _Stays(_("It could move to %(account)s. %(why)s") % {"account": others[0].account_label, "why": why_not})
    return others[0]


def _note(before: str, found: pricing.Quote, held: Decimal) -> str:
    difference = found.credits - held
    if difference > 0:
        price = _("%(n)s credits more are held.") % {"n": ledger.plain(difference)}
    elif difference < 0:
        price = _("%(n)s credits fewer are held.") % {"n": ledger.plain(-difference)}
    else:
        price = _("The price is the same.")
    sentence = _("Moved from %(before)s, which rests, to %(after)s. %(price)s")
    return sentence % {"before": before, "after": found.account_label, "price": price}


def _stay(generation: Generation, why: str) -> None:
    """Say why, once, and look again when the account has been asked again: nothing can be sent before that."""
    rows = Generation.objects.filter(pk=generation.pk, status=Status.QUEUED, account__status=_RESTING)
    for row in rows.select_related("account"):
        if not row.events.filter(kind="stays", note=why[:400]).exists():
            row.log("stays", why)
        Generation.objects.filter(pk=row.pk, status=Status.QUEUED).update(
            due_at=row.account.probe_at or F("due_at"), waiting_for=why[:300], changed_at=Now()
        )
