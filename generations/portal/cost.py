"""What a take costs, from its own movements in the books and the quote it was ordered at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from generations import ledger, pricing
from generations.choices import Currency
from generations.models import Generation, Status
from generations.portal.books import spell_reason
from generations.portal.composer import spell_price

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    amount: Decimal
    at: datetime
    text: str = ""
    sign: str = ""
    tone: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    state: str
    amount: Decimal
    returned: Decimal
    steps: list[Step]
    reported: str = ""  # what the provider said it cost, in a sentence


def cost_of(take: Generation) -> Cost:
    """The cost of a take: what is held while it is open, what was charged once it ended."""
    lines = ledger.movements_of(take)
    spent = sum((line.amount_on("spent") for line in lines), ZERO)
    returned = sum((max(line.amount_on("available"), ZERO) for line in _of_newest_hold(lines)), ZERO)
    quoted = Step(_("Quoted"), Decimal(take.quote_json["credits"]), take.created_at, spell_price(take.quote_json))
    if take.is_terminal:
        state, amount = ("charged" if spent else "free"), spent
    else:
        state, amount = "held", take.hold_credits
    steps = [quoted, *(step for line in lines for step in _steps(line))]
    return Cost(state, amount, returned, steps, _spell_report(take))


def _spell_report(take: Generation) -> str:
    """What the provider reported, in its own units and in credits; or that it did not, once the take has ended."""
    cost = take.provider_cost_json
    if cost is None:
        if not take.is_terminal or not take.provider_task_id:
            return ""
        if take.status == Status.DONE:
            return _("The provider did not report what this take cost, so the quoted price was charged.")
        return _("The provider did not report whether this take cost anything. Nothing was charged for it here.")
    amount, currency = Decimal(cost["amount"]), cost["currency"]
    label = Currency(currency).label if currency in Currency.values else _("units of its price")
    facts = {"amount": f"{amount.normalize():f}", "unit": label}
    credits = pricing.charged_credits(take.quote_json, amount, currency)
    if credits is None:
        return _("The provider reported %(amount)s %(unit)s, which the quote has no rate for.") % facts
    sentence = _("The provider reported %(amount)s %(unit)s: %(credits)s credits at the rates of the quote.")
    return sentence % {**facts, "credits": ledger.plain(credits)}


def _of_newest_hold(lines: list[ledger.Line]) -> list[ledger.Line]:
    """What moved since the newest hold: a take that moved to another route has older ones, which went back then."""
    newest = max((number for number, line in enumerate(lines) if line.kind == "hold"), default=0)
    return lines[newest:]


def _steps(line: ledger.Line) -> Iterator[Step]:
    number, at = line.movement_id, line.happened_at
    if line.kind == "hold":
        yield Step(_("Held"), line.amount_on("held"), at, _("set aside, not spent yet"), "", "warn", number)
    if spent := line.amount_on("spent"):
        beyond = line.kind == "overrun"
        label = _("Charged beyond the hold") if beyond else _("Charged")
        yield Step(label, spent, at, spell_reason(line), "", "warn" if beyond else "", number)
    back = line.amount_on("available")
    if back > 0:
        yield Step(_("Came back"), back, at, _("what was held and not charged"), "+", "ok", number)
