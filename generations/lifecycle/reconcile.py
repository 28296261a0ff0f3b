"""Unclear cases: find out what became of a submit, or leave it to a person. Nothing is ever sent again on a guess.

- Nothing was sent (an open attempt without `sent_at`): back in line at once. This needs no provider.
- A webhook named a task: the name is a hint. A read with our key must confirm it, where jobs carry our own id that id
  must be ours, and no other take may hold it.
- The provider knows our own id: ask. Found: follow it. Not found, twice, a stated time after the lease ended, and only
  where absence proves something on that route: back in line, with the same id.
- The provider keeps a history: a job in it is this take's if it is the only one that can be.
- Everything else waits for a person, with the hold in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from generations import providers, queue
from generations.lifecycle.look_up import How, Lookup, found_job, free_candidates, is_refuted, note_lookup, way_of
from generations.lifecycle.outcomes import accepted, again, make_uncertain
from generations.models import Attempt, Generation, ProviderAccount, Status

_ASK_AGAIN_SECONDS = (5, 15, 60, 60, 300, 300, 900)


def expire_leases() -> int:
    """Turn `submitting` rows whose worker is gone into `uncertain` ones; the number of rows."""
    gone = Generation.objects.filter(status=Status.SUBMITTING, lease_until__lte=Now())
    note = _("The process that sent this take stopped before it had an answer.")
    count = sum(make_uncertain_if_expired(generation, note) for generation in gone.order_by("pk")[:200])
    if count:
        queue.kick("follow")
    return count


def make_uncertain_if_expired(generation: Generation, note: str) -> bool:
    """The transition, fenced by the token that was seen: a worker that renewed its lease meanwhile keeps the row."""
    with transaction.atomic():
        # The attempt before its take, as everybody locks them.
        Attempt.objects.select_for_update(no_key=True).filter(generation=generation, closed_at=None).first()
        rows = Generation.objects.select_for_update(no_key=True).filter(
            pk=generation.pk, status=Status.SUBMITTING, lease_token=generation.lease_token, lease_until__lte=Now()
        )
        return rows.exists() and make_uncertain(generation, note)


def requeue_unsent() -> int:
    """Put `uncertain` takes back in line whose attempt has sent nothing; the number of rows."""
    unsent = Attempt.objects.filter(closed_at=None, sent_at=None, generation__status=Status.UNCERTAIN)
    count = 0
    for attempt in unsent.select_related("generation").order_by("pk")[:200]:
        with transaction.atomic():
            # Closing the attempt fences its worker off: it may not mark it as sent any more.
            closed = Attempt.objects.filter(pk=attempt.pk, closed_at=None, sent_at=None).update(
                closed_at=Now(), outcome=Attempt.Outcome.NOT_SENT
            )
            if closed:
                note = _("Nothing had been sent, so the take is back in line.")
                count += again(attempt.generation, seconds=0, tries=attempt.generation.tries, waiting_for=note)
    if count:
        queue.kick("submit")
    return count


def claim_lookups(accounts: Mapping[int, ProviderAccount], room: int) -> list[Lookup]:
    """Claim due `uncertain` takes that there is a way to ask about."""
    rows = Generation.objects.due().filter(status=Status.UNCERTAIN, account_id__in=list(accounts))
    lookups = []
    for row in rows.order_by("due_at")[:room]:
        if row.provider_task_id:
            _follow_again(row)
            continue
        attempt = row.attempts.filter(closed_at=None, sent_at__isnull=False).first()
        lease_until = Now() + timedelta(seconds=settings.LIFECYCLE["follow_lease_seconds"])
        mine = Generation.objects.due().filter(pk=row.pk, status=Status.UNCERTAIN, lease_token=row.lease_token)
        if attempt and mine.update(lease_token=row.lease_token + 1, lease_until=lease_until):
            lookups += _lookup(row, attempt, accounts[row.account_id])
    return lookups


def _follow_again(row: Generation) -> None:
    """The provider had taken it, and we had given up asking; now a webhook speaks of it."""
    note = _("The provider sent word of this take, so it is asked about again.")
    row.advance(Status.RUNNING, only_from=frozenset({Status.UNCERTAIN}), note=note, due_at=Now())


def _lookup(row: Generation, attempt: Attempt, account: ProviderAccount) -> list[Lookup]:
    how = way_of(attempt, account, row.route) if row.route else None
    if row.route is None or how is None:
        _wait_for_a_person(
            row,
            _("This provider cannot be asked by our own number. A webhook or a person has to say what became of it."),
        )
        return []
    row.account = account
    return [Lookup(row, attempt, account, row.route, how)]


def _wait_for_a_person(row: Generation, note: str) -> None:
    rows = Generation.objects.filter(pk=row.pk, status=Status.UNCERTAIN)
    if rows.filter(Q(woken_at=None) | Q(woken_at__lt=Now() - timedelta(seconds=1))).update(
        due_at=None, lease_until=None, waiting_for=note[:300], changed_at=Now()
    ):
        row.log("waits_for_person", note)


def apply_lookup(item: Lookup) -> None:
    """Write down what a lookup found."""
    found = found_job(item)
    note = _("Confirmed with the provider after an unclear answer.")
    if found and accepted(item.generation, item.attempt.pk, found, Attempt.Outcome.FOUND, note):
        return
    with transaction.atomic():
        # Locked and read anew, because a webhook may have put its hint there while we asked.
        attempt = Attempt.objects.select_for_update(no_key=True).get(pk=item.attempt.pk)
        if attempt.closed_at is None:
            _note_answer(item, attempt)
            _next_question(item, attempt)


def _note_answer(item: Lookup, attempt: Attempt) -> None:
    if is_refuted(item):
        # Not known with our key, or another take's: worth nothing. Only this one; the evidence stays.
        attempt.evidence["refused_hint"] = attempt.evidence.pop("hint_task_id", "")
    elif item.how == How.OUR_ID and item.found is None and item.error is None:
        attempt.absent_count += _has_rested(attempt)
    attempt.looked_up_at = timezone.now()
    note_lookup(attempt, item)
    attempt.save(update_fields=["evidence", "absent_count", "looked_up_at"])


def _next_question(item: Lookup, attempt: Attempt) -> None:
    has_new_hint = item.how != How.HINT and "hint_task_id" in attempt.evidence
    absence_proves = providers.adapter_class(item.account.provider).absence_proves(item.route)
    if not has_new_hint and attempt.absent_count >= 2 and absence_proves:
        attempt.close(Attempt.Outcome.ABSENT)
        note = _("The provider does not have this take, asked twice. It is sent again with the same number.")
        again(item.generation, seconds=0, tries=0, waiting_for=note)
        return
    tries = item.generation.tries
    if tries >= len(_ASK_AGAIN_SECONDS) and not has_new_hint:
        _wait_for_a_person(item.generation, _why_a_person(item))
        return
    seconds = 0 if has_new_hint else _ASK_AGAIN_SECONDS[tries]
    Generation.objects.filter(pk=item.generation.pk, status=Status.UNCERTAIN).update(
        tries=tries + 1, lease_until=None, due_at=Now() + timedelta(seconds=seconds)
    )


def _why_a_person(item: Lookup) -> str:
    if item.error is not None:
        return _("The provider could not be asked: %(why)s A person has to decide.") % {"why": item.error.public}
    if item.how == How.OUR_ID:
        return _("The provider does not find our own number, which proves nothing here. A person has to decide.")
    if item.how == How.HISTORY and free_candidates(item):
        return _("Several jobs in the provider's history could be this take. A person has to say which one is.")
    return _("Nothing in the provider's history matches, which proves nothing. A person has to decide.")


def _has_rested(attempt: Attempt) -> bool:
    """Whether the submit left so long ago that it must have come to the provider, if it ever does."""
    rest = timedelta(seconds=settings.LIFECYCLE["find_twice_after_seconds"])
    return Attempt.objects.filter(pk=attempt.pk, sent_at__lt=Now() - rest).exists()
