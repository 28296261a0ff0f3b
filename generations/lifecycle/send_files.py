"""The inputs of a take on their way to a provider: pictures upright, and nothing without what it carries beside."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from generations import media, providers
from generations.catalog import FileFacts
from generations.choices import InputRole, MediaKind
from generations.lifecycle.claim import Source
from generations.lifecycle.file_facts import file_facts
from generations.lifecycle.public_inputs import publish
from generations.models import Generation, ProviderAccount, Team


def sources_of(generation: Generation, account: ProviderAccount) -> tuple[Source, ...]:
    """The stored inputs of a take that was loaded with `inputs__blob`, and under which ids the provider has them."""
    inputs = list(generation.inputs.all())
    has_length = any(InputRole(item.role).kind != MediaKind.IMAGE for item in inputs)
    known = file_facts(generation.team, generation.recipe) if has_length else {}
    return tuple(
        Source(
            role=item.role,
            index=item.index,
            storage_key=item.blob.storage_key,
            provider_id=facts.provider_ids.get(account.pk, "") if item.role == InputRole.SOURCE_VIDEO else "",
            seconds=facts.seconds,
        )
        for item in inputs
        for facts in (known.get(item.blob.sha256, FileFacts()),)
    )


def input_files(
    sources: tuple[Source, ...], team: Team, folder: Path
) -> tuple[tuple[providers.InputFile, ...], tuple[str, ...]]:
    """The files as they are sent, and what was changed on them. Runs on a thread of its own, without the ORM.

    Each has a public address too where the site has one: which providers read it is theirs to say.

    Raises media.MediaError, OSError.
    """
    made = [(source, _prepared(source, folder)) for source in sources]
    files = (
        providers.InputFile(
            role=InputRole(source.role),
            index=source.index,
            key=sent.key,
            path=sent.path,
            media_type=sent.media_type,
            size_bytes=sent.size_bytes,
            provider_id=source.provider_id,
            public_url=publish(sent.path, sent.media_type, team),
            seconds=source.seconds,
        )
        for source, sent in made
    )
    return tuple(files), tuple(sent.note for _source, sent in made if sent.note)


def _prepared(source: Source, folder: Path) -> media.Prepared:
    original, limits = media.store.materialize(source.storage_key, folder), settings.LIMITS
    kind = InputRole(source.role).kind
    if kind == MediaKind.IMAGE:
        return media.prepare_image(original, folder, max_bytes=limits["image_upload_bytes"])
    seconds, memory = limits["inspect_seconds"], limits["inspect_memory_bytes"]
    if kind == MediaKind.VIDEO:
        most = limits["video_upload_bytes"]
        return media.prepare_video(original, folder, max_bytes=most, max_seconds=seconds, max_memory_bytes=memory)
    most = limits["audio_upload_bytes"]
    return media.prepare_audio(original, folder, max_bytes=most, max_seconds=seconds, max_memory_bytes=memory)
