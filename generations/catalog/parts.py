"""The parts of a recipe that have parts themselves. Each is well-formed on its own; the catalog says who takes it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from django.utils.translation import gettext as _
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

from generations.choices import CameraAxis, CameraMove, InputRole

PROMPT_MAX_CHARS = 3_072  # the widest any route takes (Kling 3.0); most models take 2,500: research 3.5, 3.7
DYNAMIC_MASKS_MAX = 6
TRAJECTORY_MIN_POINTS = 2
TRAJECTORY_MAX_POINTS = 77
CAMERA_AMOUNT_MAX = 10
CLIP_MAX_MS = 600_000

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.'-]{0,79}$")]


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError(_("The text has an invisible character (NUL) that cannot be stored. Remove it."))
    return text


def _exact(value: Any) -> Any:
    return str(value) if isinstance(value, float) else value


def _plain(value: Decimal | None) -> str | None:
    # 0.5 and 0.50 are the same recipe, and so are 0 and -0: they must serialise alike.
    return None if value is None else format(value.normalize() + 0, "f")


PromptText = Annotated[str, StringConstraints(max_length=PROMPT_MAX_CHARS), AfterValidator(_storable)]
ShortText = Annotated[str, StringConstraints(max_length=1_000), AfterValidator(_storable)]
Number = Annotated[Decimal, BeforeValidator(_exact), PlainSerializer(_plain, when_used="unless-none")]
Share = Annotated[Number, Field(ge=0, le=1, decimal_places=4)]
Milliseconds = Annotated[int, Field(ge=0, le=CLIP_MAX_MS)]


class Part(BaseModel):
    """What all parts are: immutable, and without a field that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Point(Part):
    """A point of a trajectory, in pixels of the image, origin at the bottom left (Kling's convention)."""

    x: Annotated[int, Field(ge=0, le=100_000)]
    y: Annotated[int, Field(ge=0, le=100_000)]


class Input(Part):
    """One input file, by what it is for and by content. Only a motion-brush mask has a trajectory.

    `group` numbers the elements from 0: the images of one element share it, and its first image is the frontal one.
    """

    role: InputRole
    sha256: Sha256
    trajectory: tuple[Point, ...] = ()
    group: Annotated[int, Field(ge=0, le=6)] = 0

    @model_validator(mode="after")
    def _trajectory_belongs_to_a_dynamic_mask(self) -> Self:
        points = len(self.trajectory)
        if self.role == InputRole.DYNAMIC_MASK and not TRAJECTORY_MIN_POINTS <= points <= TRAJECTORY_MAX_POINTS:
            sentence = _("A motion brush needs a path of %(least)s to %(most)s points; this one has %(points)s.")
            facts = {"least": TRAJECTORY_MIN_POINTS, "most": TRAJECTORY_MAX_POINTS, "points": points}
            raise ValueError(sentence % facts)
        if self.role != InputRole.DYNAMIC_MASK and points:
            raise ValueError(_("Only a motion brush has a path."))
        if self.role != InputRole.ELEMENT_IMAGE and self.group:
            raise ValueError(_("Only the images of an element belong to a group."))
        return self


class Camera(Part):
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


class Shot(Part):
    """One shot of a take with several: what happens in it, and for how many seconds."""

    prompt: Annotated[str, StringConstraints(min_length=1, max_length=512), AfterValidator(_storable)]
    seconds: Annotated[int, Field(ge=1, le=15)]


class Voice(Part):
    """Who speaks: a voice of the provider's list, its language where it has two, and its speed from 0.8 to 2.0."""

    id: Name
    language: Literal["zh", "en"] | None = None
    speed: Annotated[Number, Field(ge=Decimal("0.8"), le=2, decimal_places=1)] | None = None


class Crop(Part):
    """Which part of a sound is used and where in the video it begins, in milliseconds, and both volumes from 0 to 2."""

    start_ms: Milliseconds = 0
    end_ms: Milliseconds | None = None
    insert_ms: Milliseconds = 0
    volume: Annotated[Number, Field(ge=0, le=2, decimal_places=2)] | None = None
    source_volume: Annotated[Number, Field(ge=0, le=2, decimal_places=2)] | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.end_ms is not None and self.end_ms <= self.start_ms:
            raise ValueError(_("The end of the sound must lie after its start."))
        return self


class Spot(Part):
    """A place in the picture, in shares of its width and height, origin at the top left."""

    x: Share
    y: Share


class Mark(Part):
    """The spots that select something on one frame of a video, counted from 0."""

    frame: Annotated[int, Field(ge=0, le=100_000)]
    spots: Annotated[tuple[Spot, ...], Field(min_length=1, max_length=10)]


class Edit(Part):
    """A multi-elements edit: what is done to what was selected, on up to ten frames."""

    kind: Literal["addition", "swap", "removal"]
    marks: Annotated[tuple[Mark, ...], Field(max_length=10)] = ()


class Picture(Part):
    """How many images, how large, and how closely they follow a reference (subject or face), from 0 to 1."""

    count: Annotated[int, Field(ge=1, le=9)] | None = None
    resolution: Literal["1k", "2k", "4k"] | None = None
    reference: Literal["subject", "face"] | None = None
    fidelity: Annotated[Number, Field(ge=0, le=1, decimal_places=2)] | None = None
    face_fidelity: Annotated[Number, Field(ge=0, le=1, decimal_places=2)] | None = None


class Margins(Part):
    """How far an image is expanded on each side, in shares of its own size from 0 to 2."""

    up: Annotated[Number, Field(ge=0, le=2, decimal_places=4)] = Decimal(0)
    down: Annotated[Number, Field(ge=0, le=2, decimal_places=4)] = Decimal(0)
    left: Annotated[Number, Field(ge=0, le=2, decimal_places=4)] = Decimal(0)
    right: Annotated[Number, Field(ge=0, le=2, decimal_places=4)] = Decimal(0)

    @model_validator(mode="after")
    def _grow_within_the_limit(self) -> Self:
        area = (1 + self.up + self.down) * (1 + self.left + self.right)
        if area > 3:
            sentence = _("The expanded image may be at most 3 times as large as it is; this one would be %(times)s.")
            raise ValueError(sentence % {"times": format(area.quantize(Decimal("0.1")), "f")})
        if area == 1:
            raise ValueError(_("Say on which side the image grows."))
        return self
