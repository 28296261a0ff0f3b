"""Explain my balance: from any number of the books to the plain sentences behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from django.contrib.humanize.templatetags.humanize import apnumber
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generations.ledger.budgets import applying_budgets, current_period
from generations.ledger.errors import plain
from generations.ledger.explain_budget import explain_budget, limit_and_use, name_each
from generations.ledger.explain_purse import About, explain_purse, lot_sentences
from generations.ledger.queries import Balances, balances
from generations.ledger.refusals import local_time, who_can_raise
from generations.ledger.sentences import Link, Sentence, capital, enumerate_words
from generations.models import Budget, BudgetPeriod, Team


def explain(
    team: Team,
    *,
    now: datetime,
    about: About = About.AVAILABLE,
    scopes: Sequence[str] | None = None,
    place: str = "",
    budget: Budget | None = None,
) -> list[Sentence]:
    """The chain behind a number, in sentences.

    With a `budget`: its limit, what is left of it and why. With `scopes` (see `scopes_of`): what a take there may hold
    now and which limit decides; `place` is how the sentence calls it, and a budget of the member alone is "your month".
    Otherwise: one figure of the team's purse. Reads what is booked: call `bring_up_to_date` first where windows or
    lots may be over.
    """
    if budget is not None:
        period = current_period(budget)
        return explain_budget(period, now=now) if period else [_ended(budget)]
    if scopes is None:
        return explain_purse(team, about)
    return list(_explain_place(team, applying_budgets(team, scopes), place or team.name, now))


def _ended(budget: Budget) -> Sentence:
    text = _("%(name)s has ended: it limits nothing any more.") % {"name": budget.name}
    return Sentence(text, (Link(budget.name, budget),))


def _explain_place(team: Team, periods: list[BudgetPeriod], place: str, now: datetime) -> Iterator[Sentence]:
    purse = balances(team)
    names = name_each(periods)
    most = max(min([purse.available, *(period.left for period in periods)]), Decimal(0))
    yield _most(place, most, purse)
    yield _limits(team, periods, names, purse)
    if periods and periods[0].left <= purse.available:
        yield from limit_and_use(periods[0], names[periods[0].pk], now=now)
        yield _ends(team, periods, names)
        yield from lot_sentences(team)
        return
    yield from explain_purse(team, About.AVAILABLE)
    if periods:
        yield _ends(team, periods, names)


def _most(place: str, most: Decimal, purse: Balances) -> Sentence:
    if purse.shortfall:
        text = _("You cannot start a take now: %(n)s credits that were charged beyond a hold must be covered first.")
        return Sentence(text % {"n": plain(purse.shortfall)})
    if not most:
        return Sentence(_("You cannot start a take for %(place)s now: a limit is used up.") % {"place": place})
    text = _("You can start a take of up to %(n)s credits for %(place)s now.")
    return Sentence(text % {"n": plain(most), "place": place})


def _limits(team: Team, periods: list[BudgetPeriod], names: dict[int, str], purse: Balances) -> Sentence:
    left = [(period.left, names[period.pk], period.budget) for period in periods]
    ordered: list[tuple[Decimal, str, Budget | None]] = sorted(
        [*left, (purse.available, team.name, None)], key=lambda limit: limit[0]
    )
    parts, links = [], []
    for number, (amount, name, budget) in enumerate(ordered):
        shown = {"name": name, "n": plain(max(amount, Decimal(0)))}
        parts.append((_("%(name)s has %(n)s left") if number == 0 else _("%(name)s %(n)s")) % shown)
        links += [Link(name, budget)] if budget else []
    if len(ordered) == 1:
        text = _("Only what the team has limits it: %(limits)s.")
    else:
        text = _("The smallest of %(count)s limits decides: %(limits)s.")
    return Sentence(text % {"count": apnumber(len(ordered)), "limits": enumerate_words(parts)}, tuple(links))


def _ends(team: Team, periods: list[BudgetPeriod], names: dict[int, str]) -> Sentence:
    parts = [*_resets(team, periods, names), *_raisers(periods, names)]
    return Sentence(" ".join(parts))


def _resets(team: Team, periods: list[BudgetPeriod], names: dict[int, str]) -> Iterator[str]:
    """When each of the budgets begins anew, those that do it together in one sentence."""
    together: dict[datetime | None, list[str]] = {}
    for period in periods:
        together.setdefault(period.ends_at, []).append(names[period.pk])
    for ends_at, called in together.items():
        facts = {"names": capital(enumerate_words(called))}
        if ends_at is None:
            yield ngettext("%(names)s does not reset.", "%(names)s do not reset.", len(called)) % facts
        else:
            facts["time"] = local_time(ends_at, team.time_zone)
            yield ngettext("%(names)s resets on %(time)s.", "%(names)s reset on %(time)s.", len(called)) % facts


def _raisers(periods: list[BudgetPeriod], names: dict[int, str]) -> Iterator[str]:
    who_of = {period.pk: who_can_raise(period.budget) for period in periods}
    if len(set(who_of.values())) == 1:
        text = _("%(who)s can raise it.") if len(who_of) == 1 else _("%(who)s can raise any of them.")
        yield text % {"who": who_of[periods[0].pk]}
        return
    for period in periods:
        yield _("%(who)s can raise %(name)s.") % {"who": who_of[period.pk], "name": names[period.pk]}
