"""Assets and blobs: what is in the libraries, and the bytes behind it."""

from __future__ import annotations

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from unfold.decorators import display

from generations.admin.shown import ReadOnlyAdmin, ReadOnlyInline
from generations.models import Asset, Blob


class AssetInline(ReadOnlyInline):
    model = Asset
    fk_name = "blob"
    fields = ("name", "kind", "team", "project", "created_at")
    ordering = ("pk",)


@admin.register(Asset)
class AssetAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "team", "project", "generation", "size", "duration_seconds", "created_at")
    list_filter = ("kind", ("team", admin.RelatedOnlyFieldListFilter), "created_at")
    list_select_related = ("team", "project", "generation")
    search_fields = ("name", "public_id", "blob__sha256", "provider_output_id")
    search_help_text = "Name, public id, SHA-256 or the provider's id"
    ordering = ("-pk",)
    readonly_fields = ("size", "fps")
    fieldsets = (
        (None, {"fields": ("name", "public_id", "kind", "team", "project", "created_by", "created_at")}),
        ("Where it comes from", {"fields": ("generation", "output_index", "provider_output_id")}),
        ("Files", {"fields": ("blob", "poster", "preview")}),
        ("What it is", {"fields": ("size", "duration_seconds", "frame_count", "fps", "has_audio")}),
    )

    @display(description="size")
    def size(self, asset: Asset) -> str:
        return f"{asset.width} × {asset.height}" if asset.width and asset.height else "–"

    @display(description="frames per second")
    def fps(self, asset: Asset) -> str:
        return "–" if asset.fps is None else f"{float(asset.fps):g}"


@admin.register(Blob)
class BlobAdmin(ReadOnlyAdmin):
    list_display = ("sha256", "media_type", "shown_size", "team", "created_at")
    list_filter = ("media_type", ("team", admin.RelatedOnlyFieldListFilter), "created_at")
    list_select_related = ("team",)
    search_fields = ("sha256", "storage_key")
    search_help_text = "SHA-256 or storage key"
    ordering = ("-pk",)
    inlines = (AssetInline,)
    fields = ("team", "sha256", "media_type", "shown_size", "storage_key", "created_at")
    readonly_fields = fields

    @display(description="size", ordering="size_bytes")
    def shown_size(self, blob: Blob) -> str:
        return filesizeformat(blob.size_bytes)
