"""The clock's look at everything that is due: what Redis lost, and what no worker finished."""

from __future__ import annotations

from django.utils import timezone

from generations import queue
from generations.lifecycle.mail import due_mails
from generations.lifecycle.probe import tend_accounts
from generations.lifecycle.reconcile import expire_leases, requeue_unsent
from generations.models import Generation, Status

_AT_ONCE = 50


def tick() -> dict[str, int]:
    """Expire leases, put back what was never sent, and kick every queue that has due rows; what it found, by kind."""
    found = {"expired": expire_leases(), "unsent": requeue_unsent()}
    due = Generation.objects.due()
    found["submit"] = due.filter(status=Status.QUEUED).count()
    found["follow"] = due.filter(status__in=(Status.RUNNING, Status.UNCERTAIN)).count()
    found["mail"] = due_mails().count()
    for name in ("submit", "follow", "mail"):
        if found[name]:
            queue.kick(name)
    waiting = list(due.filter(status=Status.INGESTING).order_by("due_at").values_list("pk", flat=True)[:_AT_ONCE])
    for generation_id in waiting:
        queue.kick("ingest", generation_id=generation_id)
    found["ingest"] = len(waiting)
    tend_accounts(now=timezone.now())
    return found
