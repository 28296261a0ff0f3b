"""What the composer's form says, as plain bounded text; whether it can be made is decided elsewhere.

A half-filled form must be priced and shown again with nothing lost, so reading never refuses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal

from generations.choices import CameraMove, Capability, InputRole
from generations.models import Generation
from generations.portal import text

_WORD_CHARS = 80
_KEY = re.compile(r"[0-9A-Za-z:_-]{8,64}")
_CREDITS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?", re.ASCII)
PROSE = ("prompt", "negative_prompt")


@dataclass(frozen=True, slots=True)
class Wish:
    """The fields of the composer by their names; empty where nothing was said."""

    do: str = ""
    idempotency_key: str = ""
    quoted_credits: str = ""
    project: str = ""
    shot: str = ""
    capability: str = ""
    first_frame: str = ""
    last_frame: str = ""
    prompt: str = ""
    negative_prompt: str = ""
    model: str = ""
    tier: str = ""
    route: str = ""
    route_auto: str = ""
    duration: str = ""
    aspect_ratio: str = ""
    guidance_mode: str = ""
    guidance: str = ""
    camera: str = ""
    camera_move: str = ""
    camera_axis: str = ""
    camera_amount: str = ""

    @property
    def key(self) -> str:
        """The idempotency key if it has the shape of ours, else nothing."""
        return self.idempotency_key if _KEY.fullmatch(self.idempotency_key) else ""

    @property
    def shown_credits(self) -> Decimal | None:
        """The price that stood on the button, or None where none did."""
        return Decimal(self.quoted_credits) if _CREDITS.fullmatch(self.quoted_credits) else None


def read_wish(data: Mapping[str, str]) -> Wish:
    """The composer's form as it was posted."""
    return Wish(**{field.name: _read(field.name, data) for field in fields(Wish)})


def cheapest_again(wish: Wish) -> Wish:
    """The wish without a route that nobody chose: what was the cheapest before a change need not be it after."""
    return replace(wish, route="") if wish.route == wish.route_auto else wish


def wish_from_address(query: Mapping[str, str]) -> Wish:
    """What an address asks the composer to begin with: a project, one of its shots, a prompt."""
    return replace(
        Wish(),
        project=_read("project", query),
        shot=_read("shot", query),
        prompt=_read("prompt", query),
        capability=Capability.TEXT_TO_VIDEO if query.get("prompt") else "",
    )


def wish_from_take(take: Generation) -> Wish:
    """A take's recipe as somebody would fill it in; `take` is loaded `for_cards`."""
    recipe = take.recipe
    frames = {item.role: str(item.asset.public_id) for item in take.inputs.all() if item.asset}
    camera = recipe.camera
    by_hand = camera is not None and camera.move == CameraMove.SIMPLE
    return Wish(
        project=str(take.project.public_id),
        shot=str(take.shot.public_id) if take.shot else "",
        capability=recipe.capability,
        first_frame=frames.get(InputRole.FIRST_FRAME, ""),
        last_frame=frames.get(InputRole.LAST_FRAME, ""),
        prompt=recipe.prompt,
        negative_prompt=recipe.negative_prompt,
        model=recipe.model,
        tier=recipe.tier,
        route=str(take.account.public_id),
        duration=str(recipe.duration_seconds or ""),
        aspect_ratio=recipe.aspect_ratio or "",
        guidance_mode="" if recipe.guidance is None else "set",
        guidance="" if recipe.guidance is None else str(recipe.guidance),
        camera="" if camera is None else "simple" if by_hand else "master",
        camera_move=camera.move if camera and not by_hand else "",
        camera_axis=(camera.axis or "") if camera else "",
        camera_amount=str(camera.amount) if camera and by_hand else "",
    )


def _read(name: str, data: Mapping[str, str]) -> str:
    value = data.get(name, "")
    return text.lines(value) if name in PROSE else text.storable(value[:_WORD_CHARS])
