"""From what was wished to what can be made: keep every choice that carries over, change the rest, and say so.

Only choices from the catalog are ever changed: model, tier, length, frame, guidance, camera, route. Words and images
are somebody's work; where those do not fit, the order is refused instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from generations import catalog
from generations.choices import CameraAxis, CameraMove, Capability, Tier
from generations.portal import text
from generations.portal.forms.wish import Wish

TIERS = tuple(Tier)
_GUIDANCE = Decimal("0.5")
_AMOUNT = 5


@dataclass(slots=True)
class Shape:
    """The choices of a take as they can be made, and what was changed to get there."""

    capability: Capability
    model: catalog.Model
    tier: Tier
    duration_seconds: int
    aspect_ratio: str | None = None
    guidance: Decimal | None = None
    guidance_value: Decimal = _GUIDANCE
    camera: catalog.Camera | None = None
    camera_mode: str = ""
    camera_move: CameraMove | None = None
    camera_axis: CameraAxis = CameraAxis.HORIZONTAL
    camera_amount: int = _AMOUNT
    notices: list[str] = field(default_factory=list)

    @property
    def ability(self) -> catalog.Ability:
        """What the model can do on this tier; `fit` has made sure that there is something."""
        found = self.model.find_ability(self.capability, self.tier)
        assert found is not None
        return found

    @property
    def names(self) -> dict[str, str]:
        """For sentences."""
        return {"model": self.model.label, "tier": str(self.tier.label)}


def abilities(model: catalog.Model, capability: Capability) -> list[catalog.Ability]:
    """What a model can do for a capability, from draft to hero."""
    found = [ability for ability in model.can if ability.capability == capability]
    return sorted(found, key=lambda ability: TIERS.index(ability.tier))


def fit(wish: Wish, *, has_last: bool, default: catalog.Ability, of: catalog.Model) -> Shape:
    """The shape of a wish. `default` and `of` are the ability and model to begin with where the wish names none."""
    notices: list[str] = []
    capability = default.capability
    model = _model(wish, capability, of, notices)
    tier = _tier(wish, model, capability, default.tier if model is of else None, notices)
    shape = Shape(capability=capability, model=model, tier=tier, duration_seconds=0, notices=notices)
    _set_guidance(wish, shape)
    _set_camera(wish, shape, has_last)
    shape.duration_seconds = _duration(wish, shape, has_last)
    shape.aspect_ratio = _aspect_ratio(wish, shape)
    return shape


def capability_of(wish: Wish) -> Capability:
    """What is asked for; a still that moves where nothing sensible was said."""
    known = wish.capability in Capability.values
    return Capability(wish.capability) if known else Capability.IMAGE_TO_VIDEO


def _model(wish: Wish, capability: Capability, default: catalog.Model, notices: list[str]) -> catalog.Model:
    model = catalog.load().find_model(wish.model)
    if model and abilities(model, capability):
        return model
    if wish.model:
        sentence = _("%(model)s makes no “%(capability)s”. %(other)s was chosen.")
        name = model.label if model else wish.model
        notices.append(sentence % {"model": name, "capability": capability.label, "other": default.label})
    return default


def _tier(wish: Wish, model: catalog.Model, capability: Capability, default: Tier | None, notices: list[str]) -> Tier:
    tiers = [ability.tier for ability in abilities(model, capability)]
    if wish.tier in tiers:
        return Tier(wish.tier)
    if wish.tier not in Tier.values:
        return default or tiers[0]
    # The dearest of the cheaper ones, so that a change of the model does not climb the ladder by itself.
    lower = [tier for tier in tiers if TIERS.index(tier) < TIERS.index(Tier(wish.tier))]
    found = lower[-1] if lower else tiers[0]
    sentence = _("%(model)s has no %(tier)s tier here. %(other)s was chosen.")
    notices.append(sentence % {"model": model.label, "tier": Tier(wish.tier).label, "other": found.label})
    return found


def _set_guidance(wish: Wish, shape: Shape) -> None:
    value = _find_share(wish.guidance)
    if value is not None:
        shape.guidance_value = value
    if wish.guidance_mode != "set":
        return
    if not shape.ability.guidance:
        shape.notices.append(_("%(model)s takes no guidance. The model decides.") % shape.names)
    elif value is None:
        shape.notices.append(_("Guidance goes from 0 to 1. It was set to %(value)s.") % {"value": shape.guidance_value})
        shape.guidance = shape.guidance_value
    else:
        shape.guidance = value


def _find_share(value: str) -> Decimal | None:
    try:
        share = Decimal(value)
    except InvalidOperation:
        return None
    fits = share.is_finite() and 0 <= share <= 1 and share == share.quantize(Decimal("0.01"))
    return share.quantize(Decimal("0.01")) if fits else None


def _set_camera(wish: Wish, shape: Shape, has_last: bool) -> None:
    rule = shape.ability.camera
    masters = masters_of(shape)
    shape.camera_move = next((move for move in masters if move == wish.camera_move), next(iter(masters), None))
    if wish.camera_axis in CameraAxis.values:
        shape.camera_axis = CameraAxis(wish.camera_axis)
    amount = text.find_whole_number(wish.camera_amount)
    if amount is not None and -10 <= amount <= 10:
        shape.camera_amount = amount
    if wish.camera not in ("master", "simple"):
        return
    if has_last:
        shape.notices.append(_("Camera control and an end image exclude each other. The model decides the camera."))
    elif rule is None or (wish.camera == "master" and not masters):
        shape.notices.append(_("%(model)s, %(tier)s, has no such camera control. The model decides.") % shape.names)
    else:
        shape.camera_mode = wish.camera
        shape.camera = camera_of(shape)


def masters_of(shape: Shape) -> list[CameraMove]:
    """The master shots that the model offers."""
    rule = shape.ability.camera
    return [move for move in rule.moves if move != CameraMove.SIMPLE] if rule else []


def camera_of(shape: Shape) -> catalog.Camera | None:
    """The camera of the chosen mode; None where the slider stands at 0, which is no move."""
    if shape.camera_mode == "master" and shape.camera_move:
        return catalog.Camera(move=shape.camera_move)
    if shape.camera_mode == "simple" and shape.camera_amount:
        return catalog.Camera(move=CameraMove.SIMPLE, axis=shape.camera_axis, amount=shape.camera_amount)
    return None


def durations_off(shape: Shape, has_last: bool) -> dict[int, str]:
    """Lengths that the model makes, but not together with what else was chosen, and why."""
    ability = shape.ability
    limits: list[tuple[Sequence[int], str]] = []
    if shape.camera_mode and ability.camera:
        limits.append((ability.camera.durations, _("Camera control is for %(lengths)s only.")))
    if has_last and ability.end_frame:
        limits.append((ability.end_frame, _("An end image is for %(lengths)s only.")))
    return {
        seconds: sentence % {"lengths": spelled(allowed)}
        for seconds in ability.durations
        for allowed, sentence in limits
        if seconds not in allowed
    }


def _duration(wish: Wish, shape: Shape, has_last: bool) -> int:
    off = durations_off(shape, has_last)
    possible = [seconds for seconds in shape.ability.durations if seconds not in off]
    wanted = text.find_whole_number(wish.duration)
    if wanted in possible:
        return int(wish.duration)
    found = possible[0]
    if wish.duration:
        why = off.get(wanted or 0) or _("%(model)s makes %(lengths)s.") % {**shape.names, "lengths": spelled(possible)}
        shape.notices.append(_("%(why)s The length is now %(found)s s.") % {"why": why, "found": found})
    return found


def _aspect_ratio(wish: Wish, shape: Shape) -> str | None:
    ratios = shape.ability.aspect_ratios
    if shape.capability != Capability.TEXT_TO_VIDEO or not ratios:
        return None
    if wish.aspect_ratio in ratios:
        return wish.aspect_ratio
    if wish.aspect_ratio:
        sentence = _("%(model)s makes %(ratios)s. The frame is now %(found)s.")
        shape.notices.append(sentence % {**shape.names, "ratios": ", ".join(ratios), "found": ratios[0]})
    return ratios[0]


def spelled(lengths: Sequence[int]) -> str:
    """Lengths as a person says them: 5 s or 10 s."""
    return _(" or ").join(_("%(n)s s") % {"n": seconds} for seconds in lengths)
