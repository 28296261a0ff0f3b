"""The catalog's own nouns: immutable, validated when the TOML files are read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from generations.catalog.recipe import AspectRatio, Slug
from generations.choices import CameraMove, Capability, Currency, Provider, Tier

Unknown = Literal["unknown"]
Seconds = Annotated[int, Field(ge=1, le=60)]
Option = Literal["negative_prompt", "guidance", "aspect_ratio", "end_frame", "end_frame_alone", "brush", "camera"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CameraRule(_Entry):
    durations: tuple[Seconds, ...]
    moves: tuple[CameraMove, ...]


class Ability(_Entry):
    """What a model can do for one capability on one tier. Tuples of seconds say for which durations."""

    capability: Capability
    tier: Tier
    durations: tuple[Seconds, ...]
    aspect_ratios: tuple[AspectRatio, ...] = ()
    resolution: Literal["720p", "1080p"] | Unknown
    fps: int
    negative_prompt: bool = False
    guidance: bool = False
    end_frame: tuple[Seconds, ...] = ()
    brush: tuple[Seconds, ...] = ()
    camera: CameraRule | None = None
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
        }
        return frozenset(name for name, value in offered.items() if value)


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
    """A model's capability and tier on one provider: where it is called and which options it carries there."""

    provider: Provider
    model: Slug
    capability: Capability
    tier: Tier
    endpoint: str
    takes: frozenset[Option]
    requires: frozenset[Literal["prompt"]] = frozenset()
    wire: dict[str, str] = {}
    note: str = ""

    @property
    def key(self) -> str:
        """The route's name in logs, rows and the matrix."""
        return f"{self.provider}:{self.model}:{self.capability}:{self.tier}"


class Price(_Entry):
    """A dated price of the catalog, per second of output or per call, in the provider's own currency."""

    provider: Provider
    model: Slug
    tier: Tier
    capability: Capability | None = None
    amount: Decimal | Unknown
    currency: Currency
    per: Literal["second", "call"]
    valid_from: date
    source: str
    note: str = ""

    def is_of(self, route: Route) -> bool:
        """Whether this price is of a route; one without a capability is of all of them."""
        same = (self.provider, self.model, self.tier) == (route.provider, route.model, route.tier)
        return same and self.capability in (None, route.capability)
