"""A draft as the composer's templates want it: decisions become values, so that templates only show them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from generations import catalog, ledger, pricing
from generations.choices import CameraAxis, Capability, Currency, Provider, Tier
from generations.models import ProviderAccount
from generations.portal.composer.draft import Draft
from generations.portal.composer.fit import abilities, durations_off, masters_of
from generations.portal.composer.funds import funds_of, waits_because

_OPTION_FIELDS = ("model", "tier", "route", "duration", "aspect_ratio", "guidance", "camera")
_PROSE_FIELDS = ("project", "shot", "prompt", "negative_prompt")


def composer_context(draft: Draft) -> dict[str, Any]:
    """`compose`, `first`, `last`, `options` and `quote`."""
    for slot in draft.frames.slots:
        slot.off_reason = _end_image_off(draft) if slot is draft.frames.last else ""
    return {
        "compose": _compose(draft),
        "first": draft.frames.first,
        "last": draft.frames.last,
        "options": _options(draft),
        "quote": _quote(draft),
    }


def _compose(draft: Draft) -> dict[str, Any]:
    return {
        "projects": [
            {"public_id": project.public_id, "name": project.name, "selected": project == draft.project}
            for project in draft.projects
        ],
        "shots": [
            {"public_id": shot.public_id, "code": shot.code, "about": shot.description, "selected": shot == draft.shot}
            for shot in draft.shots
        ],
        "capability": draft.shape.capability,
        "prompt": draft.wish.prompt,
        "negative_prompt": draft.wish.negative_prompt,
        "prompt_max": catalog.PROMPT_MAX_CHARS,
        "negative_off": _negative_off(draft),
        "errors": {name: draft.errors[name] for name in _PROSE_FIELDS if name in draft.errors},
        "from_take": draft.from_take,
    }


def _has(tier: Tier, draft: Draft) -> bool:
    return draft.shape.model.find_ability(draft.shape.capability, tier) is not None


def _options(draft: Draft) -> dict[str, Any]:
    shape = draft.shape
    off = durations_off(shape, draft.has_last)
    is_text = shape.capability == Capability.TEXT_TO_VIDEO
    return {
        "notices": list(dict.fromkeys(shape.notices)),
        "models": [_model(model, draft) for model in reversed(catalog.load().models) if _is_offered(model)],
        # Most models have no 4K; for them the ladder ends below it.
        "tiers": [_tier(tier, draft) for tier in Tier if tier != Tier.UHD or _has(tier, draft)],
        "route_auto": _route_auto(draft),
        "routes": [_route(account, draft) for account in draft.offers.accounts],
        "route_hint": _("credits for one %(n)s s take") % {"n": shape.duration_seconds},
        "durations": [
            {"value": seconds, "selected": seconds == shape.duration_seconds, "off_reason": off.get(seconds, "")}
            for seconds in shape.ability.durations
        ],
        "ratios": [
            {"value": ratio, "selected": ratio == shape.aspect_ratio}
            for ratio in (shape.ability.aspect_ratios if is_text else ())
        ],
        "ratio_off": "" if is_text else _("the start image decides"),
        "guidance": {
            "mode": "" if shape.guidance is None else "set",
            "value": shape.guidance_value,
            "off_reason": _guidance_off(draft),
        },
        "camera": _camera(draft),
        "errors": {name: draft.errors[name] for name in _OPTION_FIELDS if name in draft.errors},
    }


def _is_offered(model: catalog.Model) -> bool:
    """Whether the composer can ask for anything that the model makes."""
    return any(abilities(model, capability) for capability in (Capability.TEXT_TO_VIDEO, Capability.IMAGE_TO_VIDEO))


def _model(model: catalog.Model, draft: Draft) -> dict[str, Any]:
    fits = bool(abilities(model, draft.shape.capability))
    why = _("no text to video") if draft.shape.capability == Capability.TEXT_TO_VIDEO else _("no image to video")
    return {
        "slug": model.slug,
        "label": model.label,
        "selected": model is draft.shape.model,
        "off_reason": "" if fits else why,
    }


def _tier(tier: Tier, draft: Draft) -> dict[str, Any]:
    prices = draft.offers.tier_prices
    return {
        "value": tier.value,
        "label": tier.label,
        "mode": tier.value,
        "price": prices.get(tier),
        "selected": tier == draft.shape.tier,
        "off_reason": "" if tier in prices else _("not with %(model)s") % draft.shape.names,
    }


def _route(account: ProviderAccount, draft: Draft) -> dict[str, Any]:
    quote = draft.offers.offer.find(account.pk)
    blocked = next((item.reason for item in draft.offers.offer.blocked if item.account_id == account.pk), "")
    seconds = draft.shape.model.render_seconds.get(draft.shape.capability)
    return {
        "value": account.public_id,
        "label": account.label,
        "provider": Provider(account.provider).label,
        "is_sandbox": account.is_sandbox,
        # The catalog's figure is a provider's; the sandbox draws at a speed of its own.
        "estimate_seconds": None if account.is_sandbox else seconds,
        "price": quote.credits if quote else None,
        "selected": account == draft.offers.account,
        "off_reason": "" if quote else blocked,
    }


def _route_auto(draft: Draft) -> str:
    """The route where it is ours and not the person's choice."""
    was_chosen = draft.wish.route not in ("", draft.wish.route_auto)
    return "" if was_chosen or draft.offers.account is None else str(draft.offers.account.public_id)


