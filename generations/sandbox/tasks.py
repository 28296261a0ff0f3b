"""A simulated task: what was asked, where it stands, and what was billed for it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from generations.catalog import Ability, Route
from generations.sandbox.faults import Asked
from generations.sandbox.shot import Shot

State = Literal["queued", "running", "done", "failed", "canceled"]
OVER: tuple[State, ...] = ("done", "failed", "canceled")

RENDER_SECONDS = {"std": 12.0, "pro": 16.0, "master": 20.0}  # for five seconds of film at speed 1
TEN_SECONDS_TAKE = 1.6
QUEUE_SHARE = 0.1  # of the render time passes before the render begins
SHORT_SIDES = {"720p": 720, "1080p": 1080}


@dataclass(slots=True)
class Failure:
    """Why a task ends without a film, in the provider's words, with the HTTP status of fal's result."""

    kind: str
    message: str
    status: int = 422
    loc: tuple[str, ...] = ("body", "prompt")
    ctx: dict[str, Any] = field(default_factory=dict)
    charged: bool = False


@dataclass(slots=True)
class Task:
    """Times are unix seconds. `account` is a label made from the key, never the key itself."""

    id: str
    seq: int
    provider: str
    account: str
    endpoint: str
    model: str
    capability: str
    tier: str
    seconds: int
    prompt: str
    submitted_at: float
    queue_seconds: float
    render_seconds: float
    body_sha256: str
    external_id: str = ""
    webhook_url: str = ""
    state: State = "queued"
    started_at: float | None = None
    done_at: float | None = None
    updated_at: float = 0.0
    cancel_requested_at: float | None = None
    failure: Failure | None = None
    billed: str = "0"
    unit: str = ""
    usd: str = ""
    output_url: str = ""
    film: str = ""  # key of the film in the render folder; empty where the task will have none
    shot: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, tuple[int, float]] = field(default_factory=dict)  # name -> times left, seconds
    ignored: tuple[str, ...] = ()  # fields of the request that the provider has no use for
    webhook_note: str = ""

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def app(self) -> str:
        """fal: owner and application, which is all of the endpoint that request addresses keep."""
        return "/".join(self.endpoint.split("/")[:2])

    def has(self, fault: str) -> bool:
        """Whether a fault is to happen now, without using it up."""
        return self.faults.get(fault, (0, 0.0))[0] != 0

    def take(self, fault: str) -> bool:
        """Whether a fault is to happen now, using it up."""
        left, seconds = self.faults.get(fault, (0, 0.0))
        if left > 0:
            self.faults[fault] = (left - 1, seconds)
        return left != 0

    def fault_seconds(self, fault: str, default: float) -> float:
        return self.faults.get(fault, (0, 0.0))[1] or default

    def as_doc(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_doc(cls, doc: str) -> Task:
        values = json.loads(doc)
        values["failure"] = Failure(**values["failure"]) if values["failure"] else None
        values["faults"] = {name: (left, seconds) for name, (left, seconds) in values["faults"].items()}
        return cls(**values)


def make_task(
    *,
    task_id: str,
    account: str,
    route: Route,
    seconds: int,
    prompt: str,
    raw: bytes,
    at: float,
    speed: float,
    asked: Mapping[str, Asked],
    shot: Shot | None,
    **facts: Any,
) -> Task:
    """A task for a request that was accepted; `raw` is the request's body. Its place in the order comes later."""
    waits, renders = simulated_seconds(task_id, str(route.tier), seconds, speed, asked.get("render"))
    return Task(
        id=task_id,
        seq=0,
        provider=str(route.provider),
        account=account,
        endpoint=route.endpoint,
        model=route.model,
        capability=str(route.capability),
        tier=str(route.tier),
        seconds=seconds,
        prompt=prompt,
        submitted_at=at,
        queue_seconds=waits,
        render_seconds=renders,
        body_sha256=hashlib.sha256(raw).hexdigest(),
        shot=asdict(shot) if shot else {},
        faults={item.name: (item.times, item.seconds) for item in asked.values()},
        **facts,
    )


def simulated_seconds(task_id: str, tier: str, seconds: int, speed: float, asked: Asked | None) -> tuple[float, float]:
    """How long a task waits and how long it renders: a little different for each task, always the same for one."""
    if asked is not None and asked.seconds:
        whole = asked.seconds
    else:
        jitter = 0.92 + 0.16 * hashlib.sha256(task_id.encode()).digest()[0] / 255
        whole = RENDER_SECONDS[tier] * (TEN_SECONDS_TAKE if seconds > 5 else 1.0) * jitter / speed
    return whole * QUEUE_SHARE, whole * (1 - QUEUE_SHARE)


def shot_for(route: Route, ability: Ability, seconds: int, prompt: str, first: str, last: str, ratio: str) -> Shot:
    """The film a route would make of a request."""
    if not (first or last):
        seed = hashlib.sha256(re.sub(r"\[[^]]*\]", "", prompt).strip().encode()).hexdigest()
    else:
        # Two prompts over one picture share a film when their drift has the same direction: renders are dear here.
        seed = str(hashlib.sha256(prompt.encode()).digest()[0] % 4)
        ratio = ""
    side = SHORT_SIDES.get(ability.resolution, 720)
    return Shot(seconds, ability.fps or 24, side, ratio, seed, first, last)
