"""The catalog: which model can do what, which route offers it where, and what it costs. Data in TOML, one door here.

`check` is the only judge of whether a recipe can be made; forms, the command line, quotes and adapters all ask it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from generations.catalog.book import Catalog
from generations.catalog.entries import Ability, Model, Option, Price, Route
from generations.catalog.matrix import Fact, Row, matrix
from generations.catalog.reading import CatalogError, read
from generations.catalog.recipe import PROMPT_MAX_CHARS, Camera, Input, Point, Recipe
from generations.catalog.rules import EXCLUSIVE, problems
from generations.errors import InvalidRecipe

__all__ = [
    "EXCLUSIVE",
    "PROMPT_MAX_CHARS",
    "Ability",
    "Camera",
    "Catalog",
    "CatalogError",
    "Fact",
    "Input",
    "Model",
    "Option",
    "Point",
    "Price",
    "Recipe",
    "Route",
    "Row",
    "check",
    "load",
    "matrix",
    "problems",
    "read",
]


@cache
def load() -> Catalog:
    """The site's own catalog, read once. Raises CatalogError where its files contradict themselves."""
    return read(Path(__file__).parent)


def check(recipe: Recipe, route: Route) -> None:
    """Raise InvalidRecipe, naming each field at fault, unless the route can make exactly this recipe."""
    found = problems(recipe, route, load().model(recipe.model))
    if found:
        raise InvalidRecipe(found)
