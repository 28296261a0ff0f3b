"""What a shape costs on every route of the team, and which route is the chosen one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from generations import access, catalog, lifecycle, pricing
from generations.choices import Capability, InputRole, Tier
from generations.models import ProviderAccount
from generations.portal import text
from generations.portal.composer.fit import TIERS, Shape, abilities
from generations.portal.forms.wish import Wish

# A price depends on neither words nor pictures: these stand in for what is not there yet.
_SOME_IMAGE = "0" * 64
_SOME_PROMPT = "…"
_CAN_BE_LEFT_TO_THE_MODEL = frozenset({"guidance", "camera"})


@dataclass(frozen=True, slots=True)
class Offers:
    accounts: list[ProviderAccount]
    offer: pricing.Offer
    account: ProviderAccount | None
    quote: pricing.Quote | None
    tier_prices: dict[Tier, Decimal | None]

    @property
    def blocked_because(self) -> str:
        """Why no route can make this, in one or more sentences."""
        if not self.accounts:
            return _("Your team has no provider account yet. An administrator adds one.")
        return " ".join(dict.fromkeys(blocked.reason for blocked in self.offer.blocked))


def find_offers(member: access.Member, wish: Wish, shape: Shape, *, has_last: bool, now: datetime) -> Offers:
    """Price the shape; where no route carries an option, that is left to the model, with a notice."""
    accounts = list(member.team.provider_accounts.order_by("label", "pk"))
    offer = _offer(member, shape, has_last, now)
    if not offer.quotes:
        at_fault = {name for blocked in offer.blocked for name in blocked.problems}
        _leave_to_the_model(shape, at_fault & _CAN_BE_LEFT_TO_THE_MODEL)
        if at_fault:
            offer = _offer(member, shape, has_last and "last_frame" not in at_fault, now)
    quote = _chosen(wish, shape, accounts, offer)
    account = next((account for account in accounts if quote and account.pk == quote.account_id), None)
    return Offers(accounts, offer, account, quote, dict(_tier_prices(member, shape, quote, now)))


def cheapest_sensible(
    member: access.Member, capability: Capability, now: datetime
) -> tuple[catalog.Model, catalog.Ability]:
    """Where a new person begins: the lowest rung of the ladder, on it the model that the catalog begins with.

    Where the team cannot buy that, the newest that it can pay for.
    """
    newest_first, begin = tuple(reversed(catalog.load().models)), catalog.load().begin.get(capability)
    found = [(model, ability) for model in newest_first for ability in abilities(model, capability)]
    ladder = sorted(found, key=lambda pair: (TIERS.index(pair[1].tier), pair[0].slug != begin))
    for model, ability in ladder:
        shape = Shape(capability, model, ability.tier, ability.durations[0])
        if lifecycle.quote(team=member.team, recipe=_recipe(shape, has_last=False), now=now).quotes:
            return model, ability
    return ladder[0]


def _offer(member: access.Member, shape: Shape, has_last: bool, now: datetime) -> pricing.Offer:
    recipe = _recipe(shape, has_last=has_last and bool(shape.ability.end_frame))
    return lifecycle.quote(team=member.team, recipe=recipe, now=now)


def _recipe(shape: Shape, *, has_last: bool) -> catalog.Recipe:
    roles = [InputRole.FIRST_FRAME, *([InputRole.LAST_FRAME] if has_last else [])]
    with_images = shape.capability == Capability.IMAGE_TO_VIDEO
    return catalog.Recipe.model_validate(
        {
            **choices_of(shape),
            "prompt": _SOME_PROMPT,
            "inputs": [{"role": role, "sha256": _SOME_IMAGE} for role in roles] if with_images else [],
        }
    )


def choices_of(shape: Shape) -> dict[str, Any]:
    """The part of a recipe that the catalog's choices make."""
    return {
        "capability": shape.capability,
        "model": shape.model.slug,
        "tier": shape.tier,
        "duration_seconds": shape.duration_seconds,
        "aspect_ratio": shape.aspect_ratio,
        "guidance": shape.guidance,
        "camera": shape.camera,
    }


def _leave_to_the_model(shape: Shape, names: set[str]) -> None:
    if "guidance" in names and shape.guidance is not None:
        shape.guidance = None
        shape.notices.append(
            _("No route of your team carries guidance for %(model)s. The model decides.") % shape.names
        )
    if "camera" in names and shape.camera_mode:
        shape.camera, shape.camera_mode = None, ""
        sentence = _("No route of your team carries camera control for %(model)s, %(tier)s. The model decides.")
        shape.notices.append(sentence % shape.names)


def _chosen(wish: Wish, shape: Shape, accounts: list[ProviderAccount], offer: pricing.Offer) -> pricing.Quote | None:
    public_id = text.find_uuid(wish.route)
    wished = next((account for account in accounts if account.public_id == public_id), None)
    quote = offer.find(wished.pk) if wished else None
    if quote or not offer.quotes:
        return quote
    cheapest = offer.quotes[0]
    if wish.route:
        blocked = next((item.reason for item in offer.blocked if wished and item.account_id == wished.pk), None)
        why = blocked or _("The chosen route is not open to your team any more.")
        shape.notices.append(_("%(why)s The route is now %(label)s.") % {"why": why, "label": cheapest.account_label})
    return cheapest


def _tier_prices(
    member: access.Member, shape: Shape, quote: pricing.Quote | None, now: datetime
) -> Iterator[tuple[Tier, Decimal | None]]:
    """The plain price of each tier, on the chosen route where that has it."""
    for ability in abilities(shape.model, shape.capability):
        if ability.tier == shape.tier:
            yield ability.tier, quote.credits if quote else None
            continue
        seconds = shape.duration_seconds if shape.duration_seconds in ability.durations else ability.durations[0]
        plain = Shape(shape.capability, shape.model, ability.tier, seconds)
        offer = lifecycle.quote(team=member.team, recipe=_recipe(plain, has_last=False), now=now)
        found = (quote and offer.find(quote.account_id)) or next(iter(offer.quotes), None)
        yield ability.tier, found.credits if found else None
