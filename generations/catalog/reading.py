"""Reading the catalog's files, and refusing what contradicts itself."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from generations.catalog.book import Catalog
from generations.catalog.entries import LastCharge, Model, NamedList, Price, Route
from generations.catalog.spelt import unspelt
from generations.choices import Capability, Provider

_TIERS_ARE_MANY = "tiers"
_SPELT = ("tier", "resolution")


class CatalogError(Exception):
    """The catalog's files contradict themselves. A programming error: the site refuses to start."""


def read(folder: Path) -> Catalog:
    """The catalog of a folder's files. Raises CatalogError for a wrong key or value, and for a contradiction."""
    try:
        catalog = _parse(folder)
    except (ValueError, KeyError, ArithmeticError) as error:
        raise CatalogError(f"The catalog's files cannot be read: {error}") from error
    _check_consistency(catalog)
    return catalog


def _parse(folder: Path) -> Catalog:
    models = _tables(folder / "models.toml", {"source", "begin", "model"})
    prices = _tables(folder / "prices.toml", {"sandbox", "units", "price"})
    lists = _tables(folder / "lists.toml", {"list"})
    providers = {provider: _route_file(folder / "routes" / f"{provider.value}.toml") for provider in Provider}
    units = prices["units"]
    return Catalog(
        models=tuple(_model(row) for row in models["model"]),
        routes=tuple(route for provider, file in providers.items() for route in _routes(provider, file)),
        prices=tuple(Price.model_validate(row) for row in _each_tier(prices["price"])),
        lists={row["name"]: NamedList.model_validate(row) for row in lists["list"]},
        sandbox_usd_per_unit={per: Decimal(amount) for per, amount in prices["sandbox"].items()},
        kling_unit_usd=Decimal(units["kling_unit_usd"]),
        kling_image_unit_usd=Decimal(units["kling_image_unit_usd"]),
        retention_days={provider.value: file["source"]["retention_days"] for provider, file in providers.items()},
        last_charge={
            provider.value: LastCharge.model_validate(file["last_charge"]) for provider, file in providers.items()
        },
        begin={Capability(name): slug for name, slug in models["begin"].items()},
        sources={
            "models": models["source"]["matrix"],
            "kling_unit": units["kling_unit_source"],
            **{provider.value: file["source"]["from"] for provider, file in providers.items()},
        },
        read_on=min(models["source"]["read_on"], *(file["source"]["read_on"] for file in providers.values())),
    )


def _route_file(path: Path) -> dict[str, Any]:
    return _tables(path, {"source", "last_charge", *_SPELT, "shape", "route"})


def _model(row: Mapping[str, Any]) -> Model:
    return Model.model_validate({**row, "can": list(_each_tier(row["can"]))})


def _routes(provider: Provider, file: Mapping[str, Any]) -> Iterator[Route]:
    """A file's routes. A row names its `shape`, whose fields it takes over and may respell or, with "", drop.

    In an endpoint and in what is always sent, `{tier}` and `{resolution}` stand for the tier as the file spells it.
    """
    shapes = file.get("shape", {})
    for row in _each_tier(file.get("route", [])):
        spelt = {"{" + name + "}": file.get(name, {}).get(row["tier"], row["tier"]) for name in _SPELT}
        values = {**row, "provider": provider, "endpoint": _with_tier(row["endpoint"], spelt)}
        shape = shapes[values.pop("shape")]
        fields = {**shape, **values.get("fields", {})}
        values["fields"] = {part: path for part, path in fields.items() if path}
        values["wire"] = _with_tier(values.get("wire", {}), spelt)
        yield Route.model_validate(values)


def _each_tier(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each row once per tier that it names: `tiers = ["std", "pro"]` saves writing it twice."""
    for row in rows:
        values = dict(row)
        for tier in values.pop(_TIERS_ARE_MANY, None) or [values["tier"]]:
            yield {**values, "tier": tier}


def _with_tier(value: Any, spelt: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _with_tier(item, spelt) for name, item in value.items()}
    for mark, word in spelt.items() if isinstance(value, str) else ():
        value = value.replace(mark, word)
    return value


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
        for ability in model.can:
            _check_lists(model, (ability.voice_list, ability.scenes), catalog)
    rows = catalog.prices
    _check_once(
        "Price", ((row.provider, row.model, row.tier, row.capability, row.variant, row.valid_from) for row in rows)
    )
    for route in catalog.routes:
        _check_route(route, catalog)
    for capability, slug in catalog.begin.items():
        if not any(route.model == slug and route.capability == capability for route in catalog.routes):
            raise CatalogError(f"Forms would begin {capability} with {slug}, which no route offers.")


def _check_once(what: str, keys: Iterable[Hashable]) -> None:
    for key, count in Counter(keys).items():
        if count > 1:
            raise CatalogError(f"{what} {key} is named twice.")


def _check_lists(model: Model, names: Iterable[str], catalog: Catalog) -> None:
    for name in filter(None, names):
        if name not in catalog.lists:
            raise CatalogError(f"{model.slug} names the list {name}, which lists.toml does not have.")


def _check_route(route: Route, catalog: Catalog) -> None:
    model = catalog.find_model(route.model)
    ability = model.find_ability(route.capability, route.tier) if model else None
    if ability is None:
        raise CatalogError(f"Route {route.key} offers what no model in models.toml can do.")
    if impossible := sorted(route.takes - ability.options):
        raise CatalogError(f"Route {route.key} takes {impossible[0]}, which the model cannot do.")
    if lost := unspelt(route, ability):
        raise CatalogError(f"Route {route.key} has no field for {lost[0]}, which would be lost on the way.")
    if not any(price.is_of(route) for price in catalog.prices):
        raise CatalogError(f'Route {route.key} has no row in prices.toml; write "unknown" if no source gives one.')
