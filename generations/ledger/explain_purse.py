"""Where a figure of a team's purse comes from, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from generations.ledger.errors import plain
from generations.ledger.lots import LotNow, lots_of, order_sentence
from generations.ledger.queries import Balances, balances, open_holds
from generations.ledger.refusals import local_time
from generations.ledger.sentences import Link, Sentence, local_date, name_entry, name_takes
from generations.models import OPEN, Account, Generation, Movement, Team

Kind = Movement.Kind
_SHOWN = 5
_HOLDS_SHOWN = 20


class About(TextChoices):
    """The figures of a purse that can be explained."""

    AVAILABLE = "available", gettext_lazy("Available")
    HELD = "held", gettext_lazy("Held")
    SPENT = "spent", gettext_lazy("Spent")
    GIVEN = "given", gettext_lazy("Given")
    EXPIRED = "expired", gettext_lazy("Expired")
    SHORTFALL = "shortfall", gettext_lazy("Shortfall")


def explain_purse(team: Team, about: About) -> list[Sentence]:
    """The chain behind one figure of a team's purse."""
    return list(_CHAINS[about](team, balances(team)))


def held_now(team: Team) -> list[Movement]:
    """The team's open holds with their takes, oldest first, found by the takes that are not at an end."""
    return list(open_holds(team).filter(generation__status__in=OPEN).select_related("generation__account"))


def lot_sentences(team: Team) -> Iterator[Sentence]:
    """In which order credits are spent, and which expire next; nothing where none of them expire."""
    ending = [item for item in lots_of(team) if item.lot.expires_at and item.remaining]
    if ending:
        yield Sentence(order_sentence())
        facts = {"n": plain(ending[0].remaining), "time": _moment(ending[0], team)}
        yield Sentence(_("The next to expire are %(n)s credits, on %(time)s, unless they are used.") % facts)


def _available(team: Team, now: Balances) -> Iterator[Sentence]:
    yield Sentence(_("%(n)s credits were given so far.") % {"n": plain(now.given)})
    if now.spent:
        yield Sentence(_("%(n)s were spent on takes that ended.") % {"n": plain(now.spent)})
    if now.held:
        yield _held_for(team, now)
    if now.expired:
        yield Sentence(_("%(n)s expired unused.") % {"n": plain(now.expired)})
    if now.shortfall:
        sentence = _("%(n)s were charged beyond what was held, and are not covered yet.")
        yield Sentence(sentence % {"n": plain(now.shortfall)})
    yield Sentence(_("That leaves %(n)s to order with.") % {"n": plain(now.available)})
    yield from lot_sentences(team)


def _held_for(team: Team, now: Balances) -> Sentence:
    takes = [row.generation for row in held_now(team) if row.generation]
    names, links = name_takes(takes)
    sentence = ngettext(
        "%(n)s are held for %(count)s take under way: %(takes)s.",
        "%(n)s are held for %(count)s takes under way: %(takes)s.",
        len(takes),
    )
    return Sentence(sentence % {"n": plain(now.held), "count": len(takes), "takes": names}, links)


def _held(team: Team, now: Balances) -> Iterator[Sentence]:
    holds = held_now(team)
    if not holds:
        yield Sentence(_("Nothing is held: no take is under way."))
        return
    for hold in holds[:_HOLDS_SHOWN]:
        take = hold.generation
        if take is not None:
            facts = {"n": plain(hold.amount), "take": take.name, "time": local_time(hold.happened_at, team.time_zone)}
            text = _("%(n)s are held for %(take)s since %(time)s.") % facts
            yield Sentence(text, (Link(take.name, take),))
    if rest := holds[_HOLDS_SHOWN:]:
        more = ngettext(
            "%(n)s more are held for %(count)s take.", "%(n)s more are held for %(count)s takes.", len(rest)
        )
        amount = sum((hold.amount for hold in rest), Decimal(0))
        yield Sentence(more % {"n": plain(amount), "count": len(rest)})
    text = _("As they finish, up to %(n)s is spent. Whatever fails comes back at once.")
    yield Sentence(text % {"n": plain(now.held)})


def _spent(team: Team, now: Balances) -> Iterator[Sentence]:
    if not now.spent:
        yield Sentence(_("Nothing was spent yet: a take is charged when it ends."))
        return
    text = _("%(n)s credits were spent on takes that ended; the newest charges are these.")
    yield Sentence(text % {"n": plain(now.spent)})
    for movement in _newest(team, Kind.CAPTURE, Kind.OVERRUN, Kind.REVERSAL):
        if movement.generation is not None:
            yield _charge(movement, movement.generation)


