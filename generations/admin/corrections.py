"""Taking a movement back: the form, and what it would do in numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminTextInputWidget

from generations import ledger, lifecycle
from generations.admin.acts import Act
from generations.admin.fields import OnceForm
from generations.admin.shown import credits
from generations.models import Account, Movement, Purse

_REVERSIBLE = (
    Movement.Kind.GRANT,
    Movement.Kind.PURCHASE,
    Movement.Kind.EXPIRE,
    Movement.Kind.CAPTURE,
    Movement.Kind.OVERRUN,
)


class CorrectionForm(OnceForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Shown on the team's statement, for ever. At most 200 characters."),
    )


def _take_back(request: HttpRequest, movement: Movement, facts: dict[str, Any]) -> str:
    is_new = lifecycle.correct(
        movement=movement,
        key=f"correct:{movement.pk}:{facts['key'].hex}",
        reason=facts["reason"],
        actor=request.user,  # type: ignore[arg-type]
        now=timezone.now(),
    )
    shown = {"number": movement.pk, "available": credits(ledger.balances(movement.team).available)}
    shown["team"] = str(movement.team)
    if not is_new:
        sentence = _("This form had been sent before; nothing more was booked. %(team)s has %(available)s credits.")
        return sentence % shown
    return _("Movement %(number)s was taken back. %(team)s has %(available)s credits available now.") % shown


def _tells(movement: Movement) -> str:
    """What would move, from where to where, and what else changes."""
    legs = ledger.reversal_now(movement)
    purse = Purse.objects.get(team=movement.team_id)
    moves = ", ".join(_leg(purse, Account(account), amount) for account, amount in legs.items())
    said = [_("%(team)s: %(moves)s.") % {"team": movement.team, "moves": moves}]
    if movement.generation:
        cost = (movement.generation.charged_credits or Decimal(0)) + legs[Account.SPENT]
        sentence = _("%(take)s will have cost %(cost)s credits.")
        said.append(sentence % {"take": movement.generation.name, "cost": credits(cost)})
    if movement.periods:
        sentence = ngettext(
            "%(amount)s credits go back to %(count)s budget period.",
            "%(amount)s credits go back to %(count)s budget periods.",
            len(movement.periods),
        )
        said.append(sentence % {"amount": credits(-legs[Account.SPENT]), "count": len(movement.periods)})
    return " ".join(said)


def _leg(purse: Purse, account: Account, amount: Decimal) -> str:
    now = getattr(purse, account.value)
    facts = {"account": account.label, "now": credits(now), "then": credits(now + amount)}
    return _("%(account)s goes from %(now)s to %(then)s") % facts


def _fits(movement: Movement) -> bool:
    return movement.kind in _REVERSIBLE and not movement.reversed_by.exists()


TAKE_BACK = Act(
    name="take-back",
    label=gettext_lazy("Take back"),
    permission="generations.add_movement",
    run=_take_back,
    fits=_fits,
    form=CorrectionForm,
    is_danger=True,
    tells=_tells,
    explains=gettext_lazy(
        "A movement is never changed. Another one takes it back, and each names the other. A charge becomes available "
        "again, after it has covered an open shortfall. A correction itself cannot be taken back."
    ),
)
