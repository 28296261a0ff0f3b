"""A movement as a line of the statement."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from generations import ledger
from generations.models import Generation, User

_COLUMNS = ("available", "held", "spent")
_MACHINE_WORD = re.compile(r"[a-z][a-z0-9_]*")


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


def spell_reason(line: ledger.Line) -> str:
    """Why a movement was made, for people: the code of a failure is for machines."""
    take = line.generation
    if take and _MACHINE_WORD.fullmatch(line.reason):
        return _("%(take)s ended: %(status)s") % {"take": take, "status": str(take.get_status_display()).lower()}
    return line.reason


def as_line(line: ledger.Line) -> StatementLine:
    """A movement of the ledger as the statement shows it."""
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
