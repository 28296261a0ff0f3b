"""Every night the books are proved, and whoever looks at them can see when that was and what it found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic

from django.db import connection, transaction
from django.utils.translation import gettext as _

from generations import ledger, models
from generations.models import BookProof, Mail
from generations.reports import proofs

_AFTER_HOUR = 3  # UTC
_KEPT_SENTENCES = 50


def prove() -> dict[str, list[ledger.Difference]]:
    """Every proof's differences, by its name, at one moment; empty lists where all is well."""
    with one_moment():
        found = [*ledger.check_books(), *proofs.differences()]
    names = (*ledger.proofs(), *proofs.proofs())
    return {name: [item for item in found if item.proof == name] for name in names}


@contextmanager
def one_moment() -> Iterator[None]:
    """A transaction that sees one moment of the books while work goes on; within a caller's transaction, theirs."""
    begins = not connection.in_atomic_block
    with transaction.atomic():
        if begins:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def proof_is_due(now: datetime) -> bool:
    """Whether the books were not proved since three in the morning (UTC)."""
    night = now.replace(hour=_AFTER_HOUR, minute=0, second=0, microsecond=0)
    if now < night:
        night -= timedelta(days=1)
    return not BookProof.objects.filter(proved_at__gte=night).exists()


def prove_books(now: datetime) -> BookProof:
    """Prove the books and keep what was found; administrators hear by mail of every difference."""
    started = monotonic()
    found = prove()
    sentences = [str(difference) for differences in found.values() for difference in differences]
    with transaction.atomic():
        proof = BookProof.objects.create(
            proved_at=now,
            seconds=round(monotonic() - started, 3),
            proofs=len(found),
            differences=len(sentences),
            sentences=sentences[:_KEPT_SENTENCES],
        )
        if sentences:
            _tell(proof)
    return proof


def last_proof() -> BookProof | None:
    """The newest proof of the books, or None before the first night."""
    return BookProof.objects.order_by("-proved_at").first()


def _tell(proof: BookProof) -> None:
    subject = _("The books do not add up")
    body = _("The nightly proof of the books found differences: %(count)s.\n\n%(sentences)s") % {
        "count": proof.differences,
        "sentences": "\n".join(proof.sentences),
    }
    people = models.User.objects.filter(is_superuser=True, is_active=True).exclude(email="")
    mails = [
        Mail(key=f"proof:{proof.pk}:{person.pk}", to=person, subject=subject, text=body)
        for person in people.order_by("pk")
    ]
    Mail.objects.bulk_create(mails, ignore_conflicts=True)
