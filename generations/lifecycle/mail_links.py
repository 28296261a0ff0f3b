"""Links in mails that let one person answer one request. Opening such a link decides nothing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core import signing
from django.utils.translation import gettext as _

from generations import access, ledger
from generations.errors import Refused
from generations.lifecycle.open_request import check_open
from generations.models import BudgetRequest, User

_SALT = "generations.budget_request"
_LIFE_SECONDS = 7 * 24 * 3600


class BadLink(Refused):
    """The link is not one of ours, too old, or its person may not answer any more."""

    code = "bad_link"


def decision_token(request: BudgetRequest, user: User) -> str:
    """What lets this person answer this request for seven days, and not after it was answered."""
    return signing.dumps([request.public_id.hex, user.pk], salt=_SALT)


def read_decision_token(token: str, now: datetime) -> tuple[BudgetRequest, access.Member]:
    """The request that a link is about, and the person it was mailed to, as they stand now.

    Raises BadLink, and RequestClosed with what happened where the request does not wait any more.
    """
    try:
        request_id, user_id = signing.loads(token, salt=_SALT, max_age=_LIFE_SECONDS)
    except signing.SignatureExpired as error:
        raise BadLink(_("This link is more than 7 days old. Sign in to see the team's requests.")) from error
    except signing.BadSignature as error:
        sentence = _("This link is not complete. Copy it whole from the mail, or sign in to see the team's requests.")
        raise BadLink(sentence) from error
    request = BudgetRequest.objects.with_names().filter(public_id=UUID(request_id)).first()
    user = User.objects.filter(pk=user_id).first()
    if request is None or user is None:
        raise BadLink(_("What this link was about does not exist any more."))
    member = _answering(request, user)
    check_open(request, now)
    return request, member


def _answering(request: BudgetRequest, user: User) -> access.Member:
    try:
        member = access.get_member(user, request.team.slug)
    except access.Missing as error:
        raise BadLink(_("This link was for somebody who is no longer in the team.")) from error
    if not access.owns_budget(member, request.budget):
        sentence = _("%(name)s may not answer requests for this budget any more. %(who)s can.")
        raise BadLink(sentence % {"name": str(user), "who": ledger.who_can_raise(request.budget)})
    return member
