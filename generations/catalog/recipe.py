"""The recipe: everything that decides what Kling makes, as one immutable value.

Forms, the command line, pricing, adapters, the library and remix all share it. Input files are named by content hash,
so a recipe is complete without any file beside it and the same recipe always has the same hash.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Annotated, Any, Self

from django.utils.translation import gettext as _
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_serializer,
    field_validator,
    model_validator,
)

from generations.choices import CameraAxis, CameraMove, Capability, InputRole, Tier

PROMPT_MAX_CHARS = 2_500  # the same on every route: research table 3.5, fal and gateway pages
DYNAMIC_MASKS_MAX = 6
TRAJECTORY_MIN_POINTS = 2
TRAJECTORY_MAX_POINTS = 77
CAMERA_AMOUNT_MAX = 10

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
AspectRatio = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]?:[1-9][0-9]?$")]


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError(_("The text has an invisible character (NUL) that cannot be stored. Remove it."))
    return text


PromptText = Annotated[str, StringConstraints(max_length=PROMPT_MAX_CHARS), AfterValidator(_storable)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Point(_Frozen):
    """A point of a trajectory, in pixels of the image, origin at the bottom left (Kling's convention)."""

    x: Annotated[int, Field(ge=0, le=100_000)]
    y: Annotated[int, Field(ge=0, le=100_000)]


class Input(_Frozen):
    """One input file, by what it is for and by content. Only a motion-brush mask has a trajectory."""

    role: InputRole
    sha256: Sha256
    trajectory: tuple[Point, ...] = ()

    @model_validator(mode="after")
    def _trajectory_belongs_to_a_dynamic_mask(self) -> Self:
        points = len(self.trajectory)
        if self.role == InputRole.DYNAMIC_MASK and not TRAJECTORY_MIN_POINTS <= points <= TRAJECTORY_MAX_POINTS:
            sentence = _("A motion brush needs a path of %(least)s to %(most)s points; this one has %(points)s.")
            facts = {"least": TRAJECTORY_MIN_POINTS, "most": TRAJECTORY_MAX_POINTS, "points": points}
            raise ValueError(sentence % facts)
        if self.role != InputRole.DYNAMIC_MASK and points:
            raise ValueError(_("Only a motion brush has a path."))
        return self


class Camera(_Frozen):
    """A camera move: a master shot, or `simple` with one axis and an amount from -10 to 10 that is not zero."""

    move: CameraMove
    axis: CameraAxis | None = None
    amount: Annotated[int, Field(ge=-CAMERA_AMOUNT_MAX, le=CAMERA_AMOUNT_MAX)] = 0

    @model_validator(mode="after")
    def _only_simple_has_an_axis(self) -> Self:
        if self.move == CameraMove.SIMPLE and (self.axis is None or self.amount == 0):
            raise ValueError(_("A camera move by hand needs exactly one axis with an amount other than 0."))
        if self.move != CameraMove.SIMPLE and (self.axis is not None or self.amount != 0):
            raise ValueError(_("A master shot has no axis and no amount."))
        return self


class Recipe(_Frozen):
    """What to make. It is well-formed on its own; `catalog.check` says whether a model can do it."""

    capability: Capability
    model: Slug
    tier: Tier
    prompt: PromptText = ""
    negative_prompt: PromptText = ""
    duration_seconds: Annotated[int, Field(ge=1, le=60)] | None = None
    aspect_ratio: AspectRatio | None = None
    guidance: Annotated[Decimal, Field(ge=0, le=1, decimal_places=2)] | None = None
    camera: Camera | None = None
    inputs: tuple[Input, ...] = ()

    @field_validator("guidance", mode="before")
    @classmethod
    def _guidance_from_number(cls, value: Any) -> Any:
        return str(value) if isinstance(value, float) else value

    @field_serializer("guidance")
    def _plain_guidance(self, value: Decimal | None) -> str | None:
        # 0.5 and 0.50 are the same recipe, and so are 0 and -0: they must serialise alike.
        return None if value is None else format(value.normalize() + 0, "f")

    @field_validator("inputs")
    @classmethod
    def _inputs_in_order(cls, value: tuple[Input, ...]) -> tuple[Input, ...]:
        # The order between roles means nothing, so it must not make another recipe; within a role it stays.
        return tuple(sorted(value, key=lambda item: list(InputRole).index(item.role)))

    @model_validator(mode="after")
    def _roles_are_unique(self) -> Self:
        for role in InputRole:
            count = len(self.inputs_for(role))
            limit = DYNAMIC_MASKS_MAX if role == InputRole.DYNAMIC_MASK else 1
            if count > limit:
                sentence = _("“%(role)s” takes at most %(limit)s; %(count)s were given.")
                raise ValueError(sentence % {"role": role.label, "limit": limit, "count": count})
        return self

    def inputs_for(self, role: InputRole) -> tuple[Input, ...]:
        """The inputs with one role, in their order."""
        return tuple(item for item in self.inputs if item.role == role)

    def input_for(self, role: InputRole) -> Input | None:
        """The single input with a role, or None."""
        return next(iter(self.inputs_for(role)), None)

    @property
    def has_brush(self) -> bool:
        return bool(self.inputs_for(InputRole.STATIC_MASK) or self.inputs_for(InputRole.DYNAMIC_MASK))

    def as_json(self) -> dict[str, Any]:
        """The recipe as JSON values, without what was left empty."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def canonical(self) -> str:
        """One spelling per recipe: sorted keys, no spaces, defaults left out."""
        return json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def sha256(self) -> str:
        """The identity of the recipe."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()
