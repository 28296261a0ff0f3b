"""Joining the price rules in the database with the pure arithmetic of `pricing`."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from generations import models, pricing
from generations.catalog import Recipe
from generations.lifecycle.file_facts import file_facts
from generations.models import ProviderAccount, Team

# Asked at every change of the form and at every submit, so it is written out, in one round trip. An account's own price
# goes before the provider's, a capability's own before any.
_PRICES = """
    SELECT o.ids, r.id, r.provider, r.account_id, r.model, r.tier, r.capability, r.amount, r.currency, r.per,
           r.variant
    FROM (SELECT array(SELECT provideraccount_id FROM generations_provideraccount_teams
                       WHERE team_id = %s AND provideraccount_id = ANY(%s::bigint[])) AS ids) o
    LEFT JOIN generations_pricerule r
        ON r.provider = ANY(%s::text[]) AND (r.account_id IS NULL OR r.account_id = ANY(%s::bigint[]))
           AND r.model = %s AND r.tier = %s
           AND r.valid_from <= %s AND (r.valid_until IS NULL OR r.valid_until > %s)
    ORDER BY r.account_id NULLS LAST, r.capability DESC, r.variant DESC, r.valid_from DESC, r.id DESC
"""


def quote(*, team: Team, recipe: Recipe, now: datetime) -> pricing.Offer:
    """The price of a recipe on every account of the team that can run it, and why the others cannot."""
    accounts = list(ProviderAccount.objects.filter(teams=team).order_by("label", "pk"))
    return quote_on(accounts, team=team, recipe=recipe, now=now)


def quote_on(accounts: list[ProviderAccount], *, team: Team, recipe: Recipe, now: datetime) -> pricing.Offer:
    """The same for given accounts; those that the team may not use say so."""
    open_to, rules = _prices(accounts, team, recipe, now)
    sellers = [_seller(account, is_open=account.pk in open_to) for account in accounts]
    return pricing.quote(recipe, sellers, rules, rate_of(team), file_facts(team, recipe))


def _prices(
    accounts: list[ProviderAccount], team: Team, recipe: Recipe, now: datetime
) -> tuple[list[int], list[pricing.Rule]]:
    """Which of the accounts the team may use, and the rules in force, the most specific and newest first."""
    ids, providers = [account.pk for account in accounts], sorted({account.provider for account in accounts})
    rows = models.fetch(_PRICES, [team.pk, ids, providers, ids, recipe.model, str(recipe.tier), now, now])
    return rows[0][0], [pricing.Rule(*row[1:]) for row in rows if row[1] is not None]


def rate_of(team: Team) -> pricing.Rate:
    """How US dollars become this team's credits."""
    return pricing.Rate(team.credits_per_usd, team.markup_percent)


def _seller(account: ProviderAccount, *, is_open: bool) -> pricing.Seller:
    paused = "" if is_open else _("This team may not use that provider account. Choose another route.")
    if account.status != ProviderAccount.Status.ACTIVE:
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
        api="" if account.dialect == ProviderAccount.Dialect.LEGACY else None,
    )
