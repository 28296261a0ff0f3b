"""Where the figures of a budget come from, step by step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generations.choices import Window
from generations.ledger.errors import plain
from generations.ledger.explain_purse import held_now
from generations.ledger.refusals import local_time, resets, who_can_raise
from generations.ledger.sentences import Link, Sentence, capital, local_date, name_takes
from generations.models import Budget, BudgetPeriod, BudgetRaise, Generation, scope_key


def explain_budget(period: BudgetPeriod, *, now: datetime) -> list[Sentence]:
    """The chain behind a budget's figures in its current period."""
    name = period.budget.name
    facts = {"name": name, "left": plain(max(period.left, Decimal(0))), "limit": plain(period.limit)}
    first = Sentence(_("%(name)s has %(left)s left of %(limit)s.") % facts, (Link(name, period.budget),))
    return [first, *limit_and_use(period, name, now=now), _end(period)]


def limit_and_use(period: BudgetPeriod, name: str, *, now: datetime) -> Iterator[Sentence]:
    """What a budget was given, and what became of it."""
    yield from _limit(period, name, now)
    takes = takes_held_in(period)
    yield _use(period, takes)
    if takes:
        sentence = ngettext(
            "As that take finishes, up to %(n)s is spent. Whatever fails comes back at once.",
            "As those %(count)s finish, up to %(n)s is spent. Whatever fails comes back at once.",
            len(takes),
        )
        yield Sentence(sentence % {"count": len(takes), "n": plain(period.held)})
    if period.left < 0:
        text = _("That is %(n)s over the limit: nothing more is held in it until it has room again.")
        yield Sentence(text % {"n": plain(-period.left)})


def takes_held_in(period: BudgetPeriod) -> list[Generation]:
    """The takes whose open holds count in a period, oldest first."""
    if not period.held:
        return []
    holds = held_now(period.budget.team)
    return [row.generation for row in holds if row.generation and period.pk in (row.periods or ())]


def raises_in_force(budgets: Iterable[Budget], *, now: datetime) -> dict[int, list[BudgetRaise]]:
    """The raises that count now and were not taken back, by their budget's id."""
    lasting = Q(ends_at=None) | Q(ends_at__gt=now)
    rows = BudgetRaise.objects.filter(lasting, budget__in=budgets, starts_at__lte=now, takes_back=None)
    found: dict[int, list[BudgetRaise]] = defaultdict(list)
    for row in rows.exclude(taken_back_by__starts_at__lte=now).select_related("made_by").order_by("starts_at", "pk"):
        found[row.budget_id].append(row)
    return found


def short_name(budget: Budget) -> str:
    """A budget in a sentence to its member: "your month", "SH040", "The Last Ferry"."""
    if budget.member_id and budget.scope_key == scope_key(member=budget.member_id):
        return {
            Window.DAY: _("your day"),
            Window.WEEK: _("your week"),
            Window.MONTH: _("your month"),
            Window.QUARTER: _("your quarter"),
            Window.LIFETIME: _("your budget"),
        }[Window(budget.window)]
    if budget.shot is not None and not (budget.member_id or budget.tier):
        return budget.shot.code
    if not budget.scope_key:
        return _("the team's budget %(window)s") % {"window": budget.get_window_display()}
    return budget.name


def name_each(periods: Sequence[BudgetPeriod]) -> dict[int, str]:
    """What to call each of several budgets, with the window where that is what tells two apart; by period id."""
    names = {period.pk: short_name(period.budget) for period in periods}
    said = list(names.values())
    for period in periods:
        name = names[period.pk]
        if said.count(name) > 1:
            names[period.pk] = f"{name} {period.budget.get_window_display()}"
    return names


def _limit(period: BudgetPeriod, name: str, now: datetime) -> Iterator[Sentence]:
    facts = {"name": capital(name), "base": plain(period.base_credits), "window": period.budget.get_window_display()}
    yield Sentence(_("%(name)s was given %(base)s %(window)s.") % facts, (Link(capital(name), period.budget),))
    if period.rolled_credits:
        text = _("%(n)s that the period before did not use rolled over.")
        yield Sentence(text % {"n": plain(period.rolled_credits)})
    for item in raises_in_force([period.budget], now=now).get(period.budget_id, []):
        yield _raised(item, period)


def _raised(item: BudgetRaise, period: BudgetPeriod) -> Sentence:
    zone = period.budget.team.time_zone
    facts = {
        "who": item.made_by,
        "n": plain(item.amount),
        "day": local_date(item.starts_at, zone),
        "until": local_time(item.ends_at, zone) if item.ends_at else "",
    }
    if item.ends_at is None:
        text = _("%(who)s raised it by %(n)s on %(day)s, to stay.") % facts
    else:
        text = _("%(who)s raised it by %(n)s on %(day)s, until %(until)s.") % facts
    return Sentence(f"{text} “{item.reason}”" if item.reason else text)


def _use(period: BudgetPeriod, takes: Sequence[Generation]) -> Sentence:
    names, links = name_takes(takes)
    facts = {"spent": plain(period.spent), "held": plain(period.held), "over": plain(period.overrun), "takes": names}
    if takes:
        text = _("Of that, %(spent)s is spent and %(held)s is held for %(takes)s.") % facts
    elif period.spent:
        text = _("Of that, %(spent)s is spent and nothing is held.") % facts
    else:
        text = _("Nothing of that is spent or held.")
    if period.overrun:
        text += " " + _("Providers charged %(over)s more than was held, which counts too.") % facts
    return Sentence(text, links)


def _end(period: BudgetPeriod) -> Sentence:
    raisers = _("%(who)s can raise it.") % {"who": who_can_raise(period.budget)}
    return Sentence(f"{resets(period)} {raisers}")
