"""Whether a request for more in a budget can still be answered, and the sentence that says what became of it."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from generations import ledger
from generations.errors import Refused
from generations.models import BudgetRequest

Status = BudgetRequest.Status


class RequestClosed(Refused):
    """The request was decided, withdrawn, or has expired; the sentence says which, by whom and when."""

    code = "request_closed"


def check_open(request: BudgetRequest, now: datetime) -> None:
    """Raise RequestClosed unless the request waits for an answer."""
    if request.status != Status.OPEN or request.expires_at <= now:
        raise RequestClosed(_what_happened(request), data={"request": str(request.public_id), "status": request.status})


def _what_happened(request: BudgetRequest) -> str:
    sentences = {
        Status.APPROVED: _(
            "%(who)s approved this request on %(when)s, with %(amount)s credits. Nothing more was changed."
        ),
        Status.DECLINED: _("%(who)s declined this request on %(when)s. Nothing more was changed."),
        Status.WITHDRAWN: _("%(who)s withdrew this request on %(when)s. Nothing was changed."),
    }
    expired = _("This request expired on %(when)s without an answer. Nothing was changed; it can be made again.")
    facts = {
        "who": str(request.decided_by or request.asked_by),
        "when": ledger.local_time(request.decided_at or request.expires_at, request.team.time_zone),
        "amount": ledger.plain(request.decided_amount or request.amount),
    }
    return sentences.get(Status(request.status), expired) % facts
