"""The catalog's own nouns: immutable, validated when the TOML files are read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from generations.catalog.recipe import AspectRatio, Slug
from generations.choices import (
    CameraMove,
    Capability,
    Currency,
    InputRole,
    PriceUnit,
    Provider,
    Tier,
    Variant,
)

Unknown = Literal["unknown"]
Seconds = Annotated[int, Field(ge=1, le=60)]
# The optional parts of a recipe: a model can do them or not, and a route carries them or not.
Option = Literal[
    "negative_prompt",
    "guidance",
    "aspect_ratio",
    "end_frame",
    "end_frame_alone",
    "brush",
    "camera",
    "sound",
    "voices",
    "shots",
    "elements",
    "element_ids",
    "reference_images",
    "source_video",
    "keep_sound",
    "voice_language",
    "voice_speed",
    "crop",
    "face",
    "speech",
    "audio",
    "music_prompt",
    "asmr",
    "count",
    "picture_resolution",
    "picture_reference",
    "watermark",
]
Span = tuple[int, int]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CameraRule(_Entry):
    durations: tuple[Seconds, ...]
    moves: tuple[CameraMove, ...]


class FileRule(_Entry):
    """What a model takes for one role: how many files, and their limits, each from-to. None: no limit that we know."""

    count: Span = (1, 1)
    seconds: tuple[Decimal, Decimal] | None = None
    gap: tuple[Decimal, Decimal] | None = None  # lengths between these two are refused
    sides: Span | None = None  # pixels
    max_bytes: int | None = None


class FileFacts(NamedTuple):
    """What is known of a stored input file; None where it does not apply.

    `provider_ids` maps an account's primary key to the id under which that provider still holds this very file, and
    `made_by` to the model and tier that made it there.
    """

    seconds: Decimal | None = None
    width: int | None = None
    height: int | None = None
    size_bytes: int | None = None
    provider_ids: Mapping[int, str] = {}
    made_by: Mapping[int, tuple[str, str]] = {}


class Ability(_Entry):
    """What a model can do for one capability on one tier. Tuples of seconds say for which durations."""

    capability: Capability
    tier: Tier
    durations: tuple[Seconds, ...] = ()
    aspect_ratios: tuple[AspectRatio, ...] = ()
    resolution: Literal["720p", "1080p", "2160p"] | Unknown = "unknown"
    fps: int | None = None
    prompt_max: int = 2_500  # 0: it takes no prompt
    negative_prompt: bool = False
    guidance: bool = False
    end_frame: tuple[Seconds, ...] = ()
    brush: tuple[Seconds, ...] = ()
    camera: CameraRule | None = None
    files: dict[InputRole, FileRule] = {}
    sound: Literal["no", "choice", "always"] = "no"
    voices: int = 0
    voice_list: str = ""  # of lists.toml; for the one voice that speaks
    speech_max: int = 0
    shots: int = 0
    elements: int = 0
    element_ids: int = 0
    references_max: int | None = None  # images, elements and library elements together
    counts: Span | None = None
    resolutions: tuple[Literal["1k", "2k", "4k"], ...] = ()
    scenes: str = ""  # of lists.toml
    edits: tuple[Literal["addition", "swap", "removal"], ...] = ()
    orientations: dict[Literal["image", "video"], int] = {}  # with the longest source video in seconds
    margins: bool = False
    also: frozenset[Option] = frozenset()  # options without a limit of their own
    never_together: tuple[tuple[Option, ...], ...] = ()
    note: str = ""

    @property
    def options(self) -> frozenset[Option]:
        """The optional parts of a recipe that the model can do at all; a route may carry fewer."""
        offered: dict[Option, Any] = {
            "negative_prompt": self.negative_prompt,
            "guidance": self.guidance,
            "aspect_ratio": self.aspect_ratios,
            "end_frame": self.end_frame,
            "end_frame_alone": self.end_frame,
            "brush": self.brush,
            "camera": self.camera,
            "sound": self.sound != "no",
            "voices": self.voices,
            "shots": self.shots,
            "elements": self.elements,
            "element_ids": self.element_ids,
            "reference_images": InputRole.REFERENCE_IMAGE in self.files,
            "source_video": InputRole.SOURCE_VIDEO in self.files,
            "audio": InputRole.AUDIO in self.files,
            "speech": self.speech_max,
            "count": self.counts,
            "picture_resolution": self.resolutions,
        }
        return frozenset(name for name, value in offered.items() if value) | self.also


class Model(_Entry):
    slug: Slug
    label: str
    family: str
    can: tuple[Ability, ...]
    render_seconds: dict[Capability, int]
    render_source: str

    def find_ability(self, capability: Capability, tier: Tier) -> Ability | None:
        """What the model can do for a capability on a tier, or None."""
        return next((item for item in self.can if (item.capability, item.tier) == (capability, tier)), None)


class Route(_Entry):
    """A model's capability and tier on one provider: where it is called and which options it carries there.

    `fields` says how each part of a recipe is spelled on the wire (`providers.body`): part → `path[:encoding]`.
    What the provider limits further than the model does stands here too: texts, files, and the lengths that it makes
    from a start frame alone. `form` tells apart two endpoints for the same thing, such as speech from text or a file.
    """

    provider: Provider
    model: Slug
    capability: Capability
    tier: Tier
    endpoint: str
    takes: frozenset[Option]
    requires: frozenset[Literal["prompt", "source_id", "end_frame"]] = frozenset()
    fields: dict[str, str] = {}
    wire: dict[str, Any] = {}
    api: Literal["", "new"] = ""
    form: Annotated[str, Field(pattern=r"^[a-z_]*$")] = ""
    prompt_max: int | None = None
    speech_max: int | None = None
    files: dict[InputRole, FileRule] = {}
    aspect_ratios: tuple[AspectRatio, ...] = ()  # where they are fewer than the model's
    durations: tuple[Seconds, ...] = ()  # where they are fewer than the model's
    durations_from_start: tuple[Seconds, ...] = ()
    note: str = ""

    @property
    def key(self) -> str:
        """The route's name in logs, rows and the matrix."""
        parts = (self.provider, self.model, self.capability, self.tier, self.api, self.form)
        return ":".join(str(part) for part in parts if part)


