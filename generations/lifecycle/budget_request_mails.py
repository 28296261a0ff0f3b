"""Mails about requests for more: to those who may answer, and to whoever asked."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from generations import ledger
from generations.choices import Window
from generations.lifecycle.addresses import credits_page, request_page
from generations.lifecycle.mail import post_mail
from generations.lifecycle.mail_links import decision_token
from generations.models import BudgetPeriod, BudgetRequest, User

Status = BudgetRequest.Status


def mail_those_who_answer(request: BudgetRequest, period: BudgetPeriod) -> None:
    """Everybody who may raise the budget, each with a link of their own; not the asker, unless nobody else may."""
    people = ledger.raisers(request.budget)
    others = [user for user in people if user.pk != request.asked_by_id]
    facts = {**_facts(request), "used": ledger.plain(period.used), "limit": ledger.plain(period.limit)}
    subject = _("%(asker)s asks for %(amount)s credits: %(budget)s") % facts
    for user in others or people:
        text = _(
            "%(asker)s asks for %(amount)s credits more in the budget “%(budget)s”, %(until)s.\n\n"
            "%(note)s%(used)s of %(limit)s credits are held or spent. %(resets)s\n\n"
            "Approve, change or decline it before %(expires)s. Opening this page decides nothing:\n%(link)s\n\n"
            "The link is for you alone. Please do not pass it on."
        ) % {**facts, "resets": ledger.resets(period), "link": request_page(decision_token(request, user))}
        post_mail(key=f"budget-request:{request.pk}:asked:{user.pk}", to=user, subject=subject, text=text)


def mail_the_outcome(request: BudgetRequest) -> None:
    """Tell the asker what became of it, unless it was they who decided."""
    if request.decided_by_id != request.asked_by_id:
        facts = _facts(request)
        subject, text = _outcome(Status(request.status))
        answer = f"{request.answer}\n\n" if request.answer else ""
        _tell(request, request.asked_by, subject % facts, f"{text % facts}\n\n{answer}{credits_page()}")


def _tell(request: BudgetRequest, user: User, subject: str, text: str) -> None:
    post_mail(key=f"budget-request:{request.pk}:{request.status}:{user.pk}", to=user, subject=subject, text=text)


def _outcome(status: BudgetRequest.Status) -> tuple[str, str]:
    if status == Status.APPROVED:
        text = _("%(who)s approved %(given)s credits more in “%(budget)s”, %(given_until)s. You asked for %(amount)s.")
        return _("Approved: %(given)s credits more in %(budget)s"), text
    if status == Status.DECLINED:
        text = _("%(who)s declined your request for %(amount)s credits more in “%(budget)s”.")
        return _("Declined: %(amount)s credits more in %(budget)s"), text
    text = _("Nobody answered your request for %(amount)s credits more in “%(budget)s” in time. You can ask again.")
    return _("Expired: %(amount)s credits more in %(budget)s"), text


def _facts(request: BudgetRequest) -> dict[str, str]:
    return {
        "asker": str(request.asked_by),
        "who": str(request.decided_by or ""),
        "amount": ledger.plain(request.amount),
        "given": ledger.plain(request.decided_amount or request.amount),
        "until": _until(request, request.until),
        "given_until": _until(request, request.decided_until),
        "budget": str(request.budget),
        "note": f"{request.note}\n\n" if request.note else "",
        "expires": ledger.local_time(request.expires_at, request.team.time_zone),
    }


def _until(request: BudgetRequest, time: datetime | None) -> str:
    if time is not None:
        return _("until %(time)s") % {"time": ledger.local_time(time, request.team.time_zone)}
    if request.budget.window == Window.LIFETIME:
        return _("without an end")
    return _("until the budget begins anew")
