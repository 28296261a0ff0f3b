"""Attempts of a take: opened before a paid call, marked before its first byte leaves, closed with what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from generations.lifecycle import checkpoints
from generations.lifecycle.claim import Claim
from generations.models import Attempt, Generation, Status

SUBMIT = "submit"  # the step that renders; any other comes before it and may cost by itself


def new_attempt(generation: Generation, lease_token: int) -> Attempt:
    """Open the next attempt. Only where none is open."""
    number = generation.attempts.count() + 1
    return Attempt.objects.create(generation=generation, number=number, lease_token=lease_token)


def mark_sent(item: Claim, step: str = SUBMIT) -> bool:
    """Commit that the paid request is about to leave; False where it must not: lease lost, or cancel asked for."""
    with transaction.atomic():
        # The attempt before its take, as everybody locks them.
        rows = Attempt.objects.filter(pk=item.attempt_id, closed_at=None, sent_at=None)
        if not rows.update(sent_at=Now(), step=step):
            return False
        held = _held(item).filter(lease_until__gt=Now(), cancel_requested_at=None)
        lease_until = Now() + timedelta(seconds=settings.LIFECYCLE["submit_lease_seconds"])
        if not held.update(lease_until=lease_until, due_at=lease_until):
            transaction.set_rollback(True)
            return False
    checkpoints.reach("marked sent", [item.generation])
    return True


def close_step(item: Claim, session: dict[str, Any]) -> int | None:
    """The call before the submit was answered: keep what it gave and open the attempt of the submit, in one.

    The new attempt's id, or None where somebody has closed the step meanwhile: then nothing more is sent.
    """
    with transaction.atomic():
        step = Attempt.objects.get(pk=item.attempt_id)
        if not step.close(Attempt.Outcome.ACCEPTED, evidence={"session": session}):
            return None
        return new_attempt(item.generation, item.lease_token).pk


def begun_session(generation: Generation, number: int) -> Mapping[str, Any]:
    """What an earlier try got from the call before the submit, while it is good for one; empty for most takes."""
    if number == 1:
        return {}
    since = Now() - timedelta(seconds=settings.LIFECYCLE["begun_session_seconds"])
    steps = generation.attempts.exclude(step=SUBMIT).filter(outcome=Attempt.Outcome.ACCEPTED, closed_at__gt=since)
    last = steps.order_by("-number").first()
    return dict(last.evidence.get("session", {})) if last else {}


def _held(item: Claim) -> QuerySet[Generation]:
    rows = Generation.objects.filter(pk=item.generation.pk, status=Status.SUBMITTING)
    return rows.filter(lease_token=item.lease_token)
