"""The recipe: everything that decides what Kling makes, as one immutable value.

Forms, the command line, pricing, adapters, the library and remix all share it. Input files are named by content hash,
so a recipe is complete without any file beside it and the same recipe always has the same hash.
"""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from django.utils.translation import gettext as _
from pydantic import Field, StringConstraints, field_validator, model_validator

from generations.catalog.parts import (
    DYNAMIC_MASKS_MAX,
    Camera,
    Crop,
    Edit,
    Input,
    Margins,
    Name,
    Number,
    Part,
    Picture,
    PromptText,
    ShortText,
    Shot,
    Voice,
)
from generations.choices import Capability, InputRole, Tier

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
AspectRatio = Annotated[str, StringConstraints(pattern=r"^([1-9][0-9]?:[1-9][0-9]?|auto)$")]

# What no route exceeds; the catalog narrows it. Roles that are not here take one file.
_MOST = {
    InputRole.DYNAMIC_MASK: DYNAMIC_MASKS_MAX,
    InputRole.REFERENCE_IMAGE: 10,
    InputRole.ELEMENT_IMAGE: 28,
}

# What a draft may do otherwise than the take that it is a draft of: how it is made, not what is to be seen.
_FREE_IN_A_DRAFT = frozenset({"model", "tier", "negative_prompt", "guidance", "sound", "watermark"})


class Recipe(Part):
    """What to make. It is well-formed on its own; `catalog.check` says whether a model can do it."""

    capability: Capability
    model: Slug
    tier: Tier
    prompt: PromptText = ""
    negative_prompt: PromptText = ""
    duration_seconds: Annotated[int, Field(ge=1, le=60)] | None = None
    aspect_ratio: AspectRatio | None = None
    guidance: Annotated[Number, Field(ge=0, le=1, decimal_places=2)] | None = None
    camera: Camera | None = None
    inputs: tuple[Input, ...] = ()
    # Sound and speech.
    sound: bool | None = None
    voices: Annotated[tuple[Name, ...], Field(max_length=2)] = ()  # <<<voice_1>>> in the prompt is the first
    speech: ShortText = ""
    voice: Voice | None = None
    crop: Crop | None = None
    music_prompt: Annotated[ShortText, Field(max_length=200)] = ""
    asmr: bool | None = None
    # Several shots, elements, effects.
    shots: Annotated[tuple[Shot, ...], Field(max_length=6)] = ()
    shot_plan: Literal["customize", "intelligence"] | None = None
    element_ids: Annotated[tuple[Name, ...], Field(max_length=7)] = ()
    scene: Name | None = None
    # Work on a video.
    keep_sound: bool | None = None
    orientation: Literal["image", "video"] | None = None
    face: Annotated[int, Field(ge=0, le=20)] | None = None  # counted from 0, in the order the provider finds them
    edit: Edit | None = None
    # Images.
    picture: Picture | None = None
    margins: Margins | None = None
    watermark: bool | None = None

    @field_validator("inputs")
    @classmethod
    def _inputs_in_order(cls, value: tuple[Input, ...]) -> tuple[Input, ...]:
        # The order between roles means nothing, so it must not make another recipe; within a role it stays.
        return tuple(sorted(value, key=lambda item: (list(InputRole).index(item.role), item.group)))

    @model_validator(mode="after")
    def _roles_are_not_crowded(self) -> Self:
        for role in InputRole:
            count = len(self.inputs_for(role))
            limit = _MOST.get(role, 1)
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

    @property
    def elements(self) -> tuple[tuple[Input, ...], ...]:
        """The images of each element, by group; the first image of each is the frontal one."""
        images = self.inputs_for(InputRole.ELEMENT_IMAGE)
        groups = sorted({item.group for item in images})
        return tuple(tuple(item for item in images if item.group == group) for group in groups)

    @property
    def seconds_of_shots(self) -> Decimal:
        return Decimal(sum(shot.seconds for shot in self.shots))

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


def is_draft_of(draft: Recipe, recipe: Recipe) -> bool:
    """Whether a recipe is another one at a lower tier: the same words, files, length and frame.

    Model, negative prompt, guidance, sound and watermark may differ: they depend on what a model and a route take.
    """
    ladder = list(Tier)
    if ladder.index(draft.tier) >= ladder.index(recipe.tier):
        return False
    return all(
        getattr(draft, name) == getattr(recipe, name) for name in Recipe.model_fields if name not in _FREE_IN_A_DRAFT
    )
