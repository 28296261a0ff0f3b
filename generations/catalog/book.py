"""The catalog as one value: all models, routes and list prices, and the questions one asks it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from generations.catalog.entries import Model, Price, Route
from generations.catalog.recipe import Recipe
from generations.choices import Capability, Provider, Tier
from generations.errors import InvalidRecipe


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
            sentence = _("There is no model %(model)s. The catalog has: %(known)s.")
            raise InvalidRecipe({"model": sentence % {"model": slug, "known": known}})
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
        """The list price of a route on a day: of the rows that have begun, its capability's own, then the newest."""
        rows = [price for price in self.prices if price.is_of(route) and price.valid_from <= on]
        return max(rows, key=lambda price: (price.capability is not None, price.valid_from), default=None)
