"""The stored files behind a recipe's inputs, the take that it works on, and how far a chain of takes may go."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations import access, ledger
from generations.catalog import Recipe
from generations.choices import Capability, InputRole, MediaKind
from generations.errors import InvalidRecipe
from generations.models import Asset, Generation, GenerationInput, ProviderAccount

CHAIN_MAX_SECONDS = Decimal(180)  # extend, every route: research 2 and 3
EXTENSION_SECONDS = Decimal(5)  # what one call adds at most
_MISSING = {
    MediaKind.IMAGE: gettext_noop("This image is not in the team's library any more. Add it again."),
    MediaKind.VIDEO: gettext_noop("This video is not in the team's library any more. Add it again."),
    MediaKind.AUDIO: gettext_noop("This sound is not in the team's library any more. Add it again."),
}
_OTHER_KIND = {
    MediaKind.IMAGE: gettext_noop("“%(role)s” takes an image, and this file is none. Choose another one."),
    MediaKind.VIDEO: gettext_noop("“%(role)s” takes a video, and this file is none. Choose another one."),
    MediaKind.AUDIO: gettext_noop("“%(role)s” takes a sound, and this file is none. Choose another one."),
}


def find_inputs(member: access.Member, recipe: Recipe, account: ProviderAccount) -> list[GenerationInput]:
    """The unsaved rows of a recipe's inputs. Raises InvalidRecipe, by role, for what the library does not hold.

    Equal bytes may be there more than once: then the one that a take on this account made, which the provider may still
    know by its own id; else one that any take made; else the newest.
    """
    if not recipe.inputs:
        return []
    wanted = {item.sha256 for item in recipe.inputs}
    rows = Asset.objects.filter(team=member.team, blob__sha256__in=wanted).select_related("blob", "generation")
    assets = {(row.kind, row.blob.sha256): row for row in sorted(rows, key=lambda row: _rank(row, account))}
    known = {sha256 for _kind, sha256 in assets}
    problems = {
        item.role.value: _refusal(item.role, is_known=item.sha256 in known)
        for item in recipe.inputs
        if (item.role.kind, item.sha256) not in assets
    }
    if problems:
        raise InvalidRecipe(problems)
    return list(_rows(recipe, assets))


def find_parent(inputs: list[GenerationInput]) -> Generation | None:
    """The take whose video the inputs work on, where it is one of ours."""
    source = _source(inputs)
    return source.generation if source else None


def check_chain(recipe: Recipe, inputs: list[GenerationInput]) -> None:
    """Raise InvalidRecipe where an extension would make the video longer than any route can.

    An extended video holds everything before it, so its own length is that of the whole chain.
    """
    source = _source(inputs)
    if recipe.capability != Capability.EXTEND or source is None or source.duration_seconds is None:
        return
    left = CHAIN_MAX_SECONDS - source.duration_seconds
    if left >= EXTENSION_SECONDS:
        return
    facts = {
        "seconds": ledger.plain(source.duration_seconds),
        "most": CHAIN_MAX_SECONDS,
        "left": ledger.plain(max(left, Decimal(0))),
        "step": EXTENSION_SECONDS,
    }
    sentence = _(
        "This video has %(seconds)s s and may have %(most)s s with everything that is added: %(left)s s are left, "
        "and an extension adds %(step)s s. Extend a shorter take, or start a new one from its last frame."
    )
    raise InvalidRecipe({InputRole.SOURCE_VIDEO.value: sentence % facts})


def _rank(asset: Asset, account: ProviderAccount) -> tuple[bool, bool, int]:
    made_here = asset.generation is not None and asset.generation.account_id == account.pk
    return made_here, asset.generation is not None, asset.pk


def _refusal(role: InputRole, *, is_known: bool) -> str:
    return _(_OTHER_KIND[role.kind]) % {"role": role.label} if is_known else _(_MISSING[role.kind])


def _rows(recipe: Recipe, assets: dict[tuple[str, str], Asset]) -> Iterator[GenerationInput]:
    for role in InputRole:
        for index, item in enumerate(recipe.inputs_for(role)):
            asset = assets[role.kind, item.sha256]
            yield GenerationInput(role=role, index=index, asset=asset, blob=asset.blob)


def _source(inputs: list[GenerationInput]) -> Asset | None:
    return next((item.asset for item in inputs if item.role == InputRole.SOURCE_VIDEO), None)
