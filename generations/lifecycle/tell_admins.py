"""E-mail about provider accounts that began to rest, or are back: once each, to those who can do something about it.

What was told is in the account's row (`admins_told_at`), written in the same transaction as the mails.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from generations.choices import Role
from generations.lifecycle.addresses import account_page
from generations.lifecycle.mail import post_mail
from generations.models import Generation, ProviderAccount, Status, User

_Status = ProviderAccount.Status


def tell_admins() -> int:
    """Tell people what they have not been told yet; the number of accounts it was about."""
    resting = ProviderAccount.objects.filter(status=_Status.RESTING, admins_told_at=None)
    back = ProviderAccount.objects.filter(status=_Status.ACTIVE, resting_since=None, admins_told_at__isnull=False)
    return sum(_tell_of_rest(account, resting) for account in resting.order_by("pk")) + sum(
        _tell_of_return(account, back) for account in back.order_by("pk")
    )


def admins_of(account: ProviderAccount) -> QuerySet[User]:
    """Who can do something about a provider account: active superusers, and the owners of its teams."""
    owners = Q(memberships__team__provider_accounts=account, memberships__roles__contains=[Role.OWNER])
    people = User.objects.filter(Q(is_superuser=True) | owners, is_active=True)
    return people.exclude(email="").distinct().order_by("pk")


@transaction.atomic
def _tell_of_rest(account: ProviderAccount, untold: QuerySet[ProviderAccount]) -> bool:
    if not untold.filter(pk=account.pk).update(admins_told_at=Now()):  # somebody else has told them
        return False
    subject = _("%(account)s rests: nothing is sent with it")
    _post(account, "rests", account.resting_since, subject, _about_rest(account))
    return True


@transaction.atomic
def _tell_of_return(account: ProviderAccount, untold: QuerySet[ProviderAccount]) -> bool:
    if not untold.filter(pk=account.pk).update(admins_told_at=None):
        return False
    _post(account, "back", account.admins_told_at, _("%(account)s is back"), _about_return(account))
    return True


def _post(account: ProviderAccount, what: str, since: datetime | None, subject: str, body: str) -> None:
    about = f"account:{account.pk}:{what}:{since.isoformat() if since else ''}"
    for person in admins_of(account):
        post_mail(key=f"{about}:{person.pk}", to=person, subject=subject % {"account": account.label}, text=body)


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
