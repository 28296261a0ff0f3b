"""A result that came with the answer to the submit itself: there is no job to ask about, so it is kept now or lost."""

from __future__ import annotations

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generations import providers
from generations.lifecycle.outcomes import ingesting, leaves_line, what_was_made
from generations.lifecycle.record import record
from generations.models import Attempt, Generation, Status

log = structlog.get_logger(__name__)
_ENDED_WITHOUT = (Status.FAILED, Status.CANCELED)


def answered_at_once(generation: Generation, attempt_id: int, finished: providers.Finished) -> bool:
    """Bring a result home that is there already. Also for a worker whose lease ended meanwhile.

    False where the take went on without it: then it is kept where a person sees it, and decides.
    """
    with transaction.atomic():
        attempt = Attempt.objects.select_for_update(no_key=True).get(pk=attempt_id)
        held = attempt.close(Attempt.Outcome.ACCEPTED, request_id=finished.request_id[:120])
        won = (held or leaves_line(generation, attempt)) and ingesting(generation, finished)
        if not won:
            _late_result(generation, attempt, finished)
    return won


def _late_result(generation: Generation, attempt: Attempt, finished: providers.Finished) -> None:
    generation.refresh_from_db()
    made = what_was_made(generation, finished)
    if generation.outputs_json == made["outputs_json"]:
        return  # written down already
    rows = Generation.objects.filter(pk=generation.pk, status__in=_ENDED_WITHOUT, outputs_json=[])
    kept = ("outputs_json", "provider_cost_json", "provider_done_at", "results_expire_at")
    is_kept = rows.update(**{name: made[name] for name in kept})
    facts = {"attempt": attempt.number}
    record("late_answer", generation, now=timezone.now(), actor_id=None, team_id=generation.team_id, **facts)
    log.error("late_result", generation=generation.pk, **facts)
    generation.log("late_answer", _words(bool(is_kept)) % facts, **facts)


def _words(is_kept: bool) -> str:
    if is_kept:
        return _(
            "The provider made this take in attempt %(attempt)s, and said so only after the take had ended. It may "
            "charge for it. An administrator can fetch the result by trying again."
        )
    return _(
        "The provider made this take in attempt %(attempt)s, and said so only after the take had gone on without it. "
        "It may be charged twice."
    )
