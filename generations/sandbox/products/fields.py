"""One value against one field: the faults it has. Nothing here knows how a provider words them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from generations.sandbox.products.product import MEDIA, Fault, Field, Form, Loc

TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "int": (int,),
    "bool": (bool,),
    "list": (list,),
    "parts": (list,),
    "object": (dict,),
}
BARE = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
FORM_LOOK_CHARS = 200


def faults_of(field: Field, value: Any, loc: Loc, forms: tuple[str, ...]) -> Iterator[Fault]:
    """What is wrong with a value that was given; what is inside lists and objects is not looked at."""
    if field.type in MEDIA:
        yield from _media(value, loc, forms)
    elif field.type == "enum":
        if not any(type(value) is type(word) and value == word for word in field.of):
            yield Fault(loc, "one_of", field.of, value)
    elif field.type != "any":
        fits = isinstance(value, TYPES[field.type]) and (field.type == "bool" or not isinstance(value, bool))
        yield from _bounds(field, value, loc) if fits else [Fault(loc, "type", field.type, value)]


def _bounds(field: Field, value: Any, loc: Loc) -> Iterator[Fault]:
    if field.type in ("number", "int"):
        size, low, high = value, "too_low", "too_high"
    elif field.type == "text":
        size, low, high = len(value), "too_short", "too_long"
    elif field.type in ("list", "parts"):
        size, low, high = len(value), "too_few", "too_many"
    else:
        if field.single and sum(bool(number) for number in value.values()) != 1:
            yield Fault(loc, "single", None, value)
        return
    if field.min is not None and size < field.min:
        yield Fault(loc, low, field.min, value)
    elif field.max is not None and size > field.max:
        yield Fault(loc, high, field.max, value)


def _media(value: Any, loc: Loc, forms: tuple[str, ...]) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield Fault(loc, "type", "text", value)
    elif form_of(value) not in forms:
        yield Fault(loc, "form", forms, value)


def form_of(value: str) -> Form | None:
    """How a file comes: as an address, a data URI or bare base64; None for anything else."""
    if value.startswith(("http://", "https://")):
        return "url"
    if value.startswith("data:"):
        return "data"
    return "base64" if BARE.fullmatch(value[:FORM_LOOK_CHARS].rstrip("=")) else None
