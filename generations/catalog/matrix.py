"""The matrix: what each model can do on each route, what it costs there, and who says so. One row per combination."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from generations.catalog.book import Catalog
from generations.catalog.entries import Ability, FileRule, Model, Price, Route
from generations.choices import Capability, Provider, Tier


@dataclass(frozen=True, slots=True)
class Fact:
    """A JSON value, the source that gives it, and the day on which that was read."""

    value: Any
    source: str
    read_on: date

    def as_json(self) -> dict[str, Any]:
        return {"value": self.value, "source": self.source, "read_on": self.read_on.isoformat()}


@dataclass(frozen=True, slots=True)
class Row:
    """A model's capability and tier on one route; `route` is None where none offers it."""

    model: Model
    capability: Capability
    tier: Tier
    route: Route | None
    facts: dict[str, Fact]
    notes: tuple[str, ...]

    @property
    def provider(self) -> Provider | None:
        return self.route.provider if self.route else None

    def as_json(self) -> dict[str, Any]:
        return {
            "route": self.route.key if self.route else None,
            "model": self.model.slug,
            "label": self.model.label,
            "capability": self.capability.value,
            "tier": self.tier.value,
            "provider": self.provider.value if self.provider else None,
            "facts": {name: fact.as_json() for name, fact in self.facts.items()},
            "notes": list(self.notes),
        }


def matrix(catalog: Catalog, on: date) -> Iterator[Row]:
    """Every row of the matrix, in the order of the files, with the prices of a day."""
    for model in catalog.models:
        for ability in model.can:
            routes = catalog.routes_for(model.slug, ability.capability, ability.tier)
            if not routes:
                yield _row(catalog, model, ability, None, ())
            for route in routes:
                yield _row(catalog, model, ability, route, catalog.prices_of(route, on))


def _row(catalog: Catalog, model: Model, ability: Ability, route: Route | None, prices: tuple[Price, ...]) -> Row:
    facts = _of_model(catalog, model, ability)
    if route is not None:
        facts |= _of_route(catalog, ability, route) | _of_prices(catalog, prices)
    notes = dict.fromkeys((ability.note, route.note if route else "", *(price.note for price in prices)))
    return Row(model, ability.capability, ability.tier, route, facts, tuple(note for note in notes if note))


def _of_model(catalog: Catalog, model: Model, ability: Ability) -> dict[str, Fact]:
    source, read_on = catalog.sources["models"], catalog.read_on
    render_seconds = model.render_seconds.get(ability.capability, "unknown")
    return {
        "durations_seconds": Fact(list(ability.durations), source, read_on),
        "resolution": Fact(ability.resolution, source, read_on),
        "fps": Fact("unknown" if ability.fps is None else ability.fps, source, read_on),
        "limits": Fact(_limits(ability), source, read_on),
        "render_seconds": Fact(render_seconds, model.render_source, read_on),
    }


def _of_route(catalog: Catalog, ability: Ability, route: Route) -> dict[str, Fact]:
    source, read_on = catalog.sources[route.provider.value], catalog.read_on
    ratios = list(route.aspect_ratios or ability.aspect_ratios) if "aspect_ratio" in route.takes else []
    return {
        "endpoint": Fact(route.endpoint, source, read_on),
        "aspect_ratios": Fact(ratios, source, read_on),
        "options": Fact({name: _terms(ability, name) for name in sorted(route.takes)}, source, read_on),
        "requires": Fact(sorted(route.requires), source, read_on),
        "wire": Fact(dict(route.wire), source, read_on),
        "limits_here": Fact(_limits_here(route), source, read_on),
    }


def _limits_here(route: Route) -> dict[str, Any]:
    """What the provider limits further than the model does."""
    values = route.model_dump(mode="json", exclude_defaults=True)
    named = ("prompt_max", "speech_max", "durations", "durations_from_start")
    limits = {name: values[name] for name in named if name in values}
    files = {role.value: _file_limits(rule) for role, rule in route.files.items()}
    return limits | ({"files": files} if files else {})


def _limits(ability: Ability) -> dict[str, Any]:
    """Every further limit of what the model takes, where there is one."""
    values = ability.model_dump(mode="json", exclude_defaults=True)
    named = (
        "prompt_max",
        "sound",
        "voices",
        "voice_list",
        "speech_max",
        "shots",
        "elements",
        "element_ids",
        "references_max",
        "counts",
        "resolutions",
        "scenes",
        "edits",
        "orientations",
        "margins",
        "never_together",
    )
    limits = {"prompt_max": ability.prompt_max} | {name: values[name] for name in named if name in values}
    files = {role.value: _file_limits(rule) for role, rule in ability.files.items()}
    return limits | ({"files": files} if files else {})


def _file_limits(rule: FileRule) -> dict[str, Any]:
    return rule.model_dump(mode="json", exclude_none=True)


def _terms(ability: Ability, option: str) -> dict[str, Any]:
    """Where an option is offered: for every duration (nothing said), for some, or with some camera moves."""
    if option == "camera" and ability.camera:
        moves = [move.value for move in ability.camera.moves]
        return {"durations_seconds": list(ability.camera.durations), "moves": moves}
    if option in ("end_frame", "end_frame_alone", "brush"):
        durations = ability.brush if option == "brush" else ability.end_frame
        return {"durations_seconds": list(durations)}
    return {}


def _of_prices(catalog: Catalog, prices: tuple[Price, ...]) -> dict[str, Fact]:
    """The plain price as `price`, and each variant's as `price_<variant>`."""
    if not prices:
        return {"price": Fact("unknown", "no price row has begun", catalog.read_on)}
    named = {f"price_{price.variant}" if price.variant else "price": price for price in prices}
    return {name: _of_price(catalog, price) for name, price in named.items()}


def _of_price(catalog: Catalog, price: Price) -> Fact:
    amount = price.amount if isinstance(price.amount, str) else format(price.amount, "f")
    value = {"amount": amount, "currency": price.currency.value, "per": price.per.value}
    return Fact({**value, "valid_from": price.valid_from.isoformat()}, price.source, catalog.read_on)
