"""Pausing a provider account, and letting it go on: no new takes meanwhile; what is out is followed to its end.

A person's word goes before the circuit's: a rest is over with either.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from generations import queue
from generations.errors import Refused
from generations.lifecycle.circuit import CLOSED
from generations.lifecycle.record import record
from generations.models import Generation, ProviderAccount, Status

_Status = ProviderAccount.Status


class AlreadySo(Refused):
    """The account is in that state already."""

    code = "already_so"


def pause_account(account: ProviderAccount, *, reason: str, now: datetime, actor_id: int | None) -> None:
    """Send nothing more with this account. `reason` is shown to people who choose a route. Raises AlreadySo."""
    with transaction.atomic():
        _change(account, _Status.PAUSED, reason, _("%(account)s is paused already."))
        record("pause_account", account, now=now, actor_id=actor_id, reason=reason)
        said = _("%(account)s is paused: %(reason)s") % {"account": account.label, "reason": reason}
        _waiting_for(account).update(waiting_for=said[:300], changed_at=Now())


def resume_account(account: ProviderAccount, *, now: datetime, actor_id: int | None) -> None:
    """Send again, at once. Raises AlreadySo."""
    with transaction.atomic():
        _change(account, _Status.ACTIVE, "", _("%(account)s is active already."), not_before=None)
        record("resume_account", account, now=now, actor_id=actor_id)
        _waiting_for(account).update(due_at=Now(), waiting_for="", changed_at=Now())
        queue.kick_on_commit("submit")


def _change(account: ProviderAccount, to: ProviderAccount.Status, reason: str, already: str, **facts: None) -> None:
    rows = ProviderAccount.objects.filter(pk=account.pk).exclude(status=to)
    # Nobody is told that it is back: somebody has seen to it.
    if not rows.update(status=to, status_reason=reason[:300], admins_told_at=None, **CLOSED, **facts):
        raise AlreadySo(already % {"account": account.label})
    account.refresh_from_db()


def _waiting_for(account: ProviderAccount) -> QuerySet[Generation]:
    return Generation.objects.filter(account=account, status=Status.QUEUED)
