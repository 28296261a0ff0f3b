"""A webhook came in: note it once, look sooner. It decides nothing and nothing in it is believed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Least, Now

from generations import queue
from generations.models import Attempt, Generation, ProviderAccount, Status
from generations.providers import Callback

_RECEIPT = """
    INSERT INTO generations_callbackreceipt
        (account_id, generation_id, delivery_id, task_id, is_verified, body_sha256, received_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (account_id, delivery_id) DO NOTHING
"""
_AT_MOST_EVERY = timedelta(seconds=1)


def wake(
    *, account: ProviderAccount, generation: Generation | None, callback: Callback, body_sha256: str, now: datetime
) -> bool:
    """Store the receipt and make the take due now; say whether this delivery was new.

    A task id in it is kept on the open attempt as a hint; `reconcile` uses it only after a read with our key. A
    `submitting` row never becomes claimable by a webhook. A delivery that names another id of ours is not about this
    take: it is only noted.
    """
    if generation is not None and callback.our_id not in ("", generation.our_id):
        generation = None
    # All or nothing: a receipt without its effect would turn the provider's next try into a repeat that does nothing.
    with transaction.atomic():
        is_new = _store_receipt(account, generation, callback, body_sha256, now)
        if generation is None or not is_new:
            return is_new
        if generation.status != Status.RUNNING:  # a running take has no open attempt
            _keep_hint(generation, callback.task_id)
        rows = Generation.objects.filter(pk=generation.pk, status__in=(Status.RUNNING, Status.UNCERTAIN))
        rested = rows.filter(Q(woken_at=None) | Q(woken_at__lte=Now() - _AT_MOST_EVERY))
        if rested.update(due_at=Now(), woken_at=Now()):
            queue.kick_on_commit("follow")
        else:
            # A burst still gets its look, a second later.
            rows.update(due_at=Least(F("due_at"), Now() + _AT_MOST_EVERY), woken_at=Now())
    return True


def _store_receipt(
    account: ProviderAccount, generation: Generation | None, callback: Callback, body_sha256: str, now: datetime
) -> bool:
    """Whether it was new. One statement, because a finished batch at a provider calls a hundred times a second."""
    generation_id = generation.pk if generation else None
    facts = [account.pk, generation_id, callback.delivery_id[:160], callback.task_id[:120], callback.verified]
    with connection.cursor() as cursor:
        cursor.execute(_RECEIPT, [*facts, body_sha256, now])
        return bool(cursor.rowcount)


def _keep_hint(generation: Generation, task_id: str) -> None:
    attempt = Attempt.objects.select_for_update().filter(generation=generation, closed_at=None).first()
    if attempt is None or not task_id or attempt.evidence.get("hint_task_id"):
        return
    attempt.evidence["hint_task_id"] = task_id
    attempt.save(update_fields=["evidence"])
