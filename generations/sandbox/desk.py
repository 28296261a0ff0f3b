"""What every host does with a body it takes: read its files, plan its shots, price it, make the task."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from generations.sandbox.billing import cost_of
from generations.sandbox.faults import Asked, read_faults
from generations.sandbox.fetching import fetch
from generations.sandbox.inputs import Inputs, InputStore
from generations.sandbox.products import Checked, form_of
from generations.sandbox.shot import Shot
from generations.sandbox.tasks import Failure, Task, make_task
from generations.sandbox.wire import now
from generations.sandbox.world import World

IMAGE_SIDES = {"1k": 1024, "2k": 2048, "4k": 4096}
DRIFTS = 4
CHARS_PER_SECOND = 14.0  # of speech
SCENE = "16:9"
WHOLE = re.compile(r"\d+:\d+")


class Desk:
    """The way from a checked body to a task, the same for all hosts."""

    def __init__(self, world: World, inputs: InputStore) -> None:
        self.world = world
        self.inputs = inputs

    def asked(self, provider: str, prompt: str, header: str) -> dict[str, Asked]:
        """The troubles that a submit is to meet, from its prompt, its header and the control page."""
        asked = read_faults(prompt, header)
        return asked | {item.name: item for item in self.world.armed.take(provider, ("submit", "render"))}

    async def read(self, checked: Checked) -> Inputs:
        """The files of a body. Raises BadFile."""
        if not checked.sent:
            return Inputs()
        near = [item.value for item in checked.sent if form_of(item.value) == "url" and self.inputs.is_near(item.value)]
        fetched = await fetch(near) if near else {}
        return await asyncio.to_thread(self.inputs.read, checked.sent, fetched)

    def make(
        self,
        checked: Checked,
        inputs: Inputs,
        *,
        task_id: str,
        account: str,
        raw: bytes,
        asked: Mapping[str, Asked],
        cdn: str,
        failure: Failure | None = None,
        source: str = "",
        seconds: float | None = None,
        **facts: Any,
    ) -> Task:
        """A task, not yet accepted. `cdn` is the address below which its files will be: `{cdn}/{task id}/{name}`.

        `source` is the path of a film that the task works on where the body does not bring it as a file; `seconds`
        overrides the length that body and files give.
        """
        length = seconds if seconds is not None else seconds_of(checked, inputs)
        made = shots_of(checked, inputs, length, source) if failure is None and "stuck" not in asked else []
        task = make_task(
            task_id=task_id,
            account=account,
            checked=checked,
            raw=raw,
            at=now(),
            speed=self.world.config.speed,
            asked=asked,
            shots=made,
            cost=cost_of(checked, length),
            seconds=length,
            failure=failure,
            **facts,
        )
        task.outputs = [f"{cdn}/{task_id}/{name}" for name in names_of([shot.suffix for shot in made])]
        return task


def seconds_of(checked: Checked, inputs: Inputs) -> float:
    """How long the output is: by the length of a file it follows, else by the fields."""
    followed = checked.settings.get("seconds_from")
    if followed == "prompt":
        return round(max(1.0, len(checked.prompt) / CHARS_PER_SECOND), 2)
    kept = inputs.first(followed) if followed else None
    return round(kept.seconds, 2) if kept else checked.seconds


def shots_of(checked: Checked, inputs: Inputs, seconds: float, source: str = "") -> list[Shot]:
    """The files that a product makes of a body."""
    settings, makes = checked.settings, checked.product.makes
    first, last = inputs.path("first") or inputs.path("image"), inputs.path("last")
    film = source or inputs.path("video")
    moves = settings.get("moves")  # a still that is moved as the film moves: the film gives only its length
    picture = bool(first or last) and (moves or not film)
    prompt = re.sub(r"\[[^]]*\]", "", checked.prompt).strip()
    # Two prompts over one picture share a film when their drift has the same direction: renders are dear here.
    drift = str(hashlib.sha256(checked.prompt.encode()).digest()[0] % DRIFTS)
    given = checked.text("ratio") or settings.get("ratio") or SCENE
    base = Shot(
        seconds=seconds or 5,
        fps=int(settings.get("fps", 24)),
        short_side=_side(checked),
        aspect_ratio="" if picture else (given if WHOLE.fullmatch(given) else SCENE),
        seed=drift if picture else hashlib.sha256(prompt.encode()).hexdigest(),
        first=first if picture else "",
        last=last if picture else "",
    )
    shots = []
    for suffix in makes:
        form = checked.text("format") or suffix
        shot = replace(base, suffix={"jpeg": "jpg"}.get(form, form) if suffix == "png" else suffix)
        if suffix == "mp4" and film and not picture:
            shot = replace(shot, source=film, seed=drift, aspect_ratio="")
        if suffix == "png":
            shot = replace(shot, seconds=0, source="")
            shots += [
                replace(shot, seed=f"{base.seed}-{number}" if number else base.seed) for number in range(checked.count)
            ]
        else:
            shots.append(shot)
    return shots


def names_of(suffixes: Sequence[str]) -> list[str]:
    """The file names of a task's outputs, each once: output.mp4, output.mp3, output-1.png."""
    return [
        f"output{f'-{number}' if number else ''}.{suffix}"
        for position, suffix in enumerate(suffixes)
        for number in [suffixes[:position].count(suffix)]
    ]


def _side(checked: Checked) -> int:
    asked = checked.text("resolution").lower()
    by_name = IMAGE_SIDES.get(asked) or (int(asked[:-1]) if re.fullmatch(r"\d{3,4}p", asked) else 0)
    return by_name or int(checked.settings.get("side", 720))
