"""The outbox: what is to be mailed is a row of the transaction that it is about, and leaves after the commit.

A mail is claimed before it is sent, by putting its next try off: a crash in between repeats it once that time has come.
Its Message-ID stays, so that a mail program shows a repeated one once.
"""

from __future__ import annotations

from datetime import timedelta
from time import monotonic
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.utils import DNS_NAME
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from generations import queue
from generations.models import Mail, User

log = structlog.get_logger(__name__)

_SUBJECT_CHARS = 200
_ERROR_CHARS = 300


def post_mail(
    *,
    key: str,
    to: User,
    subject: str,
    text: str,
    html: str = "",
    attachment_name: str = "",
    attachment: bytes | None = None,
) -> None:
    """Put a mail to one person into the outbox; part of the caller's transaction, so a rollback takes it back.

    `key` (160 characters at most) says what it is about, person included: the same key is told once. Who is not active
    gets nothing.
    """
    if not (to.is_active and to.email):
        return
    row = Mail(
        key=key,
        to=to,
        subject=" ".join(subject.split())[:_SUBJECT_CHARS],
        text=text,
        html=html,
        attachment_name=attachment_name,
        attachment=attachment,
    )
    Mail.objects.bulk_create([row], ignore_conflicts=True)
    queue.kick_on_commit("mail")


def due_mails() -> QuerySet[Mail]:
    """Mails whose time has come, by the database's clock."""
    return Mail.objects.filter(sent_at=None, due_at__lte=Now())


def send_mails() -> int:
    """Send what is due, one by one, for a while; the number of mails that the mail server took.

    A mail that cannot be sent is tried again later, with growing pauses, and at last given up with the reason in its
    row. Call it outside a transaction.
    """
    until = monotonic() + settings.LIFECYCLE["mail_seconds"]
    sent = 0
    while monotonic() < until and (row := _claim()) is not None:
        sent += _send(row)
    return sent


def _claim() -> Mail | None:
    """A due mail that nobody else sends, its next try put off; the last try has none."""
    with transaction.atomic():
        row = due_mails().select_for_update(skip_locked=True).order_by("due_at", "pk").first()
        if row is not None:
            row.tries += 1
            _put_off(row, settings.LIFECYCLE["mail_lease_seconds"], tries=F("tries") + 1)
    return row


def _put_off(row: Mail, seconds: float, **facts: object) -> None:
    is_last = row.tries >= settings.LIFECYCLE["mail_tries"]
    due_at = None if is_last else Now() + timedelta(seconds=seconds)
    Mail.objects.filter(pk=row.pk, sent_at=None).update(due_at=due_at, **facts)


def _send(row: Mail) -> bool:
    try:
        _message(row).send()
    except (OSError, ValueError) as error:  # smtplib's errors are OSErrors; an address that cannot be is a ValueError
        pause = settings.LIFECYCLE["mail_pause_seconds"] * 2 ** (row.tries - 1)
        reason = f"{type(error).__name__}: {error}"[:_ERROR_CHARS]
        _put_off(row, min(pause, settings.LIFECYCLE["mail_pause_max_seconds"]), last_error=reason)
        # The words of a mail server may hold the address: they stay in the row.
        log.warning("mail_not_sent", mail=row.pk, tries=row.tries, error=type(error).__name__)
        return False
    Mail.objects.filter(pk=row.pk).update(sent_at=Now(), due_at=None, last_error="")
    return True


def _message(row: Mail) -> EmailMultiAlternatives:
    host = urlsplit(settings.PUBLIC_URL).hostname or str(DNS_NAME)
    headers = {
        "Message-ID": f"<mail-{row.pk}-{row.created_at.timestamp():.0f}@{host}>",
        "Auto-Submitted": "auto-generated",
    }
    message = EmailMultiAlternatives(row.subject, row.text, to=[row.to.email], headers=headers)
    if row.html:
        message.attach_alternative(row.html, "text/html")
    if row.attachment is not None:
        message.attach(row.attachment_name, bytes(row.attachment))
    return message
