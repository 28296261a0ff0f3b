"""The credits page: the balance explained, what is held for which take, and a page of the statement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generations import ledger
from generations.models import Generation, Movement, Status, Team, User
from generations.portal.sheets import Sheet, words

_COLUMNS = ("available", "held", "spent")
_HOLDS_SHOWN = 50
_MACHINE_WORD = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Hold:
    take: Generation
    text: str
    credits: Decimal
    since: datetime


@dataclass(frozen=True, slots=True)
class StatementLine:
    number: int
    at: datetime
    kind: str
    kind_label: str
    take: Generation | None
    text: str
    actor: User | None
    available: Decimal
    held: Decimal
    spent: Decimal
    other: Decimal
    other_label: str
    available_after: Decimal | None


def rate_of(team: Team) -> str:
    """What a credit is worth, in a sentence."""
    cents = 100 / team.credits_per_usd
    if cents == 1:
        return _("1 credit is 1 US cent.")
    return _("1 US dollar is %(n)s credits.") % {"n": ledger.plain(team.credits_per_usd)}


def reasons_for(balances: ledger.Balances, holds: int) -> list[str]:
    """Why the balance is what it is, step by step."""
    return list(_reasons(balances, holds))


def _reasons(balances: ledger.Balances, holds: int) -> Iterator[str]:
    yield _("%(n)s credits were given so far.") % {"n": ledger.plain(balances.given)}
    if balances.spent:
        yield _("%(n)s were spent on takes that ended.") % {"n": ledger.plain(balances.spent)}
    if balances.held:
        sentence = ngettext(
            "%(n)s are held for %(count)s take under way.", "%(n)s are held for %(count)s takes under way.", holds
        )
        yield sentence % {"n": ledger.plain(balances.held), "count": holds}
    if balances.expired:
        yield _("%(n)s expired unused.") % {"n": ledger.plain(balances.expired)}
    if balances.shortfall:
        yield _("%(n)s were charged beyond what was held, and are not covered yet.") % {
            "n": ledger.plain(balances.shortfall)
        }
    yield _("That leaves %(n)s to order with.") % {"n": ledger.plain(balances.available)}


def open_holds(team: Team) -> dict[str, Any]:
    """Holds that nothing has resolved, the newest first, with their number and sum."""
    rows = ledger.open_holds(team)
    shown = rows.select_related("generation__account").reverse()[:_HOLDS_SHOWN]
    holds = [
        Hold(take, _standing(take), take.hold_credits, row.happened_at) for row in shown if (take := row.generation)
    ]
    return {
        "holds": holds,
        "holds_count": rows.count(),
        "holds_total": rows.aggregate(total=Sum("generation__hold_credits"))["total"] or Decimal(0),
    }


def _standing(take: Generation) -> str:
    if take.status == Status.UNCERTAIN:
        return _("not confirmed by %(account)s; an administrator decides") % {"account": take.account}
    return _("%(status)s, %(account)s") % {"status": take.get_status_display(), "account": take.account}


def statement_sheet(team: Team, before: str) -> Sheet:
    """The page of the statement whose lines are older than the entry `before`; the newest page without one."""
    size = settings.LIMITS["statement_page_size"]
    limit = int(before) if re.fullmatch(r"[0-9]{1,18}", before, re.ASCII) else None
    lines = ledger.statement(team=team, before=limit, limit=size)
    rows = Movement.objects.filter(team=team)
    total = rows.count()
    if not lines:
        return Sheet([], total, "", "", "")
    first, last = lines[0].movement_id, lines[-1].movement_id
    newer = list(rows.filter(pk__gt=first).order_by("pk").values_list("pk", flat=True)[:size])
    ahead = rows.filter(pk__gt=first).count() if newer else 0
    return Sheet(
        rows=[_line(line) for line in lines],
        total=total,
        newer=f"?before={newer[-1] + 1}" if newer else "",
        older=f"?before={last}" if ahead + len(lines) < total else "",
        words=words(ahead + 1, ahead + len(lines), total),
    )


def spell_reason(line: ledger.Line) -> str:
    """Why a movement was made, for people: the code of a failure is for machines."""
    take = line.generation
    if take and _MACHINE_WORD.fullmatch(line.reason):
        return _("%(take)s ended: %(status)s") % {"take": take, "status": str(take.get_status_display()).lower()}
    return line.reason


def _line(line: ledger.Line) -> StatementLine:
    others = [entry for entry in line.entries if entry.account not in _COLUMNS]
    return StatementLine(
        number=line.movement_id,
        at=line.happened_at,
        kind=line.kind.value,
        kind_label=line.label,
        take=line.generation,
        # The take stands right before it, as a link.
        text=spell_reason(line).removeprefix(f"{line.generation} "),
        actor=line.actor,
        available=line.amount_on("available"),
        held=line.amount_on("held"),
        spent=line.amount_on("spent"),
        other=sum((entry.amount for entry in others), Decimal(0)),
        other_label=", ".join(str(entry.get_account_display()) for entry in others),
        available_after=line.available_after,
    )
