"""Mail to those who may approve a take that waits: once each, from the clock, so that no order waits for it."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from generations import ledger
from generations.lifecycle.addresses import take_page
from generations.lifecycle.apart import Apart
from generations.lifecycle.approve import approvers_of
from generations.lifecycle.mail import post_mail
from generations.models import Approval, Mail, Status


def tell_approvers(now: datetime, apart: Apart = nullcontext) -> int:
    """Mail the approvers of every waiting take that nobody was told of yet; the number of takes. Runs each minute."""
    rows = Approval.objects.filter(outcome="", expires_at__gt=now, generation__status=Status.AWAITING_APPROVAL)
    waiting = list(rows.select_related("generation__team", "generation__project", "generation__created_by"))
    if not waiting:
        return 0
    since = min(approval.asked_at for approval in waiting)
    keys = Mail.objects.filter(key__startswith="approval:", created_at__gte=since).values_list("key", flat=True)
    told = {key.rpartition(":")[0] for key in keys}
    count = 0
    for approval in waiting:
        if _about(approval) not in told:
            with apart(f"tell_approvers of take {approval.generation_id}"), transaction.atomic():
                _tell(approval)
                count += 1
    return count


def _about(approval: Approval) -> str:
    return f"approval:{approval.generation.public_id.hex}"


def _tell(approval: Approval) -> None:
    take = approval.generation
    facts = {
        "take": take.name,
        "who": take.created_by,
        "project": take.project.name,
        "credits": ledger.plain(take.hold_credits),
        "why": approval.why,
        "until": ledger.local_time(approval.expires_at, take.team.time_zone),
        "link": take_page(take),
    }
    subject = _("%(who)s asks for a yes: %(take)s in %(project)s, %(credits)s credits") % facts
    text = _(
        "%(why)s\n\n"
        "%(who)s ordered %(take)s in %(project)s. %(credits)s credits are held for it, and nothing is sent before "
        "somebody approves it. If nobody decides until %(until)s, it is canceled and the credits go back.\n%(link)s"
    )
    for user in approvers_of(take):
        post_mail(key=f"{_about(approval)}:{user.pk}", to=user, subject=subject, text=text % facts)
