"""Telling people that a budget reaches a soft mark, or its limit: once for each mark and period."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from generations import ledger, models
from generations.lifecycle.addresses import credits_page
from generations.lifecycle.apart import Apart
from generations.lifecycle.mail import post_mail
from generations.models import BudgetAlert, BudgetPeriod, Membership, User

_LIMIT = 100
_REACHED = """
    SELECT p.id, array_agg(DISTINCT m.mark::int)
    FROM generations_budgetperiod p
    JOIN generations_budget b ON b.id = p.budget_id
    CROSS JOIN LATERAL unnest(b.soft_marks || 100::smallint) AS m(mark)
    WHERE p.is_current AND (p.ends_at IS NULL OR p.ends_at > %s) AND p.held + p.spent + p.overrun > 0
          AND (p.held + p.spent + p.overrun) * 100
              >= m.mark * (p.base_credits + p.rolled_credits + p.raised_credits)
          AND NOT EXISTS (SELECT FROM generations_budgetalert a WHERE a.period_id = p.id AND a.percent = m.mark)
    GROUP BY p.id
    ORDER BY p.id"""


def raise_alerts(now: datetime, apart: Apart = nullcontext) -> None:
    """Note every mark that a current period has reached since the last look, and mail those who can do something.

    Several marks at once are one mail, about the highest. The limit itself counts as a mark.
    """
    for period_id, marks in models.fetch(_REACHED, [now]):
        with apart(f"alert about budget period {period_id}"):
            _alert(period_id, sorted(marks), now)


def _alert(period_id: int, marks: list[int], now: datetime) -> None:
    period = BudgetPeriod.objects.with_names().get(pk=period_id)
    with transaction.atomic():
        rows = [BudgetAlert(period=period, percent=mark, made_at=now) for mark in marks]
        BudgetAlert.objects.bulk_create(rows, ignore_conflicts=True)
        subject, text = _words(period, marks[-1])
        for user in _concerned(period):
            key = f"budget-alert:{period.pk}:{marks[-1]}:{user.pk}"
            post_mail(key=key, to=user, subject=subject, text=text)


def _concerned(period: BudgetPeriod) -> list[User]:
    """Who may raise the budget, and for a personal one whose it is."""
    people = ledger.raisers(period.budget)
    whose = period.budget.member
    if whose is not None and whose not in people and Membership.objects.filter(team=period.team_id, user=whose):
        people.append(whose)
    return people


def _words(period: BudgetPeriod, mark: int) -> tuple[str, str]:
    facts = {
        "budget": str(period.budget),
        "mark": mark,
        "percent": int(period.used * 100 / period.limit) if period.limit > 0 else _LIMIT,
        "used": ledger.plain(period.used),
        "limit": ledger.plain(period.limit),
        "left": ledger.plain(max(period.left, Decimal(0))),
        "resets": ledger.resets(period),
        "who": ledger.who_can_raise(period.budget),
        "link": credits_page(),
    }
    sums = _("%(used)s of %(limit)s credits (%(percent)s%%) are held or spent in the budget “%(budget)s”.")
    if mark >= _LIMIT:
        subject = _("Budget used up: %(budget)s")
        rest = _("New takes that count in it are refused. %(resets)s %(who)s can raise it.")
    else:
        subject = _("Budget at %(percent)s%%: %(budget)s")
        rest = _("It has reached its mark of %(mark)s%%; %(left)s credits are left. %(resets)s %(who)s can raise it.")
    return subject % facts, f"{sums}\n\n{rest}\n%(link)s" % facts
