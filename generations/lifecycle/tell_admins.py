"""E-mail about provider accounts that began to rest, or are back: once each, to those who can do something about it.

Not from the pump: a slow mail server must not cost it its leases. What was told is in the row (`admins_told_at`), and
claimed before the mail leaves: a crash in between loses a mail, it does not repeat one. The audit has every rest.
"""

from __future__ import annotations

import structlog
from django.core import mail
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from generations.choices import Role
from generations.lifecycle.addresses import account_page
from generations.models import Generation, ProviderAccount, Status, User

log = structlog.get_logger(__name__)

_Status = ProviderAccount.Status


def tell_admins() -> int:
    """Tell people what they have not been told yet; the number of accounts it was about."""
    resting = ProviderAccount.objects.filter(status=_Status.RESTING, admins_told_at=None)
    back = ProviderAccount.objects.filter(status=_Status.ACTIVE, resting_since=None, admins_told_at__isnull=False)
    count = 0
    for account in resting.order_by("pk"):
        if resting.filter(pk=account.pk).update(admins_told_at=Now()):
            count += _send(account, _("%(account)s rests: nothing is sent with it"), _about_rest(account))
    for account in back.order_by("pk"):
        if back.filter(pk=account.pk).update(admins_told_at=None):
            count += _send(account, _("%(account)s is back"), _about_return(account))
    return count


def admins_of(account: ProviderAccount) -> QuerySet[User]:
    """Who can do something about a provider account: active superusers, and the owners of its teams."""
    owners = Q(memberships__team__provider_accounts=account, memberships__roles__contains=[Role.OWNER])
    people = User.objects.filter(Q(is_superuser=True) | owners, is_active=True)
    return people.exclude(email="").distinct().order_by("pk")


def _send(account: ProviderAccount, subject: str, body: str) -> int:
    """One message a person, so that nobody reads the others' addresses."""
    subject = " ".join((subject % {"account": account.label}).split())
    messages = [mail.EmailMessage(subject, body, to=[person.email]) for person in admins_of(account)]
    try:
        mail.get_connection().send_messages(messages)
    except OSError as error:  # smtplib's errors are OSErrors
        log.error("admins_not_told", account=account.pk, error=type(error).__name__)
    return 1


def _about_rest(account: ProviderAccount) -> str:
    waiting = Generation.objects.filter(account=account, status=Status.QUEUED).count()
    return _(
        "%(reason)s\n\n"
        "Takes in line on %(account)s: %(waiting)s. They wait, or move to another route where their project allows it. "
        "Nothing of them has been sent or charged.\n\n"
        "We ask the provider again by ourselves and go on as soon as it takes a job. You are told then. "
        "Check the key and the balance if the reason above speaks of them.\n%(link)s"
    ) % {"reason": account.status_reason, "account": account.label, "waiting": waiting, "link": account_page(account)}


def _about_return(account: ProviderAccount) -> str:
    sentence = _("%(account)s works again, and takes in line are being sent. There is nothing to do.\n%(link)s")
    return sentence % {"account": account.label, "link": account_page(account)}
