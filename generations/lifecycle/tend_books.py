"""The clock's look at the books, once a minute: what is due is booked, and people are told what they should know."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from generations import ledger
from generations.choices import Role
from generations.lifecycle.addresses import credits_page
from generations.lifecycle.apart import Apart
from generations.lifecycle.approval_mails import tell_approvers
from generations.lifecycle.approve import expire_approvals
from generations.lifecycle.budget_alerts import raise_alerts
from generations.lifecycle.budget_requests import expire_budget_requests
from generations.lifecycle.hold_limits import release_timed_out
from generations.lifecycle.mail import post_mail
from generations.models import CreditLot, Mail, Team, User

_DAYS_BEFORE = (7, 1)


def tend_books(now: datetime, apart: Apart = nullcontext) -> None:
    """Book what has expired or begun anew, end requests, approvals and holds that are over, tell who should know.

    Every step of every team runs inside `apart(what it is)`, with which the caller decides what a defect stops.
    """
    for step in _STEPS:
        with apart(step.__name__):
            step(now, apart)


def expire_credits(now: datetime, apart: Apart = nullcontext) -> None:
    """Book the credits of every team that have expired, or came back after that."""
    for team in ledger.teams_with_expiry(now):
        with apart(f"expire_credits of team {team.pk}"):
            ledger.expire_due(team, now=now)


def refresh_budgets(now: datetime, apart: Apart = nullcontext) -> None:
    """Open and close budget periods and raises whose time has come, so that nobody's next take has to."""
    stale = Team.objects.filter(budgets__periods__is_current=True, budgets__periods__changes_at__lte=now)
    for team in stale.distinct().order_by("pk"):
        with apart(f"refresh_budgets of team {team.pk}"):
            ledger.refresh_periods(team, now=now)


def warn_of_expiry(now: datetime, apart: Apart = nullcontext) -> None:
    """Mail owners and budget admins seven days and one day before credits expire; once for each lot and number."""
    soon = CreditLot.objects.filter(
        closed_at=None, expires_at__gt=now, expires_at__lte=now + timedelta(days=max(_DAYS_BEFORE))
    )
    for team in Team.objects.filter(pk__in=soon.values("team_id")).order_by("pk"):
        with apart(f"warn_of_expiry of team {team.pk}"), transaction.atomic():
            _warn(team, now)


def _warn(team: Team, now: datetime) -> None:
    last = now + timedelta(days=max(_DAYS_BEFORE))
    people = _those_with_the_purse(team)
    for item in ledger.lots_of(team):
        expires_at = item.lot.expires_at
        if expires_at is None or not now < expires_at <= last or not item.remaining:
            continue
        days = min(days for days in _DAYS_BEFORE if expires_at <= now + timedelta(days=days))
        about = f"lot-expires:{item.lot.pk}:{days}:"
        keys = [f"{about}{user.pk}" for user in people]
        told = set(Mail.objects.filter(key__in=keys).values_list("to_id", flat=True))
        for user in (user for user in people if user.pk not in told):
            subject, text = _words(team, item, expires_at)
            post_mail(key=f"{about}{user.pk}", to=user, subject=subject, text=text)


def _those_with_the_purse(team: Team) -> list[User]:
    roles = [Role.OWNER, Role.BUDGET_ADMIN]
    people = User.objects.filter(memberships__team=team, memberships__roles__overlap=roles, is_active=True)
    return list(people.order_by("pk"))


def _words(team: Team, item: ledger.LotNow, expires_at: datetime) -> tuple[str, str]:
    facts = {
        "left": ledger.plain(item.remaining),
        "whole": ledger.plain(item.lot.amount),
        "team": team.name,
        "when": ledger.local_time(expires_at, team.time_zone),
        "link": credits_page(),
    }
    text = _(
        "%(left)s of %(whole)s credits of %(team)s expire on %(when)s unless takes use them before. "
        "They are spent before credits that last longer.\n%(link)s"
    )
    return _("%(left)s credits of %(team)s expire on %(when)s") % facts, text % facts


_STEPS = (
    expire_credits,
    refresh_budgets,
    expire_budget_requests,
    raise_alerts,
    warn_of_expiry,
    expire_approvals,
    tell_approvers,
    release_timed_out,  # last: it asks providers, which may take long
)
