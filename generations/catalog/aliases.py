"""Other people's words for a recipe: names, fields and values of guides and provider pages, translated or refused.

A word is translated where it means something that a provider has. Where none has it the refusal says so: nothing is
dropped unsaid, and nothing is sent that was not asked for.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.catalog.book import Catalog
from generations.choices import CameraMove
from generations.errors import InvalidRecipe

_REFUSALS = {
    "no_text_below_master": gettext_lazy(
        "No provider makes Kling 2.1 videos from text below Master. Choose kling-v2-1-master, or add a start image."
    ),
    "static": gettext_lazy(
        "No provider has a camera that is told to stand still. Leave the camera open and write “static shot”."
    ),
    "camera": gettext_lazy("There is no camera move of this name. The moves by name are: %(known)s."),
    "extend_duration": gettext_lazy("Kling extends a video by 4 to 5 s at a time and takes no length. Remove it."),
    "intensity": gettext_lazy("No effect of Kling has an intensity. Remove it."),
    "style": gettext_lazy("No image model of Kling has a style setting. Write the style into the prompt."),
    "size": gettext_lazy("Images have a ratio and no size in pixels; %(size)s is none of the ratios %(known)s."),
    "effect_of_video": gettext_lazy("Kling's effects are made from images, not from a video. Give one or two images."),
    "files": gettext_lazy("This takes %(most)s files here; %(count)s were given."),
}
_IMAGE_RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9")
_VIDEO_FILE = (".mp4", ".mov", ".webm", ".m4v")
_DROPPED = frozenset({"generation_type", "model_name"})


class Translated(NamedTuple):
    """A recipe's values in our own words; its files, by role, as they were named; and what was understood how."""

    values: dict[str, Any]
    files: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


@cache
def _words() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((Path(__file__).parent / "aliases.toml").read_text(encoding="utf-8"))


def translate(foreign: Mapping[str, Any], book: Catalog) -> Translated:
    """A recipe from other people's words; its own words pass unchanged.

    Raises InvalidRecipe, by the name of each field as it was given, for what no provider has. Whether a route can make
    the result is for `check` to say.
    """
    return _Translator(book).run(foreign)


