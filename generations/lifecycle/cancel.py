"""Cancelling: free while a take is in line, a wish once the provider may have it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from generations import access, queue
from generations.errors import NotAllowed
from generations.lifecycle.approve import note_canceled
from generations.lifecycle.settle import finish
from generations.models import AuditEvent, Generation, Status

_FREE = frozenset({Status.QUEUED, Status.AWAITING_APPROVAL})


def cancel(*, generation: Generation, member: access.Member, now: datetime) -> bool:
    """Cancel a take; say whether it ended at once with everything returned.

    After dispatch it only notes the wish: the take is followed to the provider's end and settled on what that reports.
    Raises NotAllowed for a take of somebody else, without the right to cancel those.
    """
    if generation.created_by_id != member.user.pk and not member.may(access.May.CANCEL_ANY):
        raise NotAllowed(
            _("Only %(who)s, a producer or an owner can cancel this take.") % {"who": generation.created_by}
        )
    return cancel_as(generation, now=now, actor_id=member.user.pk)


def cancel_as(generation: Generation, *, now: datetime, actor_id: int | None) -> bool:
    """The same without asking who may: for the admin."""
    note = _("Canceled while in line; everything was returned.")
    AuditEvent.objects.create(
        team_id=generation.team_id,
        actor_id=actor_id,
        verb="cancel",
        target_kind="generation",
        target_id=str(generation.public_id),
        happened_at=now,
    )
    for _attempt in range(2):  # between the two looks a take may go back in line
        with transaction.atomic():
            if finish(generation, to=Status.CANCELED, charged=Decimal(0), now=now, only_from=_FREE, note=note):
                note_canceled(generation, now=now, actor_id=actor_id)
                return True
        if _ask_to_stop(generation, now):
            break
    generation.refresh_from_db()
    return False


def _ask_to_stop(generation: Generation, now: datetime) -> bool:
    """Note the wish, once; whether this was the one."""
    out = (Status.SUBMITTING, Status.RUNNING, Status.UNCERTAIN)
    rows = Generation.objects.filter(pk=generation.pk, status__in=out, cancel_requested_at=None)
    if not rows.update(cancel_requested_at=now, changed_at=Now()):
        return False
    generation.log("cancel_requested", _("Asked to stop. It is settled on what the provider reports."))
    Generation.objects.filter(pk=generation.pk, status=Status.RUNNING).update(due_at=Now())
    queue.kick("follow")
    return True
