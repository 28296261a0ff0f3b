"""What a shell command asks for, as a recipe: its options, a recipe file, and the files that go in.

A recipe file is JSON: a recipe of ours, or the words of a guide or a provider page (`catalog.translate`). An option on
the command line goes before the file.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management.base import CommandError

from generations import catalog
from generations.choices import Capability, InputRole, Tier

RECIPE_MAX_BYTES = 64_000
_FLAGS = {
    "prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "model": "model",
    "tier": "tier",
    "capability": "capability",
    "duration": "duration_seconds",
    "ratio": "aspect_ratio",
    "guidance": "guidance",
}
_FRAMES = frozenset({InputRole.FIRST_FRAME, InputRole.LAST_FRAME})
Upload = Callable[[Path, InputRole], str]


class Wish(NamedTuple):
    """A recipe's values but for its files, which still have to be brought in, and what was understood how."""

    values: dict[str, Any]
    files: tuple[tuple[InputRole, Path], ...]
    notes: tuple[str, ...]


def add_arguments(parser: ArgumentParser) -> None:
    """The options that decide what is made."""
    parser.add_argument("--image", type=Path, help="start image; without one the take is made from text alone")
    parser.add_argument("--end-image", type=Path)
    parser.add_argument("--prompt")
    parser.add_argument("--negative-prompt")
    parser.add_argument("--model", help="a model of the catalog; kling-v2-master otherwise")
    parser.add_argument("--tier", choices=Tier.values, help="where a model has more than one; the lowest otherwise")
    parser.add_argument("--capability", choices=Capability.values, help="what to make; by the files otherwise")
    parser.add_argument("--duration", type=int, help="seconds; 5 otherwise, where the model lets one choose")
    parser.add_argument("--ratio", help="for example 16:9")
    parser.add_argument("--guidance", help="0 to 1")
    parser.add_argument("--recipe", type=Path, help="a recipe as JSON, in our words or those of a guide")
    parser.add_argument(
        "--file",
        action="append",
        default=[],
        metavar="ROLE=PATH",
        help=f"a file that goes in; the roles are {', '.join(InputRole.values)}",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any other part of a recipe, for example scene=hug; the value may be JSON",
    )


def read_wish(options: Mapping[str, Any]) -> Wish:
    """What the options ask for. Raises CommandError for what cannot be read and InvalidRecipe for what none has."""
    foreign = _recipe_file(options["recipe"]) if options["recipe"] else {}
    foreign |= {name: options[flag] for flag, name in _FLAGS.items() if options[flag] is not None}
    foreign |= dict(map(_pair_of_values, options["set"]))
    translated = catalog.translate(foreign)
    files = [(InputRole.FIRST_FRAME, options["image"]), (InputRole.LAST_FRAME, options["end_image"])]
    files += [(InputRole(role), Path(name)) for role, name in translated.files]
    files += [_pair_of_file(text) for text in options["file"]]
    found = tuple((role, path) for role, path in files if path)
    return Wish(_with_defaults(translated.values, found), found, translated.notes)


def read_recipe(wish: Wish, upload: Upload) -> catalog.Recipe:
    """The recipe, with every file brought in. Raises ValidationError for what no recipe can be."""
    inputs = [{"role": role, "sha256": upload(path, role)} for role, path in wish.files]
    inputs += [_with_file(item, upload) for item in wish.values.get("inputs", [])]
    return catalog.Recipe.model_validate({**wish.values, "inputs": inputs})


def _with_file(item: Mapping[str, Any], upload: Upload) -> dict[str, Any]:
    """An input of a recipe file, which may name a file of this machine instead of a hash."""
    values = dict(item)
    path = values.pop("file", None)
    return values if path is None else {**values, "sha256": upload(Path(path), InputRole(values["role"]))}


def _recipe_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read as a recipe: {error}.") from error
    if len(text) > RECIPE_MAX_BYTES:
        raise CommandError(f"A recipe has at most {RECIPE_MAX_BYTES:,} bytes; {path} has {len(text):,}.")
    try:
        found = json.loads(text)
    except ValueError as error:
        raise CommandError(f"{path} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise CommandError(f"{path} is not a recipe: a recipe is one JSON object.")
    return found


def _pair_of_values(text: str) -> tuple[str, Any]:
    name, mark, value = text.partition("=")
    if not mark:
        raise CommandError(f"--set takes NAME=VALUE; {text} was given.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _pair_of_file(text: str) -> tuple[InputRole, Path]:
    role, mark, path = text.partition("=")
    if not mark or role not in InputRole.values:
        raise CommandError(f"--file takes ROLE=PATH with one of {', '.join(InputRole.values)}; {text} was given.")
    return InputRole(role), Path(path)


def _with_defaults(values: Mapping[str, Any], files: Iterable[tuple[InputRole, Path]]) -> dict[str, Any]:
    """The values with what a person at a shell need not say: model, capability, tier, length and ratio."""
    roles = {role for role, _ in files} | {item.get("role") for item in values.get("inputs", [])}
    by_files = Capability.IMAGE_TO_VIDEO if roles & _FRAMES else Capability.TEXT_TO_VIDEO
    found = {"model": "kling-v2-master", "capability": by_files, **values}
    model = catalog.load().model(found["model"])
    tiers = [ability.tier for ability in model.can if ability.capability == found["capability"]]
    found.setdefault("tier", tiers[0] if tiers else Tier.STD)
    ability = model.find_ability(found["capability"], found["tier"])
    if ability and ability.durations and "duration_seconds" not in found and "shots" not in found:
        found["duration_seconds"] = 5 if 5 in ability.durations else ability.durations[0]
    if ability and found["capability"] == Capability.TEXT_TO_VIDEO and "16:9" in ability.aspect_ratios:
        found.setdefault("aspect_ratio", "16:9")
    return found
