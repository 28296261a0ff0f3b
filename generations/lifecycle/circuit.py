"""The circuit of a provider account: trouble in a row opens it, and it closes by itself.

- Active → resting after so many troubles in a row. Nothing is sent; what waits, waits, or moves to another route.
- Resting: one free call with the key, after 30 s, then after twice as long each time, up to 15 minutes.
- Such a call was answered → active on trial (`resting_since` stays): one take at a time. A provider may know a key and
  still not serve it, so only an accepted submit ends the rest; another trouble goes on with it, told to nobody again.

What only concerns one endpoint (no such path) is no trouble of the account. An answer to a question about a running
take ends no rest either: a provider with an empty balance still answers those. A person's pause wins over all of this.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from generations import providers, queue
from generations.errors import PortalError
from generations.lifecycle.record import record
from generations.models import Generation, Project, ProviderAccount, Status

log = structlog.get_logger(__name__)

_Status = ProviderAccount.Status
_ENDPOINT = frozenset({404, 405, 410})  # there is no such path: about one route, not about the account
CLOSED = {"troubles_in_a_row": 0, "resting_since": None, "probe_at": None, "probes_failed": 0}


def is_trouble(error: PortalError | None) -> bool:
    """Whether an error of a submit says that the account cannot be used just now."""
    if isinstance(error, providers.Misconfigured):
        return error.status not in _ENDPOINT
    return isinstance(error, providers.Unreachable)


def note_trouble(account: ProviderAccount, error: PortalError) -> bool:
    """Count a trouble; say whether the account rests now. Call it after the take is back in line."""
    with transaction.atomic():
        row = ProviderAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
        row.troubles_in_a_row = min(row.troubles_in_a_row + 1, 1_000)
        row.save(update_fields=["troubles_in_a_row"])
        is_enough = row.troubles_in_a_row >= settings.LIFECYCLE["circuit_troubles"] or row.resting_since is not None
        if row.status == _Status.ACTIVE and is_enough:
            _rest(row, error)
        if row.status == _Status.RESTING:
            _tell_waiting(row)
        return row.status == _Status.RESTING


def note_accepted(account: ProviderAccount) -> None:
    """The provider took a job: whatever was the trouble is over."""
    if _troubled().filter(pk=account.pk).exists():
        with transaction.atomic():
            row = _troubled().select_for_update(no_key=True).filter(pk=account.pk).first()
            if row:
                _close(row)


def let_try(account: ProviderAccount) -> None:
    """A free call with the key was answered: go on, one take at a time, until the provider takes one."""
    with transaction.atomic():
        if row := _resting(account):
            ProviderAccount.objects.filter(pk=row.pk).update(
                status=_Status.ACTIVE, status_reason="", probe_at=None, not_before=None
            )
            _let_go_on(row)


def ask_soon(account: ProviderAccount) -> None:
    """Somebody has changed the key of an account: if it rests, do not wait for the next question's time."""
    ProviderAccount.objects.filter(pk=account.pk, status=_Status.RESTING).update(probe_at=Now())


def still_rests(account: ProviderAccount, error: PortalError) -> None:
    """A free call with the key failed: say so on everything that waits."""
    with transaction.atomic():
        if row := _resting(account):
            ProviderAccount.objects.filter(pk=row.pk).update(status_reason=_reason(error))
            _tell_waiting(row)


def end_idle_trials() -> None:
    """On trial, and nobody left to try it with: an answered question must do."""
    wanted = Generation.objects.filter(account=OuterRef("pk"), status__in=(Status.QUEUED, Status.SUBMITTING))
    idle = ProviderAccount.objects.filter(status=_Status.ACTIVE, resting_since__isnull=False)
    with transaction.atomic():
        for row in idle.filter(~Exists(wanted)).select_for_update(no_key=True):
            _close(row)


def pause_seconds(probes_failed: int) -> float:
    """How long to wait before the next free call: 30 s, 60 s … 15 minutes, by the settings."""
    least, most = settings.LIFECYCLE["probe_min_seconds"], settings.LIFECYCLE["probe_max_seconds"]
    return float(min(least * 2 ** min(probes_failed, 20), most))


def _resting(account: ProviderAccount) -> ProviderAccount | None:
    """The account's row, locked, if nobody has paused or resumed it meanwhile."""
    rows = ProviderAccount.objects.select_for_update(no_key=True)
    return rows.filter(pk=account.pk, status=_Status.RESTING).first()


def _rest(row: ProviderAccount, error: PortalError) -> None:
    ProviderAccount.objects.filter(pk=row.pk).update(
        status=_Status.RESTING,
        status_reason=_reason(error),
        resting_since=row.resting_since or Now(),
        probe_at=Now() + timedelta(seconds=pause_seconds(row.probes_failed)),
        probes_failed=F("probes_failed") + 1,
    )
    row.refresh_from_db()
    # Only what the provider itself says; `data` may hold an excerpt of its reply.
    record("rest_account", row, now=timezone.now(), actor_id=None, reason=row.status_reason, error=error.code)
    log.warning("account_rests", account=row.pk, error=error.code, troubles=row.troubles_in_a_row)


def _reason(error: PortalError) -> str:
    sentence = _("It had trouble several times in a row and is tried again by itself. The last trouble: %(why)s")
    return (sentence % {"why": error.public})[:300]


def _tell_waiting(row: ProviderAccount) -> None:
    """Say on every take in line why it waits and until when. What may move looks for another route at once."""
    assert row.probe_at is not None
    sentence = _("%(account)s rests after trouble. It is tried again at %(time)s; nothing has been sent.")
    waiting_for = (sentence % {"account": row.label, "time": _clock(row.probe_at)})[:300]
    takes = Generation.objects.filter(account=row, status=Status.QUEUED)
    movers = Q(project__in=Project.objects.filter(may_move_routes=True))
    said = {"waiting_for": waiting_for, "changed_at": Now()}
    takes.filter(movers).update(due_at=Now(), **said)
    takes.exclude(movers).update(due_at=row.probe_at, **said)


def _clock(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "H:i T")


def _troubled() -> QuerySet[ProviderAccount]:
    """Accounts that had trouble since the provider last took something, unless a person paused them."""
    return ProviderAccount.objects.filter(Q(troubles_in_a_row__gt=0) | Q(resting_since__isnull=False)).exclude(
        status=_Status.PAUSED
    )


def _close(row: ProviderAccount) -> None:
    was_resting = row.resting_since is not None
    ProviderAccount.objects.filter(pk=row.pk).update(status=_Status.ACTIVE, status_reason="", **CLOSED)
    if was_resting:
        record("account_is_back", row, now=timezone.now(), actor_id=None)
        log.info("account_is_back", account=row.pk)
        _let_go_on(row)


def _let_go_on(row: ProviderAccount) -> None:
    """Whoever waited for the account is due now."""
    takes = Generation.objects.filter(account=row, status=Status.QUEUED)
    if takes.update(due_at=Now(), waiting_for="", changed_at=Now()):
        queue.kick_on_commit("submit")
