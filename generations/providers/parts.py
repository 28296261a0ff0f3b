"""The parts of a recipe as adapters send them: each is on the route or refused, and each file has its reference."""

from __future__ import annotations

from collections.abc import Iterator

from generations import catalog
from generations.catalog import Input
from generations.choices import InputRole
from generations.providers.errors import UnsupportedOption
from generations.providers.types import Prepared, Task


def check_options(task: Task, label: str) -> None:
    """Refuse what the route cannot carry, before anything is sent.

    Raises UnsupportedOption, naming the first part without a field on the route, and InvalidRecipe for everything else
    that the catalog knows to be impossible there.
    """
    for option in catalog.used_options(task.recipe):
        if option not in task.route.takes:
            raise UnsupportedOption(label, str(catalog.LABELS[option]))
    catalog.check(task.recipe, task.route)


def reference(prepared: Prepared, role: InputRole) -> str | None:
    """Where the provider finds the single input of a role, or None where the recipe has none."""
    return next((found for _, found in references(prepared, role)), None)


def references(prepared: Prepared, role: InputRole) -> Iterator[tuple[Input, str]]:
    """The inputs of a role with where the provider finds each. A file that is missing is a bug: it raises ValueError,
    since sending the rest would pay for another take than the one that was asked for."""
    inputs, files = prepared.task.recipe.inputs_for(role), prepared.task.files_for(role)
    return ((item, prepared.references[file.key]) for item, file in zip(inputs, files, strict=True))


def trajectory(item: Input) -> list[dict[str, int]]:
    """The path of a motion-brush mask as every provider spells it."""
    return [{"x": point.x, "y": point.y} for point in item.trajectory]
