"""What a recipe costs on each route that can run it, and why the others cannot. Pure: values in, values out.

A price is per second, call, image or another `PriceUnit`, in the provider's currency. The credits are
price x US dollars per unit x credits per US dollar x markup, rounded up once, to a thousandth of a credit: the hold is
the most that the provider may charge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _

from generations import catalog
from generations.choices import Currency, PriceUnit

PLACES = Decimal("0.001")
FAL_UNIT = "fal_unit"  # providers.types.Cost: one unit of the endpoint's price


@dataclass(frozen=True, slots=True)
class Rate:
    """How a provider's money becomes a team's credits."""

    credits_per_usd: Decimal
    markup_percent: Decimal = Decimal("0")

    def credits(self, usd: Decimal) -> Decimal:
        """Exact credits for an amount in US dollars, not yet rounded."""
        return usd * self.credits_per_usd * (1 + self.markup_percent / 100)


@dataclass(frozen=True, slots=True)
class Seller:
    """A provider account, as far as a price depends on it."""

    account_id: int
    provider: str
    label: str
    is_sandbox: bool
    unit_price_usd: Decimal
    paused_because: str = ""
    api: str | None = None  # keep to one generation of the provider's API
    closed_routes: Mapping[str, str] = field(default_factory=dict)  # route key → why nothing new is ordered on it

    def usd_per(self, currency: str) -> Decimal:
        """US dollars for one of a currency, as this account pays them."""
        book = catalog.load()
        if currency == Currency.KLING_UNIT:
            return self.unit_price_usd
        if currency == Currency.KLING_IMAGE_UNIT:  # a pack's discount is the same for both kinds
            return book.kling_image_unit_usd * self.unit_price_usd / book.kling_unit_usd
        return Decimal(1)


@dataclass(frozen=True, slots=True)
class Rule:
    """A price rule that is in force. `amount` is None where no source gives a price.

    `resolution` and `duration_seconds` narrow it to what comes out in that size and exactly that length.
    """

    rule_id: int | None
    provider: str
    account_id: int | None
    model: str
    tier: str
    capability: str
    amount: Decimal | None
    currency: str
    per: str
    variant: str = ""
    resolution: str = ""
    duration_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A price on one route. `is_placeholder` marks a sandbox price that no source gives."""

    account_id: int
    account_label: str
    is_sandbox: bool
    route: catalog.Route
    credits: Decimal
    rule_id: int | None
    amount: Decimal
    currency: str
    per: str
    units: Decimal
    usd_per_unit: Decimal
    rate: Rate
    is_placeholder: bool = False

    def as_json(self) -> dict[str, Any]:
        """What is kept with the take, so that its price can be explained for ever."""
        return {
            "route": self.route.key,
            "endpoint": self.route.endpoint,
            "credits": str(self.credits),
            "amount": str(self.amount),
            "currency": self.currency,
            "per": self.per,
            "units": str(self.units),
            "usd_per_unit": str(self.usd_per_unit),
            "credits_per_usd": str(self.rate.credits_per_usd),
            "markup_percent": str(self.rate.markup_percent),
            "is_placeholder": self.is_placeholder,
        }


@dataclass(frozen=True, slots=True)
class Blocked:
    """A route that cannot run the recipe, and why: by recipe field, in sentences.

    `is_closed` says that the route is at fault, not the recipe: paused, not the team's, or without a price.
    """

    account_id: int
    account_label: str
    problems: dict[str, str]
    is_closed: bool = False

    @property
    def reason(self) -> str:
        return " ".join(self.problems.values())


@dataclass(frozen=True, slots=True)
class Offer:
    """Every route's answer, the cheapest first."""

    quotes: tuple[Quote, ...]
    blocked: tuple[Blocked, ...]

    def find(self, account_id: int) -> Quote | None:
        """The quote of one account, or None."""
        return next((quote for quote in self.quotes if quote.account_id == account_id), None)


Files = Mapping[str, catalog.FileFacts]


def quote(
    recipe: catalog.Recipe,
    sellers: Iterable[Seller],
    rules: Sequence[Rule],
    rate: Rate,
    files: Files | None = None,
) -> Offer:
    """Price a recipe on every seller. `rules` must be in force, the most specific and newest first.

    `files` holds what is known of the recipe's inputs, by hash: a price by the length of a video needs it.
    """
    quotes: list[Quote] = []
    blocked: list[Blocked] = []
    for seller in sellers:
        answer = _quote_on(recipe, seller, rules, rate, files or {})
        (quotes if isinstance(answer, Quote) else blocked).append(answer)  # type: ignore[arg-type]
    return Offer(tuple(sorted(quotes, key=lambda item: (item.credits, item.account_label))), tuple(blocked))


