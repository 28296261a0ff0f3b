"""Joining the price rules in the database with the pure arithmetic of `pricing`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from generations import pricing
from generations.catalog import Recipe
from generations.models import PriceRule, ProviderAccount, Team


def quote(*, team: Team, recipe: Recipe, now: datetime) -> pricing.Offer:
    """The price of a recipe on every account of the team that can run it, and why the others cannot."""
    accounts = list(ProviderAccount.objects.filter(teams=team).order_by("label", "pk"))
    return quote_on(accounts, team=team, recipe=recipe, now=now)


def quote_on(accounts: list[ProviderAccount], *, team: Team, recipe: Recipe, now: datetime) -> pricing.Offer:
    """The same for given accounts."""
    rows = PriceRule.objects.for_accounts(accounts).filter(model=recipe.model, tier=recipe.tier).in_force(now)
    return pricing.quote(recipe, map(_seller, accounts), _rules(rows), rate_of(team))


def rate_of(team: Team) -> pricing.Rate:
    """How US dollars become this team's credits."""
    return pricing.Rate(team.credits_per_usd, team.markup_percent)


def _seller(account: ProviderAccount) -> pricing.Seller:
    paused = ""
    if account.status == ProviderAccount.Status.PAUSED:
        sentence = _("%(account)s is paused: %(reason)s")
        paused = sentence % {
            "account": account.label,
            "reason": account.status_reason or _("an administrator knows why."),
        }
    return pricing.Seller(
        account_id=account.pk,
        provider=account.provider,
        label=account.label,
        is_sandbox=account.is_sandbox,
        unit_price_usd=account.unit_price_usd,
        paused_because=paused,
    )


def _rules(rows: Iterable[PriceRule]) -> list[pricing.Rule]:
    return [
        pricing.Rule(
            rule_id=row.pk,
            provider=row.provider,
            account_id=row.account_id,
            model=row.model,
            tier=row.tier,
            capability=row.capability,
            amount=row.amount,
            currency=row.currency,
            per=row.per,
        )
        for row in rows
    ]
