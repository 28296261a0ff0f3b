"""The catalog: which model can do what, which route offers it where, and what it costs. Data in TOML, one door here.

`check` is the only judge of whether a recipe can be made; forms, the command line, quotes and adapters all ask it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from generations.catalog.entries import Ability, Model, Option, Price, Route
from generations.catalog.recipe import PROMPT_MAX_CHARS, Camera, Input, Point, Recipe
from generations.catalog.rules import EXCLUSIVE, problems
from generations.choices import Capability, Provider, Tier
from generations.errors import InvalidRecipe

__all__ = [
    "EXCLUSIVE",
    "PROMPT_MAX_CHARS",
    "Ability",
    "Camera",
    "Catalog",
    "CatalogError",
    "Input",
    "Model",
    "Option",
    "Point",
    "Price",
    "Recipe",
    "Route",
    "check",
    "load",
    "problems",
]

_HERE = Path(__file__).parent


class CatalogError(Exception):
    """The catalog's files contradict themselves. A programming error: the site refuses to start."""


class Catalog(NamedTuple):
    """All models, routes and list prices, with where and when each file was read."""

    models: tuple[Model, ...]
    routes: tuple[Route, ...]
    prices: tuple[Price, ...]
    sandbox_usd_per_second: Decimal
    kling_unit_usd: Decimal
    sources: Mapping[str, str]
    read_on: date

    def model(self, slug: str) -> Model:
        """The model with a slug. Raises InvalidRecipe, with what exists, where there is none."""
        found = self.find_model(slug)
        if found is None:
            known = ", ".join(model.slug for model in self.models)
            raise InvalidRecipe({"model": f"There is no model {slug}. The catalog has: {known}."})
        return found

    def find_model(self, slug: str) -> Model | None:
        """The model with a slug, or None."""
        return next((model for model in self.models if model.slug == slug), None)

    def routes_for(self, model: str, capability: Capability | str, tier: Tier | str) -> tuple[Route, ...]:
        """Every route that offers a model's capability on a tier, in the order of the file."""
        wanted = (model, capability, tier)
        return tuple(route for route in self.routes if (route.model, route.capability, route.tier) == wanted)

    def find_route(self, provider: Provider | str, recipe: Recipe) -> Route | None:
        """The provider's route for a recipe's model, capability and tier, or None."""
        routes = self.routes_for(recipe.model, recipe.capability, recipe.tier)
        return next((route for route in routes if route.provider == provider), None)

    def find_price(self, route: Route, on: date) -> Price | None:
        """The list price of a route on a day: the newest row that has begun, or None."""
        rows = [price for price in self.prices if _is_price_of(price, route) and price.valid_from <= on]
        return max(rows, key=lambda price: (price.valid_from, price.capability is not None), default=None)


def _is_price_of(price: Price, route: Route) -> bool:
    same = (price.provider, price.model, price.tier) == (route.provider, route.model, route.tier)
    return same and price.capability in (None, route.capability)


@cache
def load() -> Catalog:
    """The catalog, read once. Raises CatalogError where the files contradict themselves."""
    models, routes, prices = (_read(name) for name in ("models.toml", "routes.toml", "prices.toml"))
    catalog = Catalog(
        models=tuple(Model.model_validate(row) for row in models["model"]),
        routes=tuple(Route.model_validate(row) for row in routes["route"]),
        prices=tuple(Price.model_validate(row) for row in prices["price"]),
        sandbox_usd_per_second=Decimal(prices["sandbox"]["placeholder_usd_per_second"]),
        kling_unit_usd=Decimal(prices["units"]["kling_unit_usd"]),
        sources={
            "models": models["source"]["matrix"],
            **{provider.value: routes["source"][provider] for provider in Provider},
        },
        read_on=min(models["source"]["read_on"], routes["source"]["read_on"]),
    )
    _check_consistency(catalog)
    return catalog


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_HERE / name).read_text(encoding="utf-8"))


def _check_consistency(catalog: Catalog) -> None:
    """Raise CatalogError for a route without a model, a double route, or a route without a price row."""
    keys = [route.key for route in catalog.routes]
    if len(keys) != len(set(keys)):
        raise CatalogError(f"Routes are named twice: {sorted(key for key in keys if keys.count(key) > 1)}")
    for route in catalog.routes:
        model = catalog.find_model(route.model)
        if model is None or model.find_ability(route.capability, route.tier) is None:
            raise CatalogError(f"Route {route.key} offers what no model in models.toml can do.")
        if not any(_is_price_of(price, route) for price in catalog.prices):
            raise CatalogError(f'Route {route.key} has no row in prices.toml; write "unknown" if no source gives one.')


def check(recipe: Recipe, route: Route) -> None:
    """Raise InvalidRecipe, naming each field at fault, unless the route can make exactly this recipe."""
    found = problems(recipe, route, load().model(recipe.model))
    if found:
        raise InvalidRecipe(found)
