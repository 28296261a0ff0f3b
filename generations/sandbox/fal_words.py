"""How fal words a body that does not fit: a detail list, one entry per fault."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from generations.sandbox.products import Fault

Detail = dict[str, Any]
TYPES = {
    "text": "string",
    "number": "number",
    "int": "integer",
    "bool": "boolean",
    "list": "list",
    "parts": "list",
    "object": "dictionary",
}
INPUT_SHOWN_CHARS = 200


def detail(loc: tuple[str | int, ...], kind: str, message: str, given: Any = None, **ctx: Any) -> Detail:
    """One entry of fal's 422."""
    entry = {"loc": list(loc), "msg": message, "type": kind, "url": f"https://docs.fal.ai/errors#{kind}"}
    return {**entry, "ctx": ctx, "input": given if not isinstance(given, str) else given[:INPUT_SHOWN_CHARS]}


def details(faults: Iterable[Fault]) -> list[Detail]:
    """A detail list for the faults of a body."""
    return [_detail(fault) for fault in faults]


def _detail(fault: Fault) -> Detail:
    kind, message, ctx = _words(fault)
    return detail(("body", *fault.loc), kind, message, fault.given, **ctx)


def _words(fault: Fault) -> tuple[str, str, dict[str, Any]]:
    limit = fault.limit
    match fault.kind:
        case "missing":
            return "missing", "Field required", {}
        case "one_of" | "part":
            words = ", ".join(repr(word) for word in limit)
            return "one_of", f"Input should be one of {words}", {"expected": list(limit)}
        case "too_long":
            return "sequence_too_long", f"String should have at most {limit:g} characters", {"max_length": limit}
        case "too_short":
            return "sequence_too_short", f"String should have at least {limit:g} characters", {"min_length": limit}
        case "too_many":
            return "sequence_too_long", f"List should have at most {limit:g} items", {"max_length": limit}
        case "too_few":
            return "sequence_too_short", f"List should have at least {limit:g} items", {"min_length": limit}
        case "too_high":
            return "less_than_equal", f"Input should be less than or equal to {limit:g}", {"le": limit}
        case "too_low":
            return "greater_than_equal", f"Input should be greater than or equal to {limit:g}", {"ge": limit}
        case "type":
            return "value_error", f"Input should be a valid {TYPES[limit]}", {}
        case "form":
            return "value_error", "Input should be a valid URL", {}
        case "either":
            return "value_error", f"One of {', '.join(limit)} is required", {}
        case "both":
            return "value_error", f"Only one of {', '.join(limit)} may be given", {}
        case "apart":
            return "value_error", f"Only one of {', '.join(limit)} may be used", {}
        case "unsupported":
            return "feature_not_supported", "This field cannot be used with the other ones", {}
        case "single":
            return "value_error", "Exactly one value must not be 0", {}
        case "area":
            return "value_error", f"The area may be at most {limit:g} times that of the image", {}
    return "value_error", "The durations do not add up", {}
