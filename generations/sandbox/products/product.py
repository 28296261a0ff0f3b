"""What one endpoint of a provider takes, as plain values: its fields, the rules between them, its output and price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Any, Literal

MEDIA = ("image", "video", "audio")
Loc = tuple[str | int, ...]
Form = Literal["url", "data", "base64"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body.

    `type` is text, number, int, bool, enum, list, object, parts, image, video, audio or any. `min` and `max` bound a
    number, a text's length or a list's; for media see `Limits`. `gives` names what the sandbox reads from the field:
    prompt, seconds, count, model, tier, ratio, external_id, callback, voice, first or last frame.
    """

    type: str
    required: bool = False
    default: Any = None
    of: tuple[Any, ...] = ()
    min: float | None = None
    max: float | None = None
    gives: str = ""
    fields: Mapping[str, Field] = field(default_factory=dict)  # of an object, or of each kind of part
    item: Field | None = None  # of a list
    single: bool = False  # an object of numbers of which exactly one is not 0
    media: Mapping[str, Any] = field(default_factory=dict)  # limits of a file, see inputs.py


@dataclass(frozen=True, slots=True)
class Price:
    """An amount of `unit` for each `per` (second, call, image, kchar); `unit` is "" where the provider counts `per`.

    `step` rounds the quantity up: 5 bills each started five seconds. A guessed price stands where none is published.
    """

    per: str
    amount: Decimal
    unit: str = ""
    step: int = 1
    guess: bool = False

    def quantity(self, *, seconds: float, count: int, chars: int) -> Decimal:
        """How many `per` a task is."""
        if self.per == "image":
            return Decimal(count)
        if self.per == "kchar":
            return Decimal(chars) / 1000
        if self.per != "second":
            return Decimal(1)
        exact = Decimal(str(seconds))
        return exact if self.step == 1 else (exact / self.step).to_integral_value(ROUND_CEILING) * self.step


@dataclass(frozen=True, slots=True)
class Case:
    """What holds for a body only when some of its fields have certain values.

    `when` names facts: a value, a list of values, "*" for given and "-" for absent. `forbid` and `require` name facts,
    `narrow` gives tighter limits, `settings` replaces settings of the product.
    """

    when: Mapping[str, Any]
    forbid: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    narrow: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """One endpoint. `makes` lists the suffixes of a task's files; images come `count` times.

    `settings` may hold: model, tier, does, fps, side (short side in pixels), ratio, seconds, seconds_from (the role of
    the file whose length counts, or prompt), price, area (how much a picture may grow), moves (a still that follows a
    film), shots ("match" where shots must add up to the length), sync (answers at once).
    """

    provider: str
    path: str
    makes: tuple[str, ...]
    fields: Mapping[str, Field]
    cases: tuple[Case, ...] = ()
    apart: tuple[tuple[tuple[str, ...], ...], ...] = ()  # of each set of groups, at most one group is used
    either: tuple[tuple[str, ...], ...] = ()  # at least one of each group is given
    one_of: tuple[tuple[str, ...], ...] = ()  # exactly one of each group is given
    settings: Mapping[str, Any] = field(default_factory=dict)
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # how each kind of media may come
    units: Mapping[str, Decimal] = field(default_factory=dict)  # a unit's list price in dollars
    blank: bool = False  # whether an empty text counts as absent


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a body does not fit: where, what kind of fault, the limit it breaks and what was given.

    Kinds: missing, type, one_of, too_long, too_short, too_high, too_low, too_many, too_few, form, apart, either,
    both, unsupported, shots, part, single, area.
    """

    loc: Loc
    kind: str
    limit: Any = None
    given: Any = None

    @property
    def name(self) -> str:
        """The field as a person would write it: `settings.duration`, `image_list[0].image`."""
        words = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.loc)
        return words.lstrip(".")


@dataclass(frozen=True, slots=True)
class Sent:
    """One file that a body brings: where, which field describes it, and its address or text."""

    loc: Loc
    field: Field
    value: str


@dataclass(slots=True)
class Checked:
    """A body that was looked at. Only without faults do the other values mean anything."""

    product: Product
    faults: list[Fault] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)  # dotted name -> value, defaults included
    given: dict[str, Any] = field(default_factory=dict)  # what `gives` names, as sent or by default
    sent: list[Sent] = field(default_factory=list)
    ignored: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """What a `gives` named, as text; "" where nothing was sent."""
        value = self.given.get(name)
        return "" if value is None else str(value)

    @property
    def prompt(self) -> str:
        return self.text("prompt")

    @property
    def seconds(self) -> float:
        """The length that the fields ask for; 0 where a file decides or nothing has a length."""
        return float(self.given.get("seconds") or self.settings.get("seconds") or 0)

    @property
    def count(self) -> int:
        return int(self.given.get("count") or 1)

    @property
    def model(self) -> str:
        return str(self.settings.get("model") or self.given.get("model") or self.product.path)

    @property
    def tier(self) -> str:
        return str(self.settings.get("tier") or self.given.get("tier") or "std")