def _quote_on(
    recipe: catalog.Recipe, seller: Seller, rules: Sequence[Rule], rate: Rate, files: Files
) -> Quote | Blocked:
    book = catalog.load()
    route = book.find_route(seller.provider, recipe, api=seller.api)
    if seller.paused_because:
        return _closed(seller, seller.paused_because)
    model = book.find_model(recipe.model)
    if route is None or model is None:
        sentence = _("%(account)s does not offer %(model)s, %(tier)s, for %(capability)s.")
        facts = {
            "account": seller.label,
            "model": model.label if model else recipe.model,
            "tier": recipe.tier.label,
            "capability": str(recipe.capability.label).lower(),
        }
        return _blocked(seller, {"model": sentence % facts})
    problems = book.problems(recipe, route, files=files, account_id=seller.account_id)
    if problems:
        return _blocked(seller, problems)
    if route.key in seller.closed_routes:
        return _closed(seller, seller.closed_routes[route.key])
    return _priced(recipe, seller, route, _find_rule(recipe, route, seller, rules, files), rate, files)


def _priced(
    recipe: catalog.Recipe, seller: Seller, route: catalog.Route, rule: Rule | None, rate: Rate, files: Files
) -> Quote | Blocked:
    amount, currency = (rule.amount, rule.currency) if rule else (None, str(Currency.USD))
    per = PriceUnit(rule.per) if rule else PriceUnit.SECOND
    if amount is None and not seller.is_sandbox:
        sentence = _("%(account)s has no known price for this. An administrator can add a price rule.")
        return _closed(seller, sentence % {"account": seller.label})
    is_placeholder = amount is None
    if amount is None:
        amount, currency = catalog.load().sandbox_usd_per_unit[per], str(Currency.USD)
    units = catalog.billed_units(recipe, per, files)
    if units is None:
        sentence = _("The price goes by the length of the file, which is not known. Add the file again.")
        return _blocked(seller, {"inputs": sentence})
    usd_per_unit = seller.usd_per(currency)
    exact = rate.credits(amount * units * usd_per_unit)
    return Quote(
        account_id=seller.account_id,
        account_label=seller.label,
        is_sandbox=seller.is_sandbox,
        route=route,
        credits=exact.quantize(PLACES, rounding=ROUND_UP),
        rule_id=rule.rule_id if rule else None,
        amount=amount,
        currency=currency,
        per=per,
        units=units,
        usd_per_unit=usd_per_unit,
        rate=rate,
        is_placeholder=is_placeholder,
    )


def _find_rule(
    recipe: catalog.Recipe, route: catalog.Route, seller: Seller, rules: Sequence[Rule], files: Files
) -> Rule | None:
    wanted = (route.provider, route.model, route.tier)
    fitting = [
        rule
        for rule in rules
        if (rule.provider, rule.model, rule.tier) == wanted
        and rule.account_id in (None, seller.account_id)
        and rule.capability in ("", route.capability)
        and rule.variant in ("", catalog.variant_of(recipe))
        and rule.resolution in ("", resolution_of(recipe))
        and rule.duration_seconds in (None, catalog.billed_seconds(recipe, files))
    ]
    return min(fitting, key=_particularity, default=None)


def _particularity(rule: Rule) -> tuple[bool, ...]:
    """The smallest goes first: an account's own, then a capability's, a variant's, a resolution's, a length's."""
    return (
        rule.account_id is None,
        rule.capability == "",
        rule.variant == "",
        rule.resolution == "",
        rule.duration_seconds is None,
    )


def resolution_of(recipe: catalog.Recipe) -> str | None:
    """In which size a recipe's result comes, as price rules name it; None where nobody says."""
    if recipe.picture and recipe.picture.resolution:
        return recipe.picture.resolution
    model = catalog.load().find_model(recipe.model)
    ability = model.find_ability(recipe.capability, recipe.tier) if model else None
    return ability.resolution if ability and ability.resolution != "unknown" else None


def _blocked(seller: Seller, problems: dict[str, str]) -> Blocked:
    return Blocked(seller.account_id, seller.label, problems)


def _closed(seller: Seller, sentence: str) -> Blocked:
    return Blocked(seller.account_id, seller.label, {"__all__": sentence}, is_closed=True)


def charged_credits(quote_json: dict[str, Any], amount: Decimal, currency: str) -> Decimal | None:
    """Credits for what a provider reported, at the rates of the quote; None for a currency the quote does not know."""
    usd = charged_usd(quote_json, amount, currency)
    if usd is None:
        return None
    rate = Rate(Decimal(quote_json["credits_per_usd"]), Decimal(quote_json["markup_percent"]))
    return rate.credits(usd).quantize(PLACES, rounding=ROUND_HALF_UP)


def charged_usd(quote_json: dict[str, Any], amount: Decimal, currency: str) -> Decimal | None:
    """US dollars for what a provider reported, at the prices of the quote; None as in `charged_credits`.

    Dollars say nothing where the quote is a placeholder: those are play credits, whatever the sandbox reports.
    """
    if currency == FAL_UNIT:
        return amount * Decimal(quote_json["amount"]) * Decimal(quote_json["usd_per_unit"])
    if currency == Currency.USD:
        return None if quote_json.get("is_placeholder") else amount
    if currency in (Currency.KLING_UNIT, Currency.KLING_IMAGE_UNIT) and quote_json["currency"] == currency:
        return amount * Decimal(quote_json["usd_per_unit"])
    return None
