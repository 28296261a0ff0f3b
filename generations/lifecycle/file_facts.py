"""What the library knows of a recipe's input files: lengths and sizes, and where a provider still holds them."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from django.utils import timezone

from generations import catalog
from generations.catalog import FileFacts, Recipe
from generations.models import Asset, Team


def file_facts(team: Team, recipe: Recipe) -> dict[str, FileFacts]:
    """The facts of each input that the team's library holds, by hash."""
    wanted = {item.sha256 for item in recipe.inputs}
    if not wanted:
        return {}
    rows = Asset.objects.filter(team=team, blob__sha256__in=wanted).select_related("blob", "generation__account")
    by_hash: dict[str, list[Asset]] = defaultdict(list)
    for row in rows.order_by("pk"):
        by_hash[row.blob.sha256].append(row)
    return {sha256: _facts(assets) for sha256, assets in by_hash.items()}


def _facts(assets: list[Asset]) -> FileFacts:
    """Equal bytes may have come more than once: as an upload and as the output of several accounts."""
    first = assets[0]
    kept = [asset for asset in assets if asset.provider_output_id and _is_kept(asset)]
    takes = [(asset, asset.generation) for asset in kept if asset.generation]
    return FileFacts(
        seconds=first.duration_seconds,
        width=first.width,
        height=first.height,
        size_bytes=first.blob.size_bytes,
        provider_ids={take.account_id: asset.provider_output_id for asset, take in takes},
        made_by={take.account_id: (take.model, take.tier) for _asset, take in takes},
    )


def _is_kept(asset: Asset) -> bool:
    """Whether the provider still holds the output: a safe day less than it says."""
    generation = asset.generation
    if generation is None or generation.provider_done_at is None:
        return False
    account = generation.account
    days = account.retention_days or catalog.load().retention_days[account.provider]
    return timezone.now() < generation.provider_done_at + timedelta(days=days - 1)
