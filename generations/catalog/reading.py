"""Reading the catalog's files, and refusing what contradicts itself."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Hashable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from generations.catalog.book import Catalog
from generations.catalog.entries import Model, Price, Route
from generations.choices import Provider


class CatalogError(Exception):
    """The catalog's files contradict themselves. A programming error: the site refuses to start."""


def read(folder: Path) -> Catalog:
    """The catalog of a folder's three files. Raises CatalogError for a wrong key or value, and for a contradiction."""
    try:
        catalog = _parse(folder)
    except (ValueError, KeyError, ArithmeticError) as error:
        raise CatalogError(f"The catalog's files cannot be read: {error}") from error
    _check_consistency(catalog)
    return catalog


def _parse(folder: Path) -> Catalog:
    models = _tables(folder / "models.toml", {"source", "model"})
    routes = _tables(folder / "routes.toml", {"source", "route"})
    prices = _tables(folder / "prices.toml", {"sandbox", "units", "price"})
    return Catalog(
        models=tuple(Model.model_validate(row) for row in models["model"]),
        routes=tuple(Route.model_validate(row) for row in routes["route"]),
        prices=tuple(Price.model_validate(row) for row in prices["price"]),
        sandbox_usd_per_second=Decimal(prices["sandbox"]["placeholder_usd_per_second"]),
        kling_unit_usd=Decimal(prices["units"]["kling_unit_usd"]),
        sources={
            "models": models["source"]["matrix"],
            "kling_unit": prices["units"]["kling_unit_source"],
            **{provider.value: routes["source"][provider] for provider in Provider},
        },
        read_on=min(models["source"]["read_on"], routes["source"]["read_on"]),
    )


def _tables(path: Path, known: set[str]) -> dict[str, Any]:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    if unknown := sorted(tables.keys() - known):
        raise CatalogError(f"{path.name} has no table {unknown[0]}; it has: {', '.join(sorted(known))}.")
    return tables


def _check_consistency(catalog: Catalog) -> None:
    """Raise CatalogError for what is named twice, and for a route without a model, without an option or a price."""
    _check_once("Model", (model.slug for model in catalog.models))
    _check_once("Route", (route.key for route in catalog.routes))
    for model in catalog.models:
        _check_once(f"Ability of {model.slug}", ((item.capability, item.tier) for item in model.can))
    _check_once(
        "Price", ((row.provider, row.model, row.tier, row.capability, row.valid_from) for row in catalog.prices)
    )
    for route in catalog.routes:
        _check_route(route, catalog)


def _check_once(what: str, keys: Iterable[Hashable]) -> None:
    for key, count in Counter(keys).items():
        if count > 1:
            raise CatalogError(f"{what} {key} is named twice.")


def _check_route(route: Route, catalog: Catalog) -> None:
    model = catalog.find_model(route.model)
    ability = model.find_ability(route.capability, route.tier) if model else None
    if ability is None:
        raise CatalogError(f"Route {route.key} offers what no model in models.toml can do.")
    if impossible := sorted(route.takes - ability.options):
        raise CatalogError(f"Route {route.key} takes {impossible[0]}, which the model cannot do.")
    if not any(price.is_of(route) for price in catalog.prices):
        raise CatalogError(f'Route {route.key} has no row in prices.toml; write "unknown" if no source gives one.')