def _charge(movement: Movement, take: Generation) -> Sentence:
    entry = name_entry(movement)
    on = {row.account: row.amount for row in movement.entries.all()}
    spent, back = on.get(Account.SPENT, Decimal(0)), on.get(Account.AVAILABLE, Decimal(0))
    facts = {"take": take.name, "spent": plain(abs(spent)), "back": plain(back), "entry": entry.words}
    if movement.kind == Kind.OVERRUN:
        text = _("%(take)s cost %(spent)s more than was held for it (%(entry)s).")
    elif movement.kind == Kind.REVERSAL:
        text = _("%(spent)s of what %(take)s cost were given back (%(entry)s).")
        return Sentence(text % facts, (Link(take.name, take), entry))
    elif back > 0:
        text = _("%(take)s cost %(spent)s; %(back)s of what was held came back (%(entry)s).")
    else:
        text = _("%(take)s cost %(spent)s (%(entry)s).")
    return Sentence(text % facts, (Link(take.name, take), entry))


def _given(team: Team, now: Balances) -> Iterator[Sentence]:
    lots = {item.lot.movement_id: item for item in lots_of(team)}
    shown = _newest(team, Kind.GRANT, Kind.PURCHASE)
    earlier = now.given
    for movement in shown:
        is_back = bool(movement.reversed_by.all())
        earlier -= Decimal(0) if is_back else movement.amount
        yield _gift(movement, lots.get(movement.pk), team, is_back)
    if earlier > 0:
        yield Sentence(_("%(n)s came before that.") % {"n": plain(earlier)})
    yield Sentence(_("Together %(n)s credits were given.") % {"n": plain(now.given)})
    yield from lot_sentences(team)


def _gift(movement: Movement, item: LotNow | None, team: Team, is_back: bool) -> Sentence:
    entry = name_entry(movement)
    facts = {
        "n": plain(movement.amount),
        "who": movement.actor or _("The administrator of this site"),
        "day": local_date(movement.happened_at, team.time_zone),
        "why": f" “{movement.reason}”" if movement.reason else "",
        "entry": entry.words,
    }
    if movement.kind == Kind.PURCHASE:
        text = _("%(n)s were bought on %(day)s%(why)s (%(entry)s).") % facts
    else:
        text = _("%(who)s gave %(n)s on %(day)s%(why)s (%(entry)s).") % facts
    return Sentence(f"{text} {_left_of(item, team, is_back)}".strip(), (entry,))


def _left_of(item: LotNow | None, team: Team, is_back: bool) -> str:
    if is_back:
        return _("They were taken back.")
    if item is None:
        return _("All of them are used.")
    if item.lot.expires_at is None:
        return _("%(n)s of them are left and do not expire.") % {"n": plain(item.remaining)}
    facts = {"n": plain(item.remaining), "time": _moment(item, team)}
    return _("%(n)s of them are left and expire on %(time)s.") % facts


def _expired(team: Team, now: Balances) -> Iterator[Sentence]:
    if not now.expired:
        yield Sentence(_("No credits have expired."))
    for movement in _newest(team, Kind.EXPIRE) if now.expired else []:
        entry = name_entry(movement)
        day = local_date(movement.happened_at, team.time_zone)
        facts = {"n": plain(movement.amount), "day": day, "entry": entry.words}
        text = _("%(n)s credits expired on %(day)s (%(entry)s).") % facts
        yield Sentence(f"{text} {movement.reason}".strip(), (entry,))
    yield from lot_sentences(team)


def _shortfall(team: Team, now: Balances) -> Iterator[Sentence]:
    if not now.shortfall:
        yield Sentence(_("Nothing is uncovered: every charge was paid."))
        return
    for movement in _newest(team, Kind.OVERRUN):
        if movement.generation is not None:
            yield _charge(movement, movement.generation)
    text = _("%(n)s of that is not covered yet. New takes wait; the next credits that are given cover it first.")
    yield Sentence(text % {"n": plain(now.shortfall)})


def _newest(team: Team, *kinds: Kind) -> QuerySet[Movement]:
    rows = Movement.objects.filter(team=team, kind__in=kinds).select_related("generation", "actor")
    return rows.prefetch_related("entries", "reversed_by").order_by("-pk")[:_SHOWN]


def _moment(item: LotNow, team: Team) -> str:
    return local_time(item.lot.expires_at, team.time_zone) if item.lot.expires_at else ""


_CHAINS: dict[About, Callable[[Team, Balances], Iterator[Sentence]]] = {
    About.AVAILABLE: _available,
    About.HELD: _held,
    About.SPENT: _spent,
    About.GIVEN: _given,
    About.EXPIRED: _expired,
    About.SHORTFALL: _shortfall,
}
