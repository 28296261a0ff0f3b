"""Whether a route has a field for everything that it takes: what is not spelled would be lost on the way, and paid."""

from __future__ import annotations

from collections.abc import Iterator

from generations.catalog.entries import Ability, Route
from generations.choices import Capability

# By which fields each option reaches the provider; where there are several, each of them carries it alone.
_CARRIED_BY: dict[str, tuple[str, ...]] = {
    "end_frame": ("last_frame",),
    "end_frame_alone": ("last_frame",),
    "brush": ("dynamic_mask",),
    "elements": ("element_image",),
    "reference_images": ("reference_image",),
    "voice_language": ("voice.language",),
    "voice_speed": ("voice.speed",),
    "count": ("picture.count",),
    "picture_resolution": ("picture.resolution",),
    "picture_reference": ("picture.reference", "picture.fidelity"),
}
# Fields that a provider's module composes of several parts.
_COMPOSED: dict[str, tuple[str, ...]] = {
    "contents": (
        "prompt",
        "first_frame",
        "last_frame",
        "reference_image",
        "source_video",
        "character",
        "element_ids",
        "voices",
        "shots",
    ),
    "image_list": ("first_frame", "last_frame", "reference_image"),
    "video_list": ("source_video", "keep_sound"),
    "effect_images": ("reference_image",),
    "lip_sync_mode": ("audio",),
    "face_choose": ("audio", "crop", "face"),
    "session_id": ("source_video",),
    "source_id": ("source_video",),
}


def unspelt(route: Route, ability: Ability) -> list[str]:
    """The parts that the route takes, or that its capability is made of, and that have no field; sorted."""
    spelt = set(route.fields)
    for field in route.fields:
        spelt.update(_COMPOSED.get(field, ()))
    if route.api == "new" and "prompt" in spelt:
        spelt.add("shots")  # they stand in the prompt
    return sorted(part for part in set(_wanted(route, ability)) if not spelt & {part, *_CARRIED_BY.get(part, ())})


def _wanted(route: Route, ability: Ability) -> Iterator[str]:
    yield from route.takes
    if ability.prompt_max:
        yield "prompt"
    if ability.durations and route.capability != Capability.EFFECT:  # a scene may have a length of its own
        yield "duration_seconds"
    if route.capability == Capability.IMAGE_TO_VIDEO:
        yield "first_frame"
    if ability.scenes:
        yield "scene"
    if ability.edits:
        yield "edit"
    if ability.orientations:
        yield "orientation"
    if ability.margins:
        yield from (f"margins.{side}" for side in ("up", "down", "left", "right"))
    if ability.voice_list and "speech" in route.takes:
        yield "voice.id"
    yield from (str(role) for role, rule in ability.files.items() if rule.count[0])