def _camera(draft: Draft) -> dict[str, Any]:
    shape = draft.shape
    return {
        "mode": shape.camera_mode,
        "masters": [
            {"value": move.value, "label": move.label, "selected": move == shape.camera_move}
            for move in masters_of(shape)
        ],
        "axes": [
            {"value": axis.value, "label": axis.label, "selected": axis == shape.camera_axis} for axis in CameraAxis
        ],
        "amount": shape.camera_amount,
        "off_reason": _camera_off(draft),
    }


def _takes(draft: Draft, option: catalog.Option) -> bool:
    """Whether the chosen route carries an option; True without one, because then another sentence is more urgent."""
    return draft.offers.quote is None or option in draft.offers.quote.route.takes


def _names(draft: Draft) -> dict[str, str]:
    return {**draft.shape.names, "route": draft.offers.account.label if draft.offers.account else ""}


def _guidance_off(draft: Draft) -> str:
    if not draft.shape.ability.guidance:
        return _("%(model)s takes no guidance.") % _names(draft)
    return "" if _takes(draft, "guidance") else _("%(route)s carries no guidance for %(model)s.") % _names(draft)


def _camera_off(draft: Draft) -> str:
    if draft.has_last:
        return _("An end image and camera control exclude each other. Remove the end image to use it.")
    if draft.shape.ability.camera is None:
        return _("%(model)s, %(tier)s, has no camera control.") % _names(draft)
    return "" if _takes(draft, "camera") else _("%(route)s carries no camera control for %(model)s.") % _names(draft)


def _end_image_off(draft: Draft) -> str:
    if draft.shape.capability == Capability.TEXT_TO_VIDEO:
        return ""
    if not draft.shape.ability.end_frame:
        return _("%(model)s, %(tier)s, takes no end image.") % _names(draft)
    if not _takes(draft, "end_frame"):
        return _("%(route)s carries no end image for %(model)s, %(tier)s.") % _names(draft)
    if draft.shape.camera_mode:
        return _("Camera control and an end image exclude each other. Let the model decide the camera to use one.")
    return ""


def _negative_off(draft: Draft) -> str:
    if draft.shape.ability.negative_prompt and _takes(draft, "negative_prompt"):
        return ""
    return _("%(model)s takes no negative prompt on this route. Leave it empty.") % _names(draft)


def _quote(draft: Draft) -> dict[str, Any]:
    quote, balances = draft.offers.quote, draft.balances
    credits = quote.credits if quote else None
    reason = "" if draft.refused or draft.moved else _reason(draft, credits)
    funds = funds_of(draft, credits)
    return {
        "key": draft.key,
        "credits": credits,
        "up_to": False,
        "is_placeholder": bool(quote and quote.is_placeholder),
        "team_name": draft.member.team.name,
        "available": balances.available,
        "held": balances.held,
        "whole": balances.available + balances.held,
        "after": balances.available - (credits or Decimal(0)),
        "funds": funds,
        "waits": "" if reason else waits_because(draft, credits),
        "can_generate": not reason,
        "reason": reason,
        "why": explain(quote) if quote else "",
        "is_play": bool(draft.offers.account and draft.offers.account.is_sandbox),
        "moved": draft.moved,
        "refused": draft.refused,
    }


def _reason(draft: Draft, credits: Decimal | None) -> str:
    problems = draft.problems()
    if problems:
        return next(iter(problems.values()))
    if draft.balances.shortfall:
        return ledger.ShortfallOpen(shortfall=draft.balances.shortfall).public
    if credits is not None and credits > draft.balances.available:
        return ledger.InsufficientCredits(needed=credits, available=draft.balances.available).public
    return ""


def explain(quote: pricing.Quote) -> str:
    """The arithmetic of a price, in one sentence."""
    return spell_price(quote.as_json())


def spell_price(quote_json: dict[str, Any]) -> str:
    """The arithmetic of a stored quote: what the provider asks for, how much of it, and what a dollar is here."""
    facts = {
        "price": _exact(quote_json["amount"]),
        "currency": Currency(quote_json["currency"]).label,
        "units": _exact(quote_json["units"]),
        "usd": _exact(quote_json["usd_per_unit"]),
        "rate": ledger.plain(Decimal(quote_json["credits_per_usd"])),
        "markup": ledger.plain(Decimal(quote_json["markup_percent"])),
        "credits": ledger.plain(Decimal(quote_json["credits"])),
    }
    steps = [_("%(price)s %(currency)s for a second × %(units)s s"), _("%(price)s %(currency)s for the take")]
    text = steps[quote_json["per"] != "second"] % facts
    if quote_json["currency"] == Currency.KLING_UNIT:
        text += _(" × %(usd)s US dollars for a unit") % facts
    text += _(" × %(rate)s credits for a US dollar") % facts
    if Decimal(quote_json["markup_percent"]):
        text += _(" + %(markup)s%% of it") % facts
    return _("%(steps)s = %(credits)s credits.") % {"steps": text, "credits": facts["credits"]}


def _exact(amount: str) -> str:
    return f"{Decimal(amount).normalize():f}"
