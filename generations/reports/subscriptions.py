"""Reports by e-mail: who wants which, and sending what is due.

A due subscription is locked, its mail written and its next time set in one transaction: nothing is sent twice, and
nothing is lost. Rights are looked at again each time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from generations import access
from generations.errors import LimitReached, NotAllowed, Refused
from generations.models import Mail, Membership, ReportSubscription
from generations.reports.by_mail import Letter, report_letter, stopped_letter
from generations.reports.filters import BadFilter, Filters
from generations.reports.sheet import Report

_SALT = "generations.report_subscription"
_RELATIVE = ("from", "to", "step")  # what the mail's own week or month decides
_AT_ONCE = 50


def subscribe(
    member: access.Member,
    *,
    report: Report,
    params: Mapping[str, str],
    cadence: ReportSubscription.Cadence,
    hour: int,
    now: datetime,
) -> ReportSubscription:
    """Send a report to a member from now on; asking for the same again only changes the hour.

    `params` are the filters of the page; its days are left out. Raises NotAllowed, Missing and BadFilter as
    `Filters.read` does, Refused where they do not fit the report, and LimitReached.
    """
    lasting = {name: text for name, text in params.items() if name in report.uses and name not in _RELATIVE}
    filters = Filters.read(member, lasting, now=now)
    report.run(filters, now=now)  # what cannot be made now is not promised
    wanted = {name: text for name, text in filters.as_params().items() if name in lasting}
    facts = {"team": member.team, "user": member.user, "report": report.slug, "cadence": cadence}
    with transaction.atomic():
        # Two presses at once take turns, so that the second one finds what the first has made.
        Membership.objects.select_for_update().filter(pk=member.membership.pk).first()
        mine = ReportSubscription.objects.filter(user=member.user, is_active=True)
        row = mine.filter(**facts, params_json=wanted).first()
        if row is None:
            _check_number(mine.count())
            row = ReportSubscription(**facts, params_json=wanted)
        row.hour = hour
        row.next_at = row.time_after(now)
        row.save()
    return row


def _check_number(count: int) -> None:
    limit = settings.LIMITS["report_subscriptions_per_member"]
    if count >= limit:
        sentence = _("You get %(n)s reports by e-mail, and that is the limit. Stop one of them first.")
        raise LimitReached(sentence % {"n": limit}, data={"limit": limit})


def subscriptions_of(member: access.Member) -> QuerySet[ReportSubscription]:
    """What the member gets by e-mail of this team, the next one first."""
    rows = ReportSubscription.objects.filter(team=member.team, user=member.user, is_active=True)
    return rows.select_related("team").order_by("next_at", "pk")


def stop_subscription(row: ReportSubscription) -> bool:
    """Send it no more; whether this call ended it."""
    return bool(ReportSubscription.objects.filter(pk=row.pk, is_active=True).update(is_active=False))


def stop_token(row: ReportSubscription) -> str:
    """What lets whoever got the mail stop it, for as long as it may lie in a mail box."""
    return signing.dumps(row.public_id.hex, salt=_SALT)


def find_by_stop_token(token: str) -> ReportSubscription | None:
    """The subscription that a link in a mail is about; None where the link is not ours."""
    try:
        public_id = UUID(signing.loads(token, salt=_SALT))
    except signing.BadSignature:
        return None
    return ReportSubscription.objects.select_related("team", "user").filter(public_id=public_id).first()


def send_subscriptions(now: datetime, apart: Callable[[str], AbstractContextManager[None]]) -> int:
    """Write the mails that are due; their number. `apart` keeps what goes wrong with one from the next."""
    due = ReportSubscription.objects.filter(is_active=True, next_at__lte=now).order_by("next_at", "pk")
    sent = 0
    for pk in list(due.values_list("pk", flat=True)[:_AT_ONCE]):
        with apart(f"report_subscription:{pk}"):
            sent += _send(pk, now)
    return sent


@transaction.atomic
def _send(pk: int, now: datetime) -> int:
    rows = ReportSubscription.objects.select_for_update(skip_locked=True, of=("self",))
    row = rows.select_related("team", "user").filter(pk=pk, is_active=True, next_at__lte=now).first()
    if row is None:  # somebody else has it
        return 0
    letter = _letter(row, now)
    if letter:
        key = f"report:{row.public_id.hex}:{row.next_at:%Y-%m-%dT%H}"
        Mail.objects.create(key=key, to=row.user, **letter._asdict())
        row.last_sent_at = now
    # From its own time on, not from now: after days without a clock each missed week or month still comes.
    row.next_at = row.time_after(row.next_at)
    row.save(update_fields=["next_at", "last_sent_at", "is_active"])
    return int(letter is not None)


def _letter(row: ReportSubscription, now: datetime) -> Letter | None:
    """The mail; None for who may not see it any more, and then the subscription is over."""
    try:
        member = access.get_member(row.user, row.team.slug)
        member.check(access.May.SEE_REPORTS)
    except (access.Missing, NotAllowed):
        row.is_active = False
        return None
    first, last = row.period_at(row.next_at)
    days = {"from": first.isoformat(), "to": last.isoformat()}
    try:
        filters = Filters.read(member, {**row.params_json, **days}, now=now)
        return report_letter(row, _report_of(row), filters, stop_token(row), now)
    except (access.Missing, Refused) as error:
        row.is_active = False
        return stopped_letter(row, error.public)


def _report_of(row: ReportSubscription) -> Report:
    from generations.reports import REPORTS  # the door lists them, and opens after this room

    report = REPORTS.get(row.report)
    if report is None:
        raise BadFilter(_("There is no such report any more."))
    return report
