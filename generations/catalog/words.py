"""A row of the matrix in words, for the command and for the documents: English, and as short as a table cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from generations.choices import Variant

_PLAIN = {
    "prompt_max": "prompt to {} characters",
    "voices": "up to {} voices",
    "voice_list": "voices of the list {}",
    "speech_max": "text to {} characters",
    "shots": "up to {} shots",
    "elements": "up to {} elements from images",
    "element_ids": "up to {} elements of the library",
    "references_max": "{} images and elements together",
    "scenes": "scenes of the list {}",
}


def seconds(values: Iterable[int]) -> str:
    """Lengths: "5 or 10 s", or "3 to 15 s" for a long run of them."""
    found = sorted(values)
    if not found:
        return "its own length"
    if len(found) > 3 and found == list(range(found[0], found[-1] + 1)):
        return f"{found[0]} to {found[-1]} s"
    return " or ".join(str(value) for value in found) + " s"


def shape(facts: Mapping[str, Any]) -> str:
    """Length, resolution and frame rate of what comes out."""
    parts = [seconds(facts["durations_seconds"].value)]
    parts += [facts["resolution"].value] if facts["resolution"].value != "unknown" else ["resolution unknown"]
    return ", ".join([*parts, f"{facts['fps'].value} fps"])


def limits(values: Mapping[str, Any]) -> str:
    """Every further limit, as `matrix` gives them."""
    return "; ".join(_limits(values))


def _limits(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if name == "prompt_max" and not value:
            yield "no prompt"
        elif name in _PLAIN:
            yield _PLAIN[name].format(value)
        elif name == "sound":
            yield {"choice": "sound by choice", "always": "always with sound"}[value]
        elif name == "counts":
            yield f"{value[0]} to {value[1]} images at once"
        elif name in ("resolutions", "edits"):
            yield ", ".join(value)
        elif name == "orientations":
            yield ", ".join(f"facing as in the {kind}: video to {most} s" for kind, most in value.items())
        elif name == "margins":
            yield "grows by 0 to 2 of itself on each side, to 3 times its area"
        elif name == "never_together":
            yield from ("never together: " + " and ".join(_spaced(group)) for group in value)
        elif name == "durations":
            yield seconds(value)
        elif name == "durations_from_start":
            yield f"{seconds(value)} from a start frame alone"
        elif name == "files":
            yield from (f"{role.replace('_', ' ')}: {_file(rule)}" for role, rule in value.items())


def _spaced(names: Iterable[str]) -> list[str]:
    return [name.replace("_", " ") for name in names]


def _file(rule: Mapping[str, Any]) -> str:
    least, most = rule["count"]
    parts = [str(most) if least == most else f"{least} to {most}"]
    if "seconds" in rule:
        parts.append(f"{rule['seconds'][0]} to {rule['seconds'][1]} s")
    if "gap" in rule:
        parts.append(f"not between {rule['gap'][0]} and {rule['gap'][1]} s")
    if "sides" in rule:
        parts.append(f"{rule['sides'][0]} to {rule['sides'][1]} px")
    if "max_bytes" in rule:
        parts.append(f"to {rule['max_bytes'] // 1_000_000} MB")
    return ", ".join(parts)


def options(values: Mapping[str, Mapping[str, Any]]) -> str:
    """What a route carries, each with the lengths it is offered for where those are not all."""
    named = []
    for name, terms in values.items():
        some = f" ({seconds(terms['durations_seconds'])})" if "durations_seconds" in terms else ""
        named.append(f"{name.replace('_', ' ')}{some}")
    return ", ".join(named) or "no option"


def price_name(fact: str) -> str:
    """ "price" and "price_sound" as a person says them."""
    variant = fact.removeprefix("price").removeprefix("_")
    return f"price {Variant(variant).label}" if variant else "price"


def price(value: Any) -> str:
    """An amount with its unit; "unknown" where no source gives one."""
    if value == "unknown" or value["amount"] == "unknown":
        return "unknown"
    unit = value["per"].replace("_", " ")
    return f"{value['amount']} {value['currency'].replace('_', ' ')} per {unit} from {value['valid_from']}"
