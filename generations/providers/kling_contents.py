"""What the newer API takes as `contents[]`: prompt, pictures, video, elements and voices, each with an id that a prompt
names with @. docs/providers.md 3.7.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count

from generations.choices import Capability, InputRole
from generations.providers.parts import references
from generations.providers.types import JSON, Prepared

# A recipe names its inputs as the older API does, <<<image_1>>>; the newer one wants @image_1 for the same thing.
_NAMED = re.compile(r"<<<((?:image|video|element|voice)_\d+)>>>")
_PICTURES = (
    (InputRole.FIRST_FRAME, "first_frame"),
    (InputRole.LAST_FRAME, "last_frame"),
    (InputRole.REFERENCE_IMAGE, "refer_image"),
    (InputRole.CHARACTER, "image"),
)
_VIDEO_TYPES = {Capability.VIDEO_EDIT: "base_video", Capability.MOTION_CONTROL: "video"}


def contents(prepared: Prepared) -> list[JSON]:
    """Every input of a task in one list; what has no id in the prompt carries one all the same."""
    text = prompt_text(prepared)
    prompt: list[JSON] = [{"type": "prompt", "text": text}] if text else []
    return prompt + [*_pictures(prepared), *_videos(prepared), *_listed(prepared)]


def prompt_text(prepared: Prepared) -> str:
    """The prompt, or the shots in its place: the newer API has no field for them but this way to write them."""
    recipe = prepared.task.recipe
    # A semicolon ends a shot, so one inside its words becomes a comma.
    shots = (
        f"shot {number}, {shot.seconds}, {shot.prompt.replace(';', ',')};"
        for number, shot in enumerate(recipe.shots, start=1)
    )
    return _NAMED.sub(r"@\1", " ".join(shots) or recipe.prompt)


def seconds(prepared: Prepared) -> int | None:
    """The length of the take; that of its shots together where only they say it."""
    recipe = prepared.task.recipe
    return recipe.duration_seconds or int(recipe.seconds_of_shots) or None


def _pictures(prepared: Prepared) -> Iterator[JSON]:
    number = count(1)
    for role, kind in _PICTURES:
        for _, url in references(prepared, role):
            yield {"type": kind, "url": url, "id": f"image_{next(number)}"}


def _videos(prepared: Prepared) -> Iterator[JSON]:
    kind = _VIDEO_TYPES.get(prepared.task.recipe.capability, "feature_video")
    for _, url in references(prepared, InputRole.SOURCE_VIDEO):
        yield {"type": kind, "url": url, "id": "video_1"}


def _listed(prepared: Prepared) -> Iterator[JSON]:
    recipe = prepared.task.recipe
    for kind, names in (("element", recipe.element_ids), ("voice", recipe.voices)):
        for number, name in enumerate(names, start=1):
            yield {"type": kind, f"{kind}_id": name, "id": f"{kind}_{number}"}
