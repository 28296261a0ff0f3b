"""The catalog as one value: all models, routes and list prices, and the questions one asks it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.utils.translation import gettext as _

from generations.catalog.entries import FileFacts, LastCharge, Model, NamedList, Price, Route
from generations.catalog.recipe import Recipe
from generations.catalog.rules import problems
from generations.choices import Capability, Provider, Tier, Variant
from generations.errors import InvalidRecipe


@dataclass(frozen=True)
class Catalog:
    """All models, routes and list prices, with where and when each file was read."""

    models: tuple[Model, ...]
    routes: tuple[Route, ...]
    prices: tuple[Price, ...]
    lists: Mapping[str, NamedList]
    sandbox_usd_per_unit: Mapping[str, Decimal]
    kling_unit_usd: Decimal
    kling_image_unit_usd: Decimal
    retention_days: Mapping[str, int]
    last_charge: Mapping[str, LastCharge]
    begin: Mapping[Capability, str]
    sources: Mapping[str, str]
    read_on: date

    @cached_property
    def _models(self) -> dict[str, Model]:
        return {model.slug: model for model in self.models}

    @cached_property
    def _keys(self) -> dict[str, Route]:
        return {route.key: route for route in self.routes}

    @cached_property
    def _routes(self) -> dict[tuple[str, str, str], tuple[Route, ...]]:
        found: dict[tuple[str, str, str], tuple[Route, ...]] = defaultdict(tuple)
        for route in self.routes:
            found[(route.model, route.capability.value, route.tier.value)] += (route,)
        return found

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
        return self._models.get(slug)

    def routes_for(self, model: str, capability: Capability | str, tier: Tier | str) -> tuple[Route, ...]:
        """Every route that offers a model's capability on a tier, in the order of the file."""
        return self._routes.get((model, str(capability), str(tier)), ())

    def find_route(self, provider: Provider | str, recipe: Recipe, *, api: str | None = None) -> Route | None:
        """The provider's route for a recipe, or None.

        Where a provider serves it in two generations of its API, the first in the file that can make the recipe wins;
        `api` keeps to one of them.
        """
        routes = [
            route
            for route in self.routes_for(recipe.model, recipe.capability, recipe.tier)
            if route.provider == provider and api in (None, route.api)
        ]
        if len(routes) < 2:
            return next(iter(routes), None)
        fitting = (route for route in routes if not self.problems(recipe, route))
        return next(fitting, routes[-1])

    def route(self, key: str) -> Route | None:
        """The route with a key, as quotes keep it, or None where the catalog has lost it."""
        return self._keys.get(key)

    def problems(
        self,
        recipe: Recipe,
        route: Route,
        *,
        files: Mapping[str, FileFacts] | None = None,
        account_id: int | None = None,
    ) -> dict[str, str]:
        """Every reason why a route cannot make a recipe, by recipe field, as `catalog.rules.problems`."""
        model = self.model(recipe.model)
        return problems(recipe, route, model, lists=self.lists, files=files or {}, account_id=account_id)

    def find_price(self, route: Route, on: date, variant: Variant | None = None) -> Price | None:
        """The list price of a route on a day: of the rows that have begun, the most particular, then the newest."""
        rows = [price for price in self.prices if price.is_of(route) and price.valid_from <= on]
        if variant is not None:
            rows = [price for price in rows if price.variant in (None, variant)]
        return max(
            rows,
            key=lambda row: (row.capability is not None, row.variant is not None, row.valid_from),
            default=None,
        )

    def prices_of(self, route: Route, on: date) -> tuple[Price, ...]:
        """Every price of a route on a day: the one in force for each variant that a row names, the plain one first."""
        rows = [price for price in self.prices if price.is_of(route) and price.valid_from <= on]
        best: dict[Variant | None, Price] = {}
        for row in sorted(rows, key=lambda row: (row.capability is not None, row.valid_from)):
            best[row.variant] = row
        return tuple(best[variant] for variant in (None, *Variant) if variant in best)
