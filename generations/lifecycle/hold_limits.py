"""When a hold ends that nothing else ends: a stated rule for every state, so that no credits stay held for ever.

Where the provider may have the job, its own rule counts (`[last_charge]` in the catalog's route files). The provider is
asked once more then. While it says that it still works on the job, or cannot be asked, it is asked again each day,
until twice the time is over. A charge that comes after that is booked beyond the hold, as an overrun.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from decimal import Decimal
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from generations import catalog
from generations.lifecycle.apart import Apart
from generations.lifecycle.last_look import Word, look_once_more
from generations.lifecycle.lifeboat import expiry_of
from generations.lifecycle.record import record
from generations.lifecycle.settle import finish
from generations.models import Attempt, Generation, Status

TIMED_OUT = "timed_out"  # the failure code of a take whose hold went back by the provider's rule
LEFT_IN_LINE = "left_in_line"  # of one that nobody sent for too long
ASKED = "asked_at_end"  # the kind of the line in its activity
_SECONDS = 20  # each question lasts as long as the provider takes to answer; the rest waits for the next minute
_AGAIN = timedelta(days=1)
_OUT = frozenset({Status.RUNNING, Status.UNCERTAIN})


def end_of_hold(generation: Generation) -> datetime | None:
    """When a take's open hold ends at the latest if nothing else happens; None where it has none or nobody can say."""
    return ends_of_holds([generation])[generation.pk]


def ends_of_holds(generations: Sequence[Generation]) -> dict[int, datetime | None]:
    """The same for many takes by id, in one query however many they are."""
    open_ones = {take.pk: take for take in generations if not take.is_terminal}
    rows = Generation.objects.filter(pk__in=open_ones).select_related("account", "approval")
    found = rows.annotate(
        last_sent_at=Max("attempts__sent_at"),
        queued_at=Max("events__happened_at", filter=Q(events__kind=Status.QUEUED)),
        asked_at=Max("events__happened_at", filter=Q(events__kind=ASKED)),
    )
    ends = {row.pk: _end_of(open_ones[row.pk], row) for row in found}
    return {take.pk: ends.get(take.pk) for take in generations}


def _end_of(take: Generation, row: Any) -> datetime | None:
    if take.status == Status.AWAITING_APPROVAL:
        return row.approval.expires_at if hasattr(row, "approval") else None
    if take.status == Status.INGESTING:
        return expiry_of(take)
    sent_at = row.last_sent_at or take.submitted_at
    if take.status == Status.QUEUED or sent_at is None:
        return (row.queued_at or take.created_at) + _longest_in_line()
    days = days_of(row.account.provider)
    if row.asked_at is None:
        return sent_at + days
    return min(max(row.asked_at + _AGAIN, sent_at + days), sent_at + 2 * days)


def days_of(provider: str) -> timedelta:
    """After which time a provider is not expected to charge for what it never confirmed or ended."""
    return timedelta(days=catalog.load().last_charge[provider].days)


def release_timed_out(now: datetime, apart: Apart = nullcontext) -> int:
    """Return the holds whose time is over; the number of takes. The clock calls it each minute, outside a transaction.

    Of those that may be at a provider as many as can be asked about in a while, because each is asked about first.
    """
    count = 0
    for take in _left_in_line(now).order_by("pk")[:200]:
        with apart(f"release_timed_out of take {take.pk}"):
            count += _leave_line(take, now)
    until = monotonic() + _SECONDS
    for take in _overdue(now)[:200]:
        if monotonic() > until:
            break
        with apart(f"release_timed_out of take {take.pk}"):
            count += _release(take, now)
    return count


def _longest_in_line() -> timedelta:
    return timedelta(seconds=settings.LIFECYCLE["queue_give_up_seconds"])


def _sent_at(generation: Generation) -> datetime | None:
    """When the last call left that the provider may charge for."""
    last: datetime | None = generation.attempts.aggregate(last=Max("sent_at"))["last"]
    return last or generation.submitted_at


def _left_in_line(now: datetime) -> QuerySet[Generation]:
    since = Max("events__happened_at", filter=Q(events__kind=Status.QUEUED))
    limit = now - _longest_in_line()
    rows = Generation.objects.filter(status=Status.QUEUED, created_at__lte=limit)
    return rows.annotate(since=Coalesce(since, F("created_at"))).filter(since__lte=limit)


def _leave_line(generation: Generation, now: datetime) -> bool:
    sentence = _(
        "It was in line for %(days)s days and %(account)s took nothing of it. Nothing was charged. Choose another "
        "route, or order it again."
    )
    words = sentence % {"days": _longest_in_line().days, "account": generation.account.label}
    return finish(
        generation,
        to=Status.FAILED,
        charged=Decimal(0),
        now=now,
        only_from=frozenset({Status.QUEUED}),
        note=words,
        failure_code=LEFT_IN_LINE,
        failure_public=words[:400],
    )


def _overdue(now: datetime) -> QuerySet[Generation]:
    over = Q(pk__in=[])
    for provider in catalog.load().last_charge:
        over |= Q(account__provider=provider, out_since__lte=now - days_of(provider))
    shortest = min(days_of(provider) for provider in catalog.load().last_charge)
    rows = Generation.objects.filter(status__in=_OUT, created_at__lte=now - shortest).select_related("account", "team")
    rows = rows.annotate(out_since=Coalesce(Max("attempts__sent_at"), F("submitted_at"))).filter(over)
    asked = Max("events__happened_at", filter=Q(events__kind=ASKED))
    rows = rows.annotate(asked_at=asked).filter(Q(asked_at=None) | Q(asked_at__lte=now - _AGAIN))
    return rows.order_by(F("asked_at").asc(nulls_first=True), "pk")


def _release(generation: Generation, now: datetime) -> bool:
    """Ask once more; whether the hold went back because there was nothing to be heard."""
    word, why = look_once_more(generation)
    if word == Word.KNOWN:
        return False
    days = days_of(generation.account.provider)
    sent_at = _sent_at(generation)
    if word == Word.OPEN and sent_at is not None and now < sent_at + 2 * days:
        note = _("Its time is over, but it cannot be let go yet: %(why)s It is asked about again tomorrow.")
        generation.log(ASKED, note % {"why": why})
        return False
    return _let_go(generation, now, days, why)


def _let_go(generation: Generation, now: datetime, days: timedelta, why: str) -> bool:
    account = generation.account.label
    public = _(
        "%(account)s neither confirmed nor finished this take in %(days)s days, so its credits went back. Nothing was "
        "charged here; a charge that comes later is booked apart."
    ) % {"account": account, "days": days.days}
    with transaction.atomic():
        # The attempt before its take, as everybody locks them.
        attempt = Attempt.objects.select_for_update(no_key=True).filter(generation=generation, closed_at=None).first()
        won = finish(
            generation,
            to=Status.FAILED,
            charged=Decimal(0),
            now=now,
            reason=public,
            only_from=_OUT,
            note=" ".join([why, public]).strip(),
            failure_code=TIMED_OUT,
            failure_public=public[:400],
        )
        if won and attempt is not None:
            attempt.close(Attempt.Outcome.UNCERTAIN)
        if won:
            record("hold_timed_out", generation, now=now, actor_id=None, team_id=generation.team_id, why=why)
    return won