class LastCharge(_Entry):
    """After how many days a provider is not expected to charge any more for what it never confirmed or ended."""

    days: Annotated[int, Field(ge=1, le=90)]
    source: Annotated[str, Field(alias="from", min_length=1)]


class Price(_Entry):
    """A dated price of the catalog, for one `per`, in the provider's own currency."""

    provider: Provider
    model: Slug
    tier: Tier
    capability: Capability | None = None
    variant: Variant | None = None
    amount: Decimal | Unknown
    currency: Currency
    per: PriceUnit
    valid_from: date
    source: str
    note: str = ""

    def is_of(self, route: Route) -> bool:
        """Whether this price is of a route; one without a capability is of all of them."""
        same = (self.provider, self.model, self.tier) == (route.provider, route.model, route.tier)
        return same and self.capability in (None, route.capability)


class NamedChoice(_Entry):
    """One of a list that is data: a voice or an effect scene."""

    id: str
    label: str = ""
    languages: tuple[Literal["zh", "en"], ...] = ()
    images: Literal[1, 2] = 1  # a scene for one, or for two
    retired_on: date | None = None


class NamedList(_Entry):
    """A list of voices or scenes, with its source."""

    name: str
    source: str
    read_on: date
    choices: tuple[NamedChoice, ...]
    is_open: bool = False  # the provider has more than are listed here; others are sent as they are

    def find(self, choice: str) -> NamedChoice | None:
        """The choice with an id, or None."""
        return next((item for item in self.choices if item.id == choice), None)
