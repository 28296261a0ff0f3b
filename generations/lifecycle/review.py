"""Review: what somebody thinks of a finished take. Every decision is kept; the newest one counts."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from generations import access
from generations.choices import Verdict
from generations.errors import Refused
from generations.lifecycle.notes import check_note
from generations.models import Generation, ReviewDecision, Status


class CannotReview(Refused):
    """There is nothing to judge yet, or any more."""

    code = "cannot_review"


def review(
    *, generation: Generation, member: access.Member, verdict: Verdict, note: str, now: datetime
) -> ReviewDecision:
    """Decide on a take that is done. It counts until the next decision about it.

    `note` has at most 500 characters. Raises access.Missing for a take of another team, NotAllowed, LimitReached for
    the note, CannotReview for a take without a result.
    """
    if generation.team_id != member.team.pk:
        raise access.Missing
    member.check(access.May.REVIEW)
    check_note(note)
    with transaction.atomic():
        row = Generation.objects.select_for_update(no_key=True).get(pk=generation.pk)
        if row.status != Status.DONE:
            sentence = _("Only a take that is done can be reviewed; %(take)s is in the state “%(status)s”.")
            raise CannotReview(sentence % {"take": row.name, "status": row.get_status_display()})
        made = ReviewDecision.objects.create(
            generation=row, verdict=verdict, note=note, decided_by=member.user, decided_at=now
        )
        Generation.objects.filter(pk=row.pk).update(verdict=verdict, changed_at=Now())
        words = _("%(verdict)s, says %(who)s.") % {"verdict": Verdict(verdict).label, "who": member.user}
        row.log("reviewed", f"{words} {note}".strip(), verdict=str(verdict))
    generation.refresh_from_db()
    return made
