"""A recipe in a provider's words, as its route's `fields` spell it: part = "path" or "path:encoding".

A path is a field name, or several with dots: `input.text`. A name that ends in `[]` is a list with one entry per value:
`image_list[].image`. What the recipe does not set is not sent, so that the endpoint's own defaults stay in force.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from generations.choices import InputRole
from generations.providers.parts import references
from generations.providers.types import JSON, Prepared

Composite = Callable[[Prepared], JSON]

_ENCODINGS: dict[str, Callable[[Any], JSON]] = {
    "": lambda value: value,
    "text": str,
    "number": float,
    "on_off": lambda value: "on" if value else "off",
    "yes_no": lambda value: "yes" if value else "no",
    "native_off": lambda value: "native" if value else "off",
    "original_off": lambda value: "original" if value else "off",
    "enabled": lambda value: {"enabled": bool(value)},
    "seconds": lambda value: value / 1000,
    "first": lambda value: value[0],
    "upper": lambda value: value.upper(),
}


def body(prepared: Prepared, composites: Mapping[str, Composite] | None = None) -> dict[str, JSON]:
    """The request body of a task: what its route always sends, and each part of the recipe where the route has a field.

    `composites` make the parts that a provider builds its own way, such as camera moves. A part that the recipe has and
    the route does not spell is a defect of the catalog: `parts.check_options` has refused it before.
    """
    found: dict[str, JSON] = _copied(prepared.task.route.wire)
    for part, spelling in prepared.task.route.fields.items():
        path, _, encoding = spelling.partition(":")
        make = (composites or {}).get(part)
        value = make(prepared) if make else read_part(prepared, part)
        if value is not None and value != "" and value != [] and value != {}:
            _put(found, path.split("."), _ENCODINGS[encoding](value))
    return found


def read_part(prepared: Prepared, part: str) -> Any:
    """A part of the task by its name; None where the recipe leaves it open.

    Roles give the reference of their single file, or a list of references where a role takes several. `x.y` is a part
    of a part. `source_id` is the provider's own id of the video to work on.
    """
    task = prepared.task
    if part in ("our_id", "callback_url"):
        return getattr(task, part) or None
    if part == "source_id":
        return next((file.provider_id for file in task.files_for(InputRole.SOURCE_VIDEO)), "") or None
    name, _, rest = part.partition(".")
    if name in InputRole.values:
        found = [reference for _, reference in references(prepared, InputRole(name))]
        many = name in (InputRole.REFERENCE_IMAGE, InputRole.ELEMENT_IMAGE, InputRole.DYNAMIC_MASK)
        return found if many else next(iter(found), None)
    value = getattr(task.recipe, name)
    value = getattr(value, rest, None) if rest else value
    if isinstance(value, tuple):
        return list(value)
    return float(value) if isinstance(value, Decimal) else value


def _put(target: dict[str, JSON], path: list[str], value: JSON) -> None:
    name, *rest = path
    if name.endswith("[]") and rest:
        entries: list[dict[str, JSON]] = [{} for _ in value]
        for entry, item in zip(entries, value, strict=True):
            _put(entry, rest, item)
        target[name.removesuffix("[]")] = entries
    elif rest:
        _put(target.setdefault(name, {}), rest, value)
    else:
        target[name.removesuffix("[]")] = [value] if name.endswith("[]") and not isinstance(value, list) else value


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copied(item) for name, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list | tuple) else value
