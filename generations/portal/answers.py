"""Answers: to a request for more, given in the inbox or behind a link in a mail, and about takes that wait."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations import access, ledger, lifecycle
from generations.errors import NotAllowed, Refused
from generations.models import BudgetRequest
from generations.portal.forms.requests import AnswerForm

# How a take is approved or declined in words: what is pressed first, and then.
APPROVAL_FORMS = (
    ("approve", gettext_lazy("Approve with a note"), gettext_lazy("Approve it")),
    ("decline", gettext_lazy("Decline"), gettext_lazy("Decline it")),
)


def answered(
    request: BudgetRequest, member: access.Member, form: AnswerForm, do: str, now: datetime
) -> BudgetRequest | None:
    """Do what a pressed button says; None with errors on the form. Raises lifecycle.RequestClosed and NotAllowed."""
    if do not in ("approve", "decline"):
        raise Http404
    if not form.is_valid():
        return None
    try:
        return lifecycle.decide_budget_request(
            request=request, by=member, approve=do == "approve", now=now, **form.cleaned_data
        )
    except (NotAllowed, lifecycle.RequestClosed):
        raise
    except Refused as error:
        form.add_error(None, error.public)
        return None


def outcome_words(row: BudgetRequest) -> str:
    """What has become of a request that was just answered."""
    facts = {
        "who": row.asked_by,
        "budget": row.budget.name,
        "n": ledger.plain(row.decided_amount or row.amount),
        "when": ledger.local_time(row.decided_until, row.team.time_zone) if row.decided_until else "",
    }
    if row.status != BudgetRequest.Status.APPROVED:
        return _("The request of %(who)s was declined, and %(who)s was told.") % facts
    if row.decided_until is None:
        return _("%(budget)s has %(n)s credits more from now on, and %(who)s was told.") % facts
    return _("%(budget)s has %(n)s credits more until %(when)s, and %(who)s was told.") % facts
