"""A simulated task: what was asked, where it stands, and what was billed for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from generations.sandbox.billing import Cost
from generations.sandbox.faults import Asked
from generations.sandbox.products import Checked
from generations.sandbox.shot import Shot

State = Literal["queued", "running", "done", "failed", "canceled"]
OVER: tuple[State, ...] = ("done", "failed", "canceled")

# For five seconds of film, or one picture or sound, at speed 1.
RENDER_SECONDS = {"std": 12.0, "pro": 16.0, "master": 20.0, "4k": 24.0}
STILL_SECONDS = 6.0
SOUND_SECONDS = 4.0
SYNC_SECONDS = 1.0  # of a call that answers with its result
TEN_SECONDS_TAKE = 1.6
LONGER_TAKE = 2.2
QUEUE_SHARE = 0.1  # of the render time passes before the render begins


@dataclass(slots=True)
class Failure:
    """Why a task ends without a film, in the provider's words, with the HTTP status of fal's result."""

    kind: str
    message: str
    status: int = 422
    loc: tuple[str | int, ...] = ("body", "prompt")
    ctx: dict[str, Any] = field(default_factory=dict)
    charged: bool = False
    early: bool = False  # found before the render began, as a bad file is


@dataclass(slots=True)
class Task:
    """Times are unix seconds. `account` is a label made from the key, never the key itself.

    `due` is what the task will bill where it is charged, in `unit`; `billed` what it has billed. `outputs` are the
    addresses of its files, `films` their keys in the render folder, one for one. `lane` is what the provider counts
    slots by below the account, `slots` how many the task takes. `extra` holds what only one host knows.
    """

    id: str
    seq: int
    provider: str
    account: str
    endpoint: str
    model: str
    capability: str
    tier: str
    seconds: float
    prompt: str
    submitted_at: float
    queue_seconds: float
    render_seconds: float
    body_sha256: str
    count: int = 1
    lane: str = ""
    slots: int = 1
    external_id: str = ""
    webhook_url: str = ""
    state: State = "queued"
    started_at: float | None = None
    done_at: float | None = None
    updated_at: float = 0.0
    cancel_requested_at: float | None = None
    failure: Failure | None = None
    due: str = "0"
    due_usd: str = ""
    billed: str = "0"
    unit: str = ""
    usd: str = ""
    outputs: list[str] = field(default_factory=list)
    films: list[str] = field(default_factory=list)
    shots: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, tuple[int, float]] = field(default_factory=dict)  # name -> times left, seconds
    ignored: tuple[str, ...] = ()  # fields of the request that the provider has no use for
    webhook_note: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def output_url(self) -> str:
        return self.outputs[0] if self.outputs else ""

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

    def outputs_of(self, *suffixes: str) -> list[str]:
        """The addresses of the task's files of some kinds."""
        return [url for url in self.outputs if url.endswith(suffixes)]

    def as_doc(self) -> str:
        values = {name: getattr(self, name) for name in self.__slots__}  # not asdict: it copies all the way down
        values["failure"] = asdict(self.failure) if self.failure else None
        return json.dumps(values, separators=(",", ":"))

    @classmethod
    def from_doc(cls, doc: str) -> Task:
        values = _renewed(json.loads(doc))
        values["failure"] = Failure(**values["failure"]) if values["failure"] else None
        values["faults"] = {name: (left, seconds) for name, (left, seconds) in values["faults"].items()}
        return cls(**values)


def _renewed(values: dict[str, Any]) -> dict[str, Any]:
    """A task as it is written now, from one written when a task had a single film."""
    if "film" in values:
        film, url, shot = (values.pop(name) for name in ("film", "output_url", "shot"))
        values |= {"films": [film] if film else [], "outputs": [url] if url else [], "shots": [shot] if shot else []}
    return values


def make_task(
    *,
    task_id: str,
    account: str,
    checked: Checked,
    raw: bytes,
    at: float,
    speed: float,
    asked: Mapping[str, Asked],
    shots: Sequence[Shot],
    cost: Cost,
    seconds: float,
    **facts: Any,
) -> Task:
    """A task for a request that was accepted; `raw` is the request's body. Its place in the order comes later."""
    product = checked.product
    is_sync = checked.settings.get("sync")
    base = SYNC_SECONDS if is_sync else _base_seconds("".join(product.makes[:1]), checked.tier, seconds)
    waits, renders = simulated_seconds(task_id, base, speed, asked.get("render"))
    return Task(
        id=task_id,
        seq=0,
        provider=product.provider,
        account=account,
        endpoint=product.path,
        model=checked.model,
        capability=str(checked.settings.get("does", "")),
        tier=checked.tier,
        seconds=int(seconds) if seconds == int(seconds) else seconds,
        prompt=checked.prompt,
        submitted_at=at,
        queue_seconds=waits,
        render_seconds=renders,
        body_sha256=hashlib.sha256(raw).hexdigest(),
        count=checked.count,
        due=cost.amount,
        due_usd=cost.usd,
        unit=cost.unit,
        ignored=checked.ignored,
        shots=[asdict(shot) for shot in shots],
        faults={item.name: (item.times, item.seconds) for item in asked.values()},
        **facts,
    )


def simulated_seconds(task_id: str, base: float, speed: float, asked: Asked | None) -> tuple[float, float]:
    """How long a task waits and how long it renders: a little different for each task, always the same for one."""
    if asked is not None and asked.seconds:
        whole = asked.seconds
    else:
        jitter = 0.92 + 0.16 * hashlib.sha256(task_id.encode()).digest()[0] / 255
        whole = base * jitter / speed
    return whole * QUEUE_SHARE, whole * (1 - QUEUE_SHARE)


def _base_seconds(suffix: str, tier: str, seconds: float) -> float:
    if suffix != "mp4":
        return SOUND_SECONDS if suffix in ("mp3", "wav", "") else STILL_SECONDS
    longer = LONGER_TAKE if seconds > 10 else TEN_SECONDS_TAKE
    return RENDER_SECONDS.get(tier, RENDER_SECONDS["std"]) * (longer if seconds > 5 else 1.0)