class _Translator:
    def __init__(self, book: Catalog) -> None:
        self.book = book
        self.values: dict[str, Any] = {}
        self.files: list[tuple[str, str]] = []
        self.notes: list[str] = []
        self.problems: dict[str, str] = {}
        self._sides: tuple[Any, Any] = (None, None)

    def run(self, foreign: Mapping[str, Any]) -> Translated:
        given = {**foreign, **foreign.get("parameters", {})}
        given.pop("parameters", None)
        self._model(str(given.pop("model", given.get("model_name", "")) or ""))
        for name, value in given.items():
            if value is not None and name not in _DROPPED:
                self._field(name, value)
        if self.problems:
            raise InvalidRecipe(self.problems)
        return Translated(self.values, tuple(self.files), tuple(self.notes))

    def _field(self, name: str, value: Any) -> None:
        special: Callable[[Any], None] | None = getattr(self, f"_read_{name}", None)
        if special is not None:
            special(value)
        elif name in _words()["files"]:
            role = _words()["files"][name]
            self.files += [(role, str(item)) for item in (value if isinstance(value, list) else [value])]
        else:
            known = _words()["fields"].get(name, name)
            self.values[known] = value

    def _model(self, name: str) -> None:
        found = _words()["models"].get(name)
        if found and "refused" in found:
            self.problems["model"] = str(_REFUSALS[found["refused"]])
            return
        route = next((route for route in self.book.routes if route.endpoint == name), None)
        if found is None and route is not None:
            found = {"model": route.model, "capability": route.capability.value, "tier": route.tier.value}
        if found:
            self.values |= found
            sentence = _("“%(name)s” is %(model)s here, %(capability)s, %(tier)s.")
            self.notes.append(sentence % {"name": name, **found})
        elif name:
            self.values["model"] = name

    # One method per field whose value has words of its own.

    def _read_mode(self, value: Any) -> None:
        tier = _words()["tiers"].get(str(value), value)
        named = self.values.get("tier")
        if named and named != tier:
            sentence = _("The model's name says %(named)s and its mode %(tier)s. Give one of them.")
            self.problems["mode"] = sentence % {"named": named, "tier": tier}
        self.values["tier"] = tier

    def _read_duration(self, value: Any) -> None:
        text = str(value).strip().removesuffix("s")
        self.values["duration_seconds"] = int(text) if text.isdecimal() else value

    def _read_camera_motion(self, value: Any) -> None:
        known = _words()["camera"]
        if value == "static":
            self.problems["camera_motion"] = str(_REFUSALS["static"])
        elif value == "auto":
            self.notes.append(_("The camera is the model's own choice."))
        elif value in known:
            self.values["camera"] = dict(known[value])
        else:
            self.problems["camera_motion"] = str(_REFUSALS["camera"]) % {"known": ", ".join(known)}

    def _read_camera_control(self, value: Any) -> None:
        """The official form, with the axes that stand still, and fal's, which is the name of a master shot."""
        move = value.get("type") if isinstance(value, dict) else value
        config = (value.get("config") or {}) if isinstance(value, dict) else {}
        moving = {axis: amount for axis, amount in config.items() if amount}
        if move not in CameraMove.values or len(moving) != (1 if move == CameraMove.SIMPLE else 0):
            known = ", ".join(CameraMove.values)
            sentence = _("A camera move is one of %(known)s; “simple” has exactly one axis that is not 0.")
            self.problems["camera_control"] = sentence % {"known": known}
            return
        axis, amount = next(iter(moving.items()), (None, 0))
        self.values["camera"] = {"move": move, **({"axis": axis, "amount": amount} if axis else {})}

    def _read_sound(self, value: Any) -> None:
        self.values["sound"] = {"on": True, "off": False}.get(value, value) if isinstance(value, str) else value

    def _read_extend_duration(self, value: Any) -> None:
        if str(value) not in ("4", "5"):
            self.problems["extend_duration"] = str(_REFUSALS["extend_duration"])
        else:
            self.notes.append(_("Kling extends a video by 4 to 5 s at a time; that is what was asked for."))

    def _read_intensity(self, value: Any) -> None:
        self.problems["intensity"] = str(_REFUSALS["intensity"])

    def _read_style(self, value: Any) -> None:
        self.problems["style"] = str(_REFUSALS["style"])

    def _read_width(self, value: Any) -> None:
        self._sides = (value, self._sides[1])
        self._read_sides()

    def _read_height(self, value: Any) -> None:
        self._sides = (self._sides[0], value)
        self._read_sides()

    def _read_sides(self) -> None:
        """Both sides of an image together are a ratio; the size in pixels is the model's."""
        width, height = self._sides
        numbers = [side for side in (width, height) if isinstance(side, int) and side > 0]
        ratio = Fraction(numbers[0], numbers[1]) if len(numbers) == 2 else None
        found = next((name for name in _IMAGE_RATIOS if ratio == Fraction(name.replace(":", "/"))), None)
        self.problems.pop("width", None)
        if found is None:
            facts = {"size": f"{width or '?'} × {height or '?'}", "known": ", ".join(_IMAGE_RATIOS)}
            self.problems["width"] = str(_REFUSALS["size"]) % facts
            return
        self.values["aspect_ratio"] = found
        self.notes.append(
            _("The size is read as the ratio %(ratio)s; how many pixels is the model's.") % {"ratio": found}
        )

    def _read_n(self, value: Any) -> None:
        self.values["picture"] = {**self.values.get("picture", {}), "count": value}

    def _read_voice_id(self, value: Any) -> None:
        self._voice(id=value)

    def _read_voice_language(self, value: Any) -> None:
        self._voice(language=value)

    def _read_voice_speed(self, value: Any) -> None:
        self._voice(speed=value)

    def _voice(self, **facts: Any) -> None:
        self.values["voice"] = {**self.values.get("voice", {}), **facts}

    def _read_reference_assets(self, value: Any) -> None:
        names = [str(item) for item in value]
        capability = self.values.get("capability", "")
        roles = _words()["roles"].get(capability, [])
        if capability == "effect" and any(name.lower().endswith(_VIDEO_FILE) for name in names):
            self.problems["reference_assets"] = str(_REFUSALS["effect_of_video"])
        elif roles == ["reference_image"]:
            self.files += [("reference_image", name) for name in names]
        elif len(names) > len(roles):
            facts = {"most": len(roles), "count": len(names)}
            self.problems["reference_assets"] = str(_REFUSALS["files"]) % facts
        else:
            self.files += list(zip(roles, names, strict=False))

    def _read_effect(self, value: Any) -> None:
        if value in _words()["no_effects"]:
            sentence = _("“%(effect)s” is not an effect of Kling. Choose one of the scenes in the catalog.")
            self.problems["effect"] = sentence % {"effect": value}
        else:
            self.values["scene"] = value
