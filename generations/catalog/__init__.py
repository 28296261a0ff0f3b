"""The catalog: which model can do what, which route offers it where, and what it costs. Data in TOML, one door here.

`check` is the only judge of whether a recipe can be made; forms, the command line, quotes and adapters all ask it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from generations.catalog.aliases import Translated
from generations.catalog.aliases import translate as _translate
from generations.catalog.billing import billed_seconds, billed_units, variant_of
from generations.catalog.book import Catalog
from generations.catalog.entries import (
    Ability,
    FileFacts,
    FileRule,
    Model,
    NamedChoice,
    NamedList,
    Option,
    Price,
    Route,
)
from generations.catalog.listing import facts, lines
from generations.catalog.matrix import Fact, Row, matrix
from generations.catalog.page import page
from generations.catalog.parts import (
    Camera,
    Crop,
    Edit,
    Input,
    Margins,
    Mark,
    Picture,
    Point,
    Shot,
    Spot,
    Voice,
)
from generations.catalog.reading import CatalogError, read
from generations.catalog.recipe import Recipe, is_draft_of
from generations.catalog.rules import EXCLUSIVE, problems
from generations.catalog.used import LABELS, used_options
from generations.errors import InvalidRecipe

PROMPT_MAX_CHARS = 2_500  # what a form offers; the widest models take more

__all__ = [
    "EXCLUSIVE",
    "LABELS",
    "PROMPT_MAX_CHARS",
    "Ability",
    "Camera",
    "Catalog",
    "CatalogError",
    "Crop",
    "Edit",
    "Fact",
    "FileFacts",
    "FileRule",
    "Input",
    "Margins",
    "Mark",
    "Model",
    "NamedChoice",
    "NamedList",
    "Option",
    "Picture",
    "Point",
    "Price",
    "Recipe",
    "Route",
    "Row",
    "Shot",
    "Spot",
    "Translated",
    "Voice",
    "billed_seconds",
    "billed_units",
    "check",
    "facts",
    "is_draft_of",
    "lines",
    "load",
    "matrix",
    "page",
    "problems",
    "read",
    "translate",
    "used_options",
    "variant_of",
]


@cache
def load() -> Catalog:
    """The site's own catalog, read once. Raises CatalogError where its files contradict themselves."""
    return read(Path(__file__).parent)


def translate(foreign: Mapping[str, Any]) -> Translated:
    """A recipe's values from the words of guides and provider pages; see `aliases`. Raises InvalidRecipe."""
    return _translate(foreign, load())


def check(
    recipe: Recipe,
    route: Route,
    *,
    files: Mapping[str, FileFacts] | None = None,
    account_id: int | None = None,
) -> None:
    """Raise InvalidRecipe, naming each field at fault, unless the route can make exactly this recipe."""
    found = load().problems(recipe, route, files=files, account_id=account_id)
    if found:
        raise InvalidRecipe(found)
