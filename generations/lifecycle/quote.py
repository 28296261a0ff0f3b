"""Joining the price rules in the database with the pure arithmetic of `pricing`."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from generations import models, pricing
from generations.catalog import Recipe
from generations.lifecycle.file_facts import file_facts
from generations.models import ProviderAccount, Team

# Asked at every change of the form and at every submit, so it is written out, in one round trip: which accounts the
# team may use, which of their routes are closed, and the rules in force, of which `pricing` takes the most particular.
_PRICES = """
    SELECT o.ids, o.closed, r.id, r.provider, r.account_id, r.model, r.tier, r.capability, r.amount, r.currency, r.per,
           r.variant, r.resolution, r.duration_seconds
    FROM (SELECT array(SELECT provideraccount_id FROM generations_provideraccount_teams
                       WHERE team_id = %s AND provideraccount_id = ANY(%s::bigint[])) AS ids,
                 array(SELECT ARRAY[account_id::text, route_key, reason] FROM generations_closedroute
                       WHERE account_id = ANY(%s::bigint[]) AND opened_at IS NULL) AS closed) o
    LEFT JOIN generations_pricerule r
        ON r.provider = ANY(%s::text[]) AND (r.account_id IS NULL OR r.account_id = ANY(%s::bigint[]))
           AND r.model = %s AND r.tier = %s
           AND r.valid_from <= %s AND (r.valid_until IS NULL OR r.valid_until > %s)
    ORDER BY r.id DESC
"""


def quote(*, team: Team, recipe: Recipe, now: datetime) -> pricing.Offer:
    """The price of a recipe on every account of the team that can run it, and why the others cannot."""
    accounts = list(ProviderAccount.objects.filter(teams=team).order_by("label", "pk"))
    return quote_on(accounts, team=team, recipe=recipe, now=now)


def quote_on(accounts: list[ProviderAccount], *, team: Team, recipe: Recipe, now: datetime) -> pricing.Offer:
    """The same for given accounts; those that the team may not use say so."""
    open_to, closed, rules = _prices(accounts, team, recipe, now)
    sellers = [_seller(account, is_open=account.pk in open_to, closed=closed.get(account.pk)) for account in accounts]
    return pricing.quote(recipe, sellers, rules, rate_of(team), file_facts(team, recipe))


def _prices(
    accounts: list[ProviderAccount], team: Team, recipe: Recipe, now: datetime
) -> tuple[list[int], dict[int, dict[str, str]], list[pricing.Rule]]:
    """Which of the accounts the team may use, their closed routes with the reasons, and the rules in force."""
    ids, providers = [account.pk for account in accounts], sorted({account.provider for account in accounts})
    rows = models.fetch(_PRICES, [team.pk, ids, ids, providers, ids, recipe.model, str(recipe.tier), now, now])
    open_to, closed = rows[0][:2]
    routes: dict[int, dict[str, str]] = {}
    for account_id, route_key, reason in closed:
        routes.setdefault(int(account_id), {})[route_key] = reason
    return open_to, routes, [pricing.Rule(*row[2:]) for row in rows if row[2] is not None]


def rate_of(team: Team) -> pricing.Rate:
    """How US dollars become this team's credits."""
    return pricing.Rate(team.credits_per_usd, team.markup_percent)


def _seller(account: ProviderAccount, *, is_open: bool, closed: dict[str, str] | None) -> pricing.Seller:
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
        closed_routes=closed or {},
        api="" if account.dialect == ProviderAccount.Dialect.LEGACY else None,
    )
